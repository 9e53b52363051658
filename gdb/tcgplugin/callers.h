// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "gdb/tcgplugin/ringlayout.h"

namespace pgtscope::writes {

/// Which function called the setter that a CPU runs, and which one asked the hypervisor below it to store.
/// Addresses are linear ones in the caller; 0: not known. Each call comes before the instruction that it is
/// about.
class Callers {
public:
    /// A call or jump outside of every setter. `to` 0: where a word of memory says.
    void transfer(std::uint64_t from, std::uint64_t to) { m_last = {from, to, true, false}; }
    /// Likewise within a setter, which has called another, or may have.
    void transferWithin(std::uint64_t to) { m_last = {0, to, true, true}; }
    /// A call or jump that says nothing of its destination, e.g. through a register.
    void transferUnknown() { m_last = {}; }
    /// The first instruction of a setter. `returnsTo`: what the stack holds; 0 if it cannot be read.
    void enter(const Setter& setter, std::uint64_t returnsTo, bool returnsIntoSetter);
    /// The hypervisor is entered, by a system call or an exception at `from`.
    void enterHypervisor(std::uint64_t from) { m_wanted = from; }
    void leaveHypervisor() { m_wanted = 0; }

    /// Of the setter that runs.
    std::uint64_t caller() const { return m_caller; }
    /// Whose wish the hypervisor fulfils.
    std::uint64_t wanted() const { return m_wanted; }

private:
    struct Transfer {
        std::uint64_t from = 0;
        std::uint64_t to = 0;
        bool seen = false;
        bool withinSetter = false;
    };

    Transfer m_last;
    std::uint64_t m_caller = 0;
    std::uint64_t m_wanted = 0;
};

} // namespace pgtscope::writes
