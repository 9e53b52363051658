// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/model/frametext.h"
#include "core/rules/cachetype.h"
#include "core/rules/findingtext.h"
#include "core/rules/leafruns.h"
#include "core/rules/reportbuilder.h"

namespace pgtscope::core {

namespace {

class AliasAttributes : public Rule {
public:
    AliasAttributes()
        : Rule({.name = "alias-attr",
            .plain = "one cache type per frame",
            .title = "All mappings of a frame agree on its cache type",
            .description = "Mappings of one frame with different memory types may lose writes. IA32_PAT "
                           "cannot be read through a gdbstub: types are resolved with the layout that Linux "
                           "programs and, separately, with the power-on layout. A conflict under only one of "
                           "them, between UC- and UC, or outside RAM, where the MTRRs also count, is a note.",
            .source = "SDM vol. 3, 11.12.4; arch/x86/mm/pat/memtype.c, Linux 6.1"})
    {
    }

    RuleReport check(const RuleContext& context) const override;
};

/// Neighbouring leaves that are not write-back. Such pages are few, so that looking up all others against
/// them is cheap.
struct Uncommon {
    FrameNumber begin;
    FrameNumber end;
    LeafRun run;
    unsigned patIndex() const { return run.first.entry.patIndex(); }
};

/// Bound on runs kept, and on overlaps looked at, in a hostile guest.
constexpr std::size_t maxUncommon = 1U << 18;
constexpr std::uint64_t maxOverlaps = 1U << 22;

class Conflicts {
public:
    Conflicts(const RuleContext& context, ReportBuilder& report)
        : m_context(context)
        , m_report(report)
    {
    }

    void find()
    {
        const auto any = [](Rights) { return true; };
        // Nearly all tables map write-back pages only: they are looked at no closer.
        forEachLeafRunOf(m_context, hasUncommon, any, [this](const LeafRun& run) { collect(run); });
        std::sort(m_uncommon.begin(), m_uncommon.end(),
            [](const Uncommon& a, const Uncommon& b) { return a.begin < b.begin; });
        // An interval can only be reached from positions where the highest end so far lies beyond it.
        FrameNumber highest;
        for (const Uncommon& uncommon : m_uncommon)
            m_highestEnd.push_back(highest = std::max(highest, uncommon.end));
        if (!m_uncommon.empty())
            forEachLeafRunOf(
                m_context,
                [this](const Table& table, const TableDigest& digest) { return mayMeet(table, digest); }, any,
                [this](const LeafRun& run) { compare(run); });
        if (m_cut)
            m_report.addGap("too many mappings that are not write-back to compare them all");
    }

private:
    static bool isWriteBack(unsigned patIndex)
    {
        return powerOnPat[patIndex] == CacheType::WriteBack && linuxPat[patIndex] == CacheType::WriteBack;
    }

    static bool hasUncommon(const Table&, const TableDigest& digest)
    {
        return std::any_of(digest.leaves.begin(), digest.leaves.end(),
            [](const LeafExtent& extent) { return !isWriteBack(extent.patIndex); });
    }

    /// Whether a page of the table lies between the first and the last page that is not write-back.
    bool mayMeet(const Table& table, const TableDigest& digest) const
    {
        const std::uint64_t pages = m_context.paging().span(table.level) >> frameShift;
        return std::any_of(digest.leaves.begin(), digest.leaves.end(), [&](const LeafExtent& extent) {
            return extent.frame < m_highestEnd.back()
                && m_uncommon.front().begin < extent.frame + extent.entries * pages;
        });
    }

    void collect(const LeafRun& run)
    {
        if (isWriteBack(run.first.entry.patIndex()))
            return;
        if (m_uncommon.size() == maxUncommon) {
            m_cut = true;
            return;
        }
        const FrameNumber begin = run.frame();
        m_uncommon.push_back({begin, begin + run.frames(m_context.paging()), run});
    }

    void compare(const LeafRun& run)
    {
        const FrameNumber begin = run.frame();
        const FrameNumber end = begin + run.frames(m_context.paging());
        const unsigned pat = run.first.entry.patIndex();
        const auto first = std::upper_bound(m_highestEnd.begin(), m_highestEnd.end(), begin);
        for (auto i = static_cast<std::size_t>(first - m_highestEnd.begin());
             i < m_uncommon.size() && m_uncommon[i].begin < end; ++i) {
            if (++m_overlaps > maxOverlaps) {
                m_cut = true;
                return;
            }
            const Uncommon& other = m_uncommon[i];
            // Two uncommon types meet twice: reported only where `other` has the higher index.
            if (other.end <= begin || other.patIndex() == pat
                || (!isWriteBack(pat) && pat > other.patIndex()))
                continue;
            if (linuxPat[pat] != linuxPat[other.patIndex()]
                || powerOnPat[pat] != powerOnPat[other.patIndex()])
                report(other, run, std::max(begin, other.begin), std::min(end, other.end));
        }
    }

