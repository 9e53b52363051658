// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/base/cancel.h"
#include "core/model/snapshot.h"
#include "core/model/vmcb.h"
#include "core/walk/nestedmemory.h"

namespace pgtscope::gdb {

/// Finds out whose root CR3 holds, where the CPU may run a nested guest: a stub shows the registers of
/// whichever runs, and does not say which. That RIP resolves through CR3 is no proof: guest and host may both
/// be at the same addresses.
class NestedGuests {
public:
    struct Answer {
        /// Set: CR3 is a nested guest's, whose physical memory this is. Null: the host's, as far as is known.
        std::unique_ptr<core::NestedMemory> memory;
        /// Why it is not known; empty if it is.
        std::string gap;
    };

    /// Takes over from a capture of the host where its kernel's text is.
    void learn(const core::Snapshot& host, core::LinearAddress text);

    /// `cpu` may be in a nested guest, and `cpus` are all. CR3 is the host's if it maps the kernel's text
    /// where it was learnt, or as CPUs do that run no guests; else, with SVM, a nested guest's if one control
    /// block in RAM leads RIP to memory; and the host's if there is no control block. With VMX there are none
    /// that could be read: their form is the processor's own (SDM vol. 3C, 24.2).
    /// Control blocks that are known are read again each time. All of RAM is searched again only where they
    /// decide nothing, and less and less often while that finds nothing new: in between it is a gap.
    core::Result<Answer> look(core::PhysicalMemory& machine, const core::CpuState& cpu,
        std::span<const core::CpuState> cpus, const core::CpuFeatures& features,
        const core::CancelFlag* cancel);

    /// The memory behind nested tables with this root, whichever guest's they are.
    core::Result<std::unique_ptr<core::NestedMemory>> behind(core::PhysicalMemory& machine,
        core::PhysicalAddress nestedRoot, const core::CpuFeatures& features,
        const core::CancelFlag* cancel) const;

private:
    struct HostText {
        core::LinearAddress linear;
        core::PhysicalAddress physical;
    };
    bool isHosts(core::PhysicalMemory& machine, const core::CpuState& cpu,
        std::span<const core::CpuState> cpus, const core::CpuFeatures& features) const;
    /// What searches through all of RAM have found.
    struct Found {
        std::vector<core::PhysicalAddress> blocks;
        std::unordered_set<std::uint64_t> hostRoots; ///< Values of CR3 while there was no block.
        unsigned looks = 0; ///< Since the last search.
        unsigned rest = 1; ///< Looks that decide nothing, until the next search.
    };
    core::Result<Answer> lookSvm(core::PhysicalMemory& machine, const core::CpuState& cpu,
        const core::CpuFeatures& features, const core::CancelFlag* cancel);
    core::Result<void> search(core::PhysicalMemory& machine, const core::CancelFlag* cancel);
    core::Result<std::vector<core::Vmcb>> knownBlocks(core::PhysicalMemory& machine) const;
    core::Result<Answer> decide(core::PhysicalMemory& machine, const core::CpuState& cpu,
        const core::CpuFeatures& features, const core::CancelFlag* cancel);

    std::optional<HostText> m_text;
    std::optional<Found> m_found;
    bool m_fiveLevels = false; ///< The host's tables have them, and so have its nested tables.
};

} // namespace pgtscope::gdb
