// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "core/base/address.h"
#include "core/base/error.h"
#include "gdb/tcgplugin/placeslayout.h"

namespace pgtscope::gdb {

/// Stores of known instructions into one entry, in the order in which they come.
struct StoreSequence {
    core::PhysicalAddress entry;
    std::uint64_t ramOffset = 0; ///< Of the entry in RAM, in bytes.
    unsigned bytes = 8; ///< Of the entry, 4 or 8.
    std::vector<core::LinearAddress> writers; ///< At most places::maxWriters instructions.
    std::vector<std::uint64_t> values; ///< What each store makes of the entry; at most places::maxValues.
};

/// The debugger's end of the shared memory by which the plugin inside QEMU holds a CPU before code that runs
/// for the first time, see places::PlaceWatch, after stores, see places::StoreWatch, or after a number of
/// instructions, see places::InstructionWatch. All but held() is for a stopped guest. For one thread.
class CodeWatch {
public:
    /// Makes the file that QEMU is started with; the guest is held for this process.
    static core::Result<void> create(const std::filesystem::path& file);
    /// Opens it once QEMU runs; the guest is stopped. An Error if the plugin cannot hold a CPU there.
    static core::Result<std::unique_ptr<CodeWatch>> open(const std::filesystem::path& file);
    /// Nothing is held from now on.
    ~CodeWatch();
    CodeWatch(const CodeWatch&) = delete;
    CodeWatch& operator=(const CodeWatch&) = delete;

    /// Whether the plugin meets the code at this linear address when it runs next. False if QEMU may have
    /// translated it already, or there is no room.
    bool add(core::LinearAddress address);
    void remove(core::LinearAddress address);
    /// Whether the CPU is held before what is met; without, it is only noted.
    void hold(bool wanted);
    /// A CPU waits for the guest to be stopped. To be asked while the guest runs.
    bool held() const;

    struct Met {
        std::vector<core::LinearAddress> places; ///< Are not watched any more.
        /// Where the CPU was held, at the begin of the block that has the last of them; 0: it was not.
        core::LinearAddress block;
    };
    /// What was met since this was called last.
    Met takeMet();

    /// To be called before QEMU has translated any of the writers. False: there is no room.
    bool watchStores(const StoreSequence& sequence);
    /// From now on stores count, if `wanted`; the CPU is held after the last.
    void countStores(bool wanted);
    /// Whether the last of the stores was met.
    bool storesDone() const;

    /// Whether the instructions of code that QEMU translates from now on can be counted. It costs the guest
    /// some of its speed for as long as QEMU uses that code.
    void lookAtInstructions(bool wanted);
    /// The CPU is held before a block with which so many have begun; 0: it is not.
    void countInstructions(std::uint64_t number);
    /// Whether so many have begun.
    bool instructionsDone() const;
    /// Where the block begins that the CPU began last, of the code that was looked at.
    core::LinearAddress lastBlock() const;

private:
    explicit CodeWatch(places::Places* shared)
        : m_shared(shared)
    {
    }

    places::Places* m_shared;
};

} // namespace pgtscope::gdb