    FindingState stateOf(unsigned a, unsigned b, FrameNumber begin, FrameNumber end) const
    {
        const auto isUncached
            = [](CacheType t) { return t == CacheType::Uncached || t == CacheType::UncachedMinus; };
        const bool bothUncached = isUncached(linuxPat[a]) && isUncached(linuxPat[b]);
        const bool always = linuxPat[a] != linuxPat[b] && powerOnPat[a] != powerOnPat[b];
        const bool ram
            = m_context.snapshot().ramMap().contains(addressOf(begin), (end - begin) << frameShift);
        return always && !bothUncached && ram ? FindingState::Violation : FindingState::Note;
    }

    void report(const Uncommon& uncommon, const LeafRun& other, FrameNumber begin, FrameNumber end)
    {
        const unsigned a = uncommon.patIndex();
        const unsigned b = other.first.entry.patIndex();
        const FindingEntry entry = entryFor(uncommon.run, begin);
        Finding* finding = m_report.add(stateOf(a, b, begin, end), begin, entry, end - begin);
        if (!finding)
            return;
        const FindingEntry against = entryFor(other, begin);
        addClauses(*finding, against, a, b, {begin, end});
        finding->summary = countText(end - begin, "frame") + " from " + frameText(begin)
            + guestFrameText(m_context.snapshot().xen(), begin) + " on mapped " + types(linuxPat, a, b)
            + " (PAT as Linux sets it; at power-on " + types(powerOnPat, a, b) + "): "
            + entryText(m_context.paging(), entry) + " against " + entryText(m_context.paging(), against);
        finding->remedy = "give all mappings of the frame the same PAT, PCD and PWT, or unmap all but one";
    }

    static std::string types(const PatLayout& layout, unsigned a, unsigned b)
    {
        return std::string(cacheTypeName(layout[a])) + " and " + std::string(cacheTypeName(layout[b]));
    }

    void addClauses(
        Finding& finding, const FindingEntry& against, unsigned a, unsigned b, const FrameRange& frames) const
    {
        const bool ram = m_context.snapshot().ramMap().contains(
            addressOf(frames.begin), (frames.end - frames.begin) << frameShift);
        finding.clauses = {
            {"two entries map the frame",
                physicalText(finding.entry.address) + " and " + physicalText(against.address), true},
            {"their types differ under Linux's PAT",
                "index " + std::to_string(a) + " and " + std::to_string(b) + ": " + types(linuxPat, a, b),
                linuxPat[a] != linuxPat[b]},
            {"their types differ under the power-on PAT", types(powerOnPat, a, b),
                powerOnPat[a] != powerOnPat[b]},
            {"the frames are RAM", rangeText(frames), ram},
        };
    }

    /// The entry of a run that maps `frame`.
    FindingEntry entryFor(const LeafRun& run, FrameNumber frame) const
    {
        const Paging& paging = m_context.paging();
        const std::uint64_t pages = paging.span(run.first.entry.level) >> frameShift;
        const Table& table = m_context.snapshot().table(run.first.reach.table);
        Alias alias = run.first;
        alias.index += static_cast<unsigned>((frame - run.frame()) / pages);
        const EntryAt at = table.entryAt(paging, alias.index);
        alias.entry = at.entry;
        alias.entryAddress = at.address;
        alias.linear = paging.canonicalised(run.first.linear + ((frame - run.frame()) << frameShift));
        return findingEntry(m_context.snapshot(), alias);
    }

    const RuleContext& m_context;
    ReportBuilder& m_report;
    std::vector<Uncommon> m_uncommon;
    std::vector<FrameNumber> m_highestEnd;
    std::uint64_t m_overlaps = 0;
    bool m_cut = false;
};

RuleReport AliasAttributes::check(const RuleContext& context) const
{
    ReportBuilder report(*this, context);
    if (!context.paging().enabled())
        return report.notApplicable("paging is off: the MTRRs alone decide");
    Conflicts(context, report).find();
    return report.take();
}

} // namespace

namespace rules {
std::unique_ptr<Rule> aliasattr() { return std::make_unique<AliasAttributes>(); }
} // namespace rules

} // namespace pgtscope::core
