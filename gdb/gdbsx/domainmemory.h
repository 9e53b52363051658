// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/model/xenstate.h"
#include "core/symbols/symboltable.h"
#include "gdb/memory/channel.h"

namespace pgtscope::gdb {

class Target;

/// What can be done with a PV domain through a stub that reads linear addresses only.
struct DomainAccess {
    /// Reads the domain's memory; false: nothing is mapped there.
    std::function<core::Result<bool>(core::LinearAddress address, std::span<std::byte> bytes)> read;
    /// A general register by gdb's name, e.g. "$rsi".
    std::function<core::Result<std::uint64_t>(std::string_view name)> evaluate;
};

/// The machine memory of a PV domain whose stub reads linear addresses only: the domain's own P2M array gives
/// the machine frames that it has, and its kernel's map of all its frames, or of its image, the address where
/// each can be read. 64-bit domains; Linux 3.19 and later, or at the entry point any.
class DomainMemory final : public Channel {
public:
    /// Why there is no choice of another channel.
    static constexpr const char* whyNoOther = "every other channel: gdbsx reads linear addresses only";

    explicit DomainMemory(DomainAccess access);

    /// Looks for the P2M and the root anew: both move while the kernel boots. The array is read again when it
    /// has moved or grown. Without the kernel's symbols this works at its entry point only. `root` is taken
    /// for the root where the user knows it.
    core::Result<void> look(
        const core::SymbolTable& symbols, std::optional<core::PhysicalAddress> root = std::nullopt);
    /// What look() found; the root is the kernel's own, `init_top_pgt` or what the domain began with, unless
    /// look() was given another.
    const std::shared_ptr<core::XenState>& state() const { return m_state; }

    std::string name() const override { return "gdbsx, by linear addresses"; }
    bool fast() const override { return false; }

protected:
    core::Result<void> readRam(std::span<RamChunk> chunks) override;

private:
    struct P2m {
        core::LinearAddress array;
        std::uint64_t frames = 0;
        bool operator==(const P2m&) const = default;
    };
    /// The domain's own frames from `begin` on, before `end`: struct range of Linux.
    struct FrameRange {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
    };
    /// What a domain finds at its entry point: struct start_info of xen/include/public/xen.h.
    struct StartInfo {
        P2m p2m;
        core::LinearAddress tables; ///< pt_base: the root.
        std::uint64_t frames = 0; ///< The first so many are mapped: the image, and the tables last.
    };

    core::Result<std::uint64_t> word(core::LinearAddress address);
    core::Result<std::uint64_t> variable(const core::SymbolTable& symbols, std::string_view name);
    core::Result<std::optional<StartInfo>> startInfo(const core::SymbolTable& symbols);
    core::Result<void> readP2m(const P2m& p2m);
    core::Result<void> readDirectFrames(const core::SymbolTable& symbols);
    core::Result<bool> isRoot(core::GuestFrame guest);
    core::Result<void> findRoot(const core::SymbolTable& symbols, const std::optional<StartInfo>& begin);
    core::Result<bool> readGuestFrame(
        core::GuestFrame guest, std::uint64_t offset, std::span<std::byte> bytes);

    DomainAccess m_access;
    P2m m_p2m;
    core::LinearAddress m_directMap;
    std::vector<FrameRange> m_directFrames; ///< In the kernel's map of all frames.
    std::uint64_t m_firstFrames = 0; ///< These frames move to the direct map before pfn_mapped lists them.
    std::shared_ptr<core::XenState> m_state;
};

/// The memory of the domain that gdb, which must outlive it, is connected to. Only 64-bit domains have a P2M
/// that is known here.
core::Result<std::unique_ptr<DomainMemory>> domainMemoryOf(Target& gdb);

} // namespace pgtscope::gdb
