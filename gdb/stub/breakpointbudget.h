// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/base/address.h"

namespace pgtscope::gdb {

/// Which breakpoint gets one of the guest's few: lower ranks go first.
using BreakpointRank = unsigned;
inline constexpr BreakpointRank askedRank = 0; ///< Of what is waited for whatever else has to be given up.
inline constexpr BreakpointRank lastRank = ~0U; ///< Only where nothing else wants the place.

/// Which of our breakpoints and watchpoints may be in the guest. Under TCG there are as many as one likes.
/// KVM uses the processor's debug registers, DR0 to DR3 (SDM vol. 3B, 18.2.1): four for both together, and
/// the fifth is refused (QEMU target/i386/kvm/kvm.c, kvm_arch_insert_hw_breakpoint: -ENOBUFS).
class BreakpointBudget {
public:
    /// nullopt: no limit is known.
    std::optional<unsigned> limit() const { return m_slots; }
    void limitTo(unsigned most) { m_slots = most; }
    /// Slots that are left for what ranks after askedRank; nullopt: no limit.
    std::optional<unsigned> room() const;
    /// Slots that are in use, as far as is known, those of gdb's user included.
    unsigned used() const;

    /// `enabled`: it is in the guest already. Several breakpoints at one address share a slot; a watchpoint
    /// shares with none.
    void add(unsigned number, std::vector<core::LinearAddress> places, BreakpointRank rank, bool enabled,
        bool watch = false);
    /// One that is an instruction in the guest's memory: it takes no slot.
    void addSoftware(unsigned number, std::vector<core::LinearAddress> places);
    void remove(unsigned number) { m_breakpoints.erase(number); }
    void setRank(unsigned number, BreakpointRank rank);
    /// One that is not wanted is in no guest, but may be wanted again.
    void setWanted(unsigned number, bool wanted);
    /// Whether it is in the guest.
    bool enabled(unsigned number) const;
    /// A breakpoint that gdb's user has set takes a slot, or gives it back.
    void setForeign(unsigned number, bool takesSlot);
    bool owns(unsigned number) const { return m_breakpoints.contains(number); }

    struct Changes {
        std::vector<unsigned> off;
        std::vector<unsigned> on;
    };
    /// What is to be disabled and then enabled, `reserved` slots being kept free. It counts as done.
    Changes changes(unsigned reserved = 0);

private:
    struct Breakpoint {
        std::vector<core::LinearAddress> places;
        BreakpointRank rank = askedRank;
        bool watch = false;
        bool wanted = true;
        bool enabled = true;
        bool software = false;
    };
    /// Places that take slots: of breakpoints, and of watchpoints by their numbers.
    struct Taken {
        std::set<core::LinearAddress> places;
        std::set<unsigned> watches;
        unsigned count() const { return static_cast<unsigned>(places.size() + watches.size()); }
        void add(unsigned number, const Breakpoint& breakpoint);
    };

    std::optional<unsigned> m_slots;
    std::map<unsigned, Breakpoint> m_breakpoints; ///< By gdb's number.
    std::set<unsigned> m_foreign;
};

} // namespace pgtscope::gdb
