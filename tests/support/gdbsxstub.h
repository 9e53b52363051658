// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "core/base/address.h"
#include "gdb/net/serversocket.h"
#include "gdb/rsp/rsppacket.h"

namespace pgtscope::test {

/// A small PV domain's memory, by the domain's own frames, on machine frames in no order: the kernel's image
/// and, once it has built it, the map of all frames, with every table page read-only.
class PvDomain {
public:
    static constexpr std::uint64_t frames = 1024; ///< 4 MiB.
    static constexpr std::uint64_t kernelMap = 0xffffffff80000000;
    static constexpr std::uint64_t directMap = 0xffff888000000000;
    // Frames of what matters.
    static constexpr std::uint64_t code = 16, data = 17, startInfo = 18, p2m = 20, beginning = 32, root = 48;

    PvDomain();

    /// Loads the kernel's own tables, with a map of all frames, or of so many as it has come to; before that
    /// there is the image only.
    void buildDirectMap(std::uint64_t count = frames);
    static std::uint64_t machineOf(std::uint64_t frame) { return 0x40000 + (frame ^ 0x155U); }
    std::uint64_t& word(std::uint64_t frame, std::uint64_t index) { return m_memory[frame][index]; }
    /// Linear address of a frame in the kernel's image.
    static std::uint64_t image(std::uint64_t frame) { return kernelMap + frame * 4096; }
    /// False: nothing is mapped there. Where a table has an entry for the page and it is zero, gdbsx takes it
    /// for machine frame 0, and shows what the firmware has there.
    bool read(std::uint64_t address, std::span<std::byte> bytes) const
    {
        return access(address, bytes, false);
    }
    bool write(std::uint64_t address, std::span<std::byte> bytes) { return access(address, bytes, true); }
    std::vector<std::uint64_t> tableFrames() const { return m_tables; }

private:
    using Page = std::array<std::uint64_t, 512>;
    bool access(std::uint64_t address, std::span<std::byte> bytes, bool write) const;
    std::uint64_t table(std::uint64_t root, std::uint64_t address, unsigned level);
    void map(std::uint64_t root, std::uint64_t address, std::uint64_t frame, bool writable);
    void protectTables();
    bool isTable(std::uint64_t frame) const;

    mutable std::map<std::uint64_t, Page> m_memory; // frames that are not zero
    mutable Page m_firmware{}; // machine frame 0
    std::vector<std::uint64_t> m_tables;
    std::vector<std::uint64_t> m_leafTables; // those of level 1
    std::uint64_t m_nextTable = 64;
    std::uint64_t m_direct = 0; // frames in the map of all frames
};

/// Xen's gdbsx as it was measured: registers without control registers, memory by linear addresses in pieces
/// of less than 2 KiB, no answer to most questions, none to `D`; one connection in its life.
class GdbsxStub {
public:
    explicit GdbsxStub(PvDomain& domain);
    ~GdbsxStub();
    GdbsxStub(const GdbsxStub&) = delete;
    GdbsxStub& operator=(const GdbsxStub&) = delete;

    /// "gdbsx:127.0.0.1:PORT"
    std::string address() const;
    /// RIP, and where the guest stops next when it runs.
    std::atomic<std::uint64_t> rip = 0, nextRip = 0;
    std::atomic<std::uint64_t> rsi = 0;
    /// dom0 has paused the domain as well: it runs when it is let go of the second time.
    std::atomic<bool> held = false;
    /// The connection has ended, and the domain runs on.
    bool ended() const { return m_ended; }
    std::vector<std::string> refused() const { return m_refused; }

private:
    void serve();
    void converse(gdb::StreamSocket& client);
    /// nullopt: the connection ends.
    std::optional<std::string> answer(const std::string& request);
    std::string registers() const;
    std::string readMemory(const std::string& request) const;
    std::string writeMemory(const std::string& request);

    PvDomain& m_domain;
    gdb::ServerSocket m_server;
    std::atomic<bool> m_ending = false, m_ended = false;
    bool m_stepped = false; // and has not been told to run since
    std::vector<std::string> m_refused; // hardware breakpoints and the like
    std::thread m_thread;
};

} // namespace pgtscope::test
