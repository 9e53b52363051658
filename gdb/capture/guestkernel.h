// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/base/physicalmemory.h"
#include "core/linux/pgtbuftracker.h"
#include "core/model/capture.h"
#include "core/symbols/kaslr.h"
#include "core/symbols/symbolsource.h"
#include "gdb/capture/sessionoptions.h"

namespace pgtscope::gdb {

/// The kernel of a guest, as far as it is known: its symbols, where KASLR put them, and its variables.
class GuestKernel {
public:
    /// The kernel that the options name, else the one that the launched guest boots if it has symbols.
    static core::Result<std::optional<core::KernelSymbols>> load(
        const SessionOptions& options, const core::Progress& progress);
    /// From now on the symbols are those; at link addresses until placed().
    void use(core::KernelSymbols kernel, const SessionOptions& options);
    /// Looks for the kernel's banner through a snapshot's tables, until it is found, and whether it is a
    /// Linux that they map.
    void place(const core::Snapshot& snapshot, core::PhysicalMemory& memory);
    /// Whether a kernel that has yet to begin can be found in memory as soon as it is unpacked.
    bool canBeUnpacked() const;
    /// Where an ELF file begins in memory, which may be this kernel being unpacked.
    core::Result<std::vector<core::PhysicalAddress>> unpackingAt(core::PhysicalMemory& memory) const;
    /// Takes the slide from the kernel that has been unpacked there, before it has tables of its own; false
    /// if it is another one.
    bool placeUnpacked(core::PhysicalAddress text, core::PhysicalMemory& memory);
    /// The same for a kernel that has begun, and executes there.
    bool placeAround(core::PhysicalAddress pc, core::PhysicalMemory& memory);

    /// Empty without a kernel file.
    const core::SymbolTable& symbols() const { return m_symbols; }
    /// Whether the symbols are where the running kernel is.
    bool placed() const { return m_slideState == core::SlideState::Found || m_assumeLinked; }
    /// The kernel's first instructions run on a mapping one to one, so far below the addresses of their
    /// symbols.
    std::uint64_t entryShift() const { return m_entryShift; }
    /// The symbols if there are any and they are where the kernel runs, else null.
    const core::SymbolTable* placedSymbols() const
    {
        return placed() && !m_symbols.empty() ? &m_symbols : nullptr;
    }
    /// Whether a Linux was there at the last place(): by its symbols where they are in place, else by its
    /// banner.
    bool isLinux() const { return m_isLinux; }
    /// A place in the image of that Linux.
    std::optional<core::LinearAddress> text() const
    {
        const core::SymbolTable* symbols = placedSymbols();
        return !m_isLinux ? std::nullopt : symbols != nullptr ? symbols->find("_text") : m_banner;
    }
    /// Whether gdb knows the kernel's inlined functions, and where they run.
    bool knowsInlined() const { return m_hasDwarf && placed() && m_symbols.slide() == 0; }
    /// What the last place() saw.
    core::SlideState slideState() const { return m_slideState; }

    /// An `unsigned long` of the kernel's, read through a snapshot's tables.
    core::PgtBufReading variable(
        const core::Snapshot& snapshot, core::PhysicalMemory& memory, std::string_view name) const;
    /// Whether the kernel was started with rodata=off: as its command line says where we gave it that, else
    /// as its variable does once it has read its command line.
    bool rodataOff(const core::Snapshot& snapshot, core::PhysicalMemory& memory) const;
    /// Linux builds the tables of its later life under these roots while CR3 holds another one.
    std::vector<core::DetachedRoot> finalRoots(const core::Snapshot& snapshot) const;

private:
    void findSlide(const core::Snapshot& snapshot, core::PhysicalMemory& memory);

    core::SymbolTable m_symbols;
    std::optional<core::SlideClues> m_slideClues;
    core::SlideState m_slideState = core::SlideState::NotMapped;
    /// The kernel will run where it was linked: before it is in place its symbols hold already.
    bool m_assumeLinked = false;
    std::uint64_t m_entryShift = 0xffffffff80000000; ///< __START_KERNEL_map, page_64_types.h
    bool m_hasDwarf = false;
    bool m_rodataOff = false; ///< By the command line.
    bool m_isLinux = false;
    std::optional<core::LinearAddress> m_banner; ///< Of a Linux without symbols.
};

} // namespace pgtscope::gdb
