// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rules/rule.h"
#include "tablebuilder.h"

namespace pgtscope::tests {

/// A small kernel on 4-level paging: a direct map of the first 2 MiB by 4 KiB pages and an early_ioremap
/// page, with nothing mapped until a test says so. pgt_buf is live: [0x20, 0x24) handed out, up to 0x28
/// reserved.
struct RuleGuest : Guest {
    static constexpr std::uint64_t directBase = 0xffff888000000000;
    static constexpr std::uint64_t rootTable = 0x1000, pudTable = 0x2000, pmdTable = 0x3000;
    static constexpr std::uint64_t directTable = 0x4000, slotTable = 0x5000;

    RuleGuest()
        : Guest(PagingMode::Level4)
    {
        set(rootTable, 273, pudTable | rw);
        set(pudTable, 0, pmdTable | rw);
        set(pmdTable, 0, directTable | rw);
        set(pmdTable, 1, slotTable | rw);
        buffer.trust = PgtBufTrust::Live;
        buffer.epochs = {{GuestFrame(0x20), GuestFrame(0x24), GuestFrame(0x28), false}};
        buffer.bmPte = PhysicalAddress(slotTable);
        buffer.enforced = true;
    }

    /// Maps a frame below 512 where the direct map has it.
    void map(std::uint64_t frame, std::uint64_t flags)
    {
        set(directTable, static_cast<unsigned>(frame), frame << frameShift | flags | nx);
    }

    RuleContext context(const std::vector<DetachedRoot>& detached = {}, const RuleLimits& limits = {})
    {
        SnapshotBuilder builder(memory, cpu, features);
        CaptureOptions options;
        options.detached = detached;
        if (auto done = builder.captureTables(options); !done)
            throw std::runtime_error(done.error().message());
        builder.setLinearRegions(linearRegions);
        builder.setPhysicalRegions(physicalRegions);
        builder.setPgtBuf(buffer);
        builder.setCheckerTypes(checker);
        builder.setRodataOff(rodataOff);
        builder.setDying(dying);
        return RuleContext(builder.finish(), limits);
    }

    PageTableBuffer buffer;
    CheckerTypes checker; ///< Not known: then the order in which pages are handed out has to do.
    std::vector<PhysicalRegion> physicalRegions;
    bool rodataOff = false;
    bool dying = false;
};

inline RuleReport check(const RuleContext& context, std::string_view rule)
{
    return checkRules(context, {findRule(rule)}).front();
}

/// One line a finding: "STATE FRAME at ENTRY [detached]".
inline std::string findingsText(const RuleReport& report)
{
    std::string text;
    for (const Finding& finding : report.findings)
        text += std::string(findingStateName(finding.state)) + ' ' + hexText(finding.frame.value) + " at "
            + hexText(finding.entry.address.value) + (finding.entry.detached ? " detached" : "") + '\n';
    return text;
}

} // namespace pgtscope::tests
