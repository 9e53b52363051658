// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "gdb/stub/target.h"

namespace pgtscope::gdb {

/// Offsets behind each instruction in `code` that writes CR3 (MOV CR3, r64: 0F 22 /3, SDM vol. 2B), in bytes.
/// Bytes that only look like one count too: nobody executes them as such.
std::vector<std::size_t> behindRootWrites(std::span<const std::byte> code);

/// Breakpoints behind the instructions that write CR3. No symbol stands there; they are found in the code of
/// the functions that are known to switch tables.
class RootSwitches {
public:
    explicit RootSwitches(Target& target)
        : m_target(target)
    {
    }

    /// `code` is what stands at `begin`.
    core::Result<void> insert(core::LinearAddress begin, std::span<const std::byte> code);
    bool owns(unsigned number) const { return m_hits.contains(number); }
    /// Counts a stop and takes out what stops again and again: tables are also reloaded to flush the TLB.
    core::Result<void> passed(unsigned number);
    core::Result<void> removeAll();

private:
    Target& m_target;
    std::map<unsigned, unsigned> m_hits;
    std::set<core::LinearAddress> m_places;
};

} // namespace pgtscope::gdb
