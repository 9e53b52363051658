// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/argument.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/base/numbers.h"
#include "core/linux/events.h"
#include "core/report/pgtbufbar.h"
#include "core/rules/bufferstate.h"
#include "core/rules/maskrw.h"
#include "core/rules/rule.h"

namespace pgtscope::core {

namespace {

constexpr std::size_t maxLinks = 4096;

/// The two rules in the order in which they are drawn: the narrower first.
constexpr struct {
    RuleComparison rule;
    MaskLimit limit;
} bandRules[] = {{RuleComparison::Second, MaskLimit::End}, {RuleComparison::First, MaskLimit::Top}};

std::uint64_t overlap(GuestFrameRange a, GuestFrameRange b)
{
    const GuestFrame begin = std::max(a.begin, b.begin);
    const GuestFrame end = std::min(a.end, b.end);
    return begin < end ? end - begin : 0;
}

std::uint64_t cellCount(std::uint64_t pages, unsigned order)
{
    return (pages >> order) + ((pages & ((1ULL << order) - 1)) != 0 ? 1 : 0);
}

PageAccess accessOf(const RuleContext& context, FrameNumber frame, const Alias& alias)
{
    if (!alias.rights.write)
        return PageAccess::ReadOnly;
    const MappingVerdict verdict = mappingVerdict(context, frame, mappingFacts(alias));
    if (verdict == MappingVerdict::AllowedTransient || verdict == MappingVerdict::BeingMade)
        return PageAccess::Allowed;
    return alias.reach.detached ? PageAccess::FromDetached : PageAccess::Writable;
}

/// Pages of one part of the buffer, counted by access.
struct AccessCounts {
    std::uint64_t mapped = 0;
    std::uint64_t allowed = 0; ///< Writable for the moment.
    std::uint64_t writable = 0;
    std::uint64_t detached = 0; ///< Of these, from a detached table.
    std::optional<GuestFrame> gravest; ///< The first that is writable from a detached table, else at all.

    void add(GuestFrame page, PageAccess access)
    {
        mapped += access != PageAccess::NotMapped ? 1U : 0U;
        allowed += access == PageAccess::Allowed ? 1U : 0U;
        if (access < PageAccess::Writable)
            return;
        const bool fromDetached = access == PageAccess::FromDetached;
        if (writable == 0 || (fromDetached && detached == 0))
            gravest = page;
        ++writable;
        detached += fromDetached ? 1U : 0U;
    }
};

/// Goes over the pages of the epoch and fills in cells, bands and links.
class PageWalk {
public:
    PageWalk(const RuleContext& context, Argument& argument)
        : m_context(context)
        , m_argument(argument)
        , m_mappings(context.bufferMappings())
    {
        const auto& frames = m_mappings.frames();
        for (const FramePiece& piece : context.snapshot().pieces(argument.epoch->whole())) {
            auto at = std::lower_bound(frames.begin(), frames.end(), piece.frames.begin);
            for (; at != frames.end() && *at < piece.frames.end; ++at)
                add(static_cast<std::size_t>(at - frames.begin()), piece.guest + (*at - piece.frames.begin));
        }
        for (const auto& [key, run] : m_runs)
            close(key, run);
    }

    /// Of [start, end) and of [end, top).
    const AccessCounts& tables() const { return m_used; }
    const AccessCounts& spare() const { return m_spare; }

    void addLinks()
    {
        for (const auto& [key, run] : m_closed) {
            const std::size_t node = m_argument.tables.nodeOf(key.first);
            if (node != m_argument.tables.nodes.size())
                m_argument.links.push_back({node, run.first, run.last, key.second});
        }
        std::sort(m_argument.links.begin(), m_argument.links.end(),
            [](const ArgumentLink& a, const ArgumentLink& b) {
                return std::tie(a.node, a.firstCell, a.access) < std::tie(b.node, b.firstCell, b.access);
            });
    }
    bool mapsBuffer(TableId table) const
    {
        const auto found = m_runs.lower_bound({table, PageAccess::NotMapped});
        return found != m_runs.end() && found->first.first == table;
    }

private:
    struct Run {
        std::size_t first = 0;
        std::size_t last = 0;
    };
    using Key = std::pair<TableId, PageAccess>;

    void add(std::size_t position, GuestFrame page)
    {
        const auto cell = m_argument.cellOf(page);
        if (!cell)
            return;
        const FrameNumber frame = m_mappings.frames()[position];
        PageAccess access = PageAccess::NotMapped;
        std::uint64_t writable = 0;
        for (std::size_t which = 0; which < m_mappings.listed(position); ++which) {
            const Alias alias = m_mappings.alias(position, which);
            const PageAccess one = accessOf(m_context, frame, alias);
            access = std::max(access, one);
            writable += alias.rights.write ? 1U : 0U;
            link({alias.reach.table, one}, *cell);
        }
        // Of a frame that is mapped very often, not every entry is listed.
        const MappingTally tally = m_mappings.tally(position);
        if (tally.writable > writable)
            access = std::max(access, PageAccess::Writable);
        else if (tally.entries != 0)
            access = std::max(access, PageAccess::ReadOnly);
        count(m_argument.cells[*cell], page, access);
    }

    void count(ArgumentCell& cell, GuestFrame page, PageAccess access)
    {
        if (access > cell.access) {
            cell.access = access;
            cell.gravest = page;
        }
        (m_argument.epoch->used().contains(page) ? m_used : m_spare).add(page, access);
        if (access < PageAccess::Writable)
            return;
        ++cell.writable;
        for (ArgumentBand& band : m_argument.bands)
            band.unprotected += band.protects.contains(page) ? 0U : 1U;
    }

    void link(const Key& key, std::size_t cell)
    {
        const auto [run, isNew] = m_runs.try_emplace(key, Run{cell, cell});
        if (isNew)
            return;
        if (run->second.last + 1 < cell) {
            close(key, run->second);
            run->second.first = cell;
        }
        run->second.last = cell;
    }

    void close(const Key& key, const Run& run)
    {
        if (m_closed.size() < maxLinks)
            m_closed.emplace_back(key, run);
    }

    const RuleContext& m_context;
    Argument& m_argument;
    const FrameMappings& m_mappings;
    std::map<Key, Run> m_runs; ///< The last one of each table and access; the earlier ones are in m_closed.
    std::vector<std::pair<Key, Run>> m_closed;
    AccessCounts m_used;
    AccessCounts m_spare;
};

void addCells(Argument& argument, const Snapshot& snapshot, const FrameContent& content, std::size_t maxCells)
{
    const std::uint64_t size = argument.size();
    while (cellCount(size, argument.order) > maxCells)
        ++argument.order;
    const GuestFrameRange whole = argument.epoch->whole();
    const FrameContent inBuffer = bufferContent(content, snapshot, whole);
    const auto count = static_cast<std::size_t>(cellCount(size, argument.order));
    for (const FrameCell& looks : frameCells(inBuffer, FrameNumber(0), argument.order, count)) {
        const GuestFrame begin = whole.begin + (std::uint64_t{argument.cells.size()} << argument.order);
        const GuestFrame end = begin + std::min(whole.end - begin, std::uint64_t{1} << argument.order);
        argument.cells.push_back({looks, {begin, end}, PageAccess::NotMapped, begin, 0});
    }
}

void addBands(Argument& argument)
{
    for (std::size_t i = 0; i < argument.bands.size(); ++i) {
        argument.bands[i].name = comparedRule(bandRules[i].rule).text().plain;
        argument.bands[i].protects = argument.rulesApply()
            ? maskedRange(*argument.epoch, bandRules[i].limit)
            : GuestFrameRange{argument.epoch->start, argument.epoch->start};
    }
}

std::string pagesText(std::uint64_t pages) { return countText(pages, "page"); }

std::string pageName(const Snapshot& snapshot, GuestFrame page)
{
    return (snapshot.xen() ? "pfn " : "") + hexText(page.value);
}

/// "0x437eb, from a table that CR3 does not reach": the first one, and what maps it.
std::string gravestText(const Snapshot& snapshot, const AccessCounts& counts)
{
    return pageName(snapshot, *counts.gravest)
        + (counts.detached != 0 ? ", from a table that CR3 does not reach" : "");
}

/// "One of them is": pages that are writable for the moment; empty if there are none.
std::string allowedSentence(const AccessCounts& counts, std::string_view one, std::string_view many)
{
    if (counts.allowed == 0)
        return {};
    return ' '
        + (counts.allowed == 1 ? std::string(one) : groupedText(counts.allowed) + ' ' + std::string(many))
        + " writable for the moment, as both rules allow.";
}

/// Of `used` tables.
std::string tablesSentence(const Snapshot& snapshot, const AccessCounts& tables, std::uint64_t used)
{
    if (tables.writable == 0 && tables.allowed != 0)
        return allowedSentence(tables, used == 1 ? "It is" : "One of them is", "of them are");
    if (tables.writable == 0)
        return used == 1 ? " It is not mapped writable." : " None of them is mapped writable.";
    const std::string many = tables.writable == 1
        ? " One of them is mapped writable: "
        : " " + groupedText(tables.writable) + " of them are mapped writable, the first is ";
    return many + gravestText(snapshot, tables)
        + (snapshot.pgtBuf().enforced ? "." : ". Nothing forbids that here; Xen would.")
        + allowedSentence(tables, "One more is", "more are");
}

std::string spareSentence(const AccessCounts& spare)
{
    if (spare.mapped == 0)
        return " No page from pgt_buf_end on is mapped.";
    if (spare.writable == 0 && spare.allowed != 0)
        return allowedSentence(spare, "One page from pgt_buf_end on is", "pages from pgt_buf_end on are");
    if (spare.writable == 0)
        return " No page from pgt_buf_end on is mapped writable.";
    return ' ' + pagesText(spare.writable) + " from pgt_buf_end on " + (spare.writable == 1 ? "is" : "are")
        + " mapped writable: only the rule up to pgt_buf_top protects "
        + (spare.writable == 1 ? "it." : "them.");
}

std::string liveText(const RuleContext& context, const Argument& argument, const PageWalk& walk)
{
    const std::uint64_t used = argument.epoch->end - argument.epoch->start;
    std::string text = groupedText(used) + " of " + pagesText(argument.size())
        + (used == 1 ? " is a table." : " are tables.");
    if (used != 0)
        text += tablesSentence(context.snapshot(), walk.tables(), used);
    if (used != argument.size())
        text += spareSentence(walk.spare());
    if (context.bufferCut())
        text += " The buffer is too large to look at every page.";
    if (const std::uint64_t unplaced = context.bufferUnplaced(); unplaced != 0)
        text += ' ' + pagesText(unplaced) + (unplaced == 1 ? " has" : " have")
            + " no machine frame that is known.";
    return text;
}

std::string overText(const Argument& argument)
{
    const std::uint64_t used = argument.epoch->end - argument.epoch->start;
    if (argument.trust == PgtBufTrust::Stale)
        return "The values are dead: " + std::string(firstEventWith(PgtBufEffect::Freed).name)
            + "() has freed the variables. Their last true values are drawn; the pages may be in use "
              "for anything by now, and neither rule applies.";
    return groupedText(used) + " of " + pagesText(argument.size())
        + (used == 1 ? " became a table." : " became tables.")
        + " The others were handed back: they are ordinary memory again, and neither rule applies.";
}

/// "by find_early_table_space() (Linux 2.6.39 to 3.8) or by …": oldest first.
std::string makersText()
{
    std::vector<const BootEvent*> makers;
    for (const BootEvent& event : bootEvents())
        if (event.makesPgtBuf)
            makers.push_back(&event);
    std::ranges::sort(makers, {}, &BootEvent::since);
    std::string text;
    for (const BootEvent* event : makers)
        text += std::string(text.empty() ? "by " : " or by ") + std::string(event->name) + "() (Linux "
            + releaseRangeText(*event) + ')';
    return text;
}

} // namespace

std::string withoutBufferText(const PageTableBuffer& buffer)
{
    if (!buffer.epochs.empty())
        return "The values of pgt_buf_start, pgt_buf_end and pgt_buf_top make no sense: nothing is drawn.";
    if (buffer.trust == PgtBufTrust::Absent)
        return "Waiting for pgt_buf: this kernel has none, or no symbols say where its variables are.";
    return "Waiting for pgt_buf: it is set up " + makersText() + '.';
}

std::string_view accessText(PageAccess access)
{
    switch (access) {
    case PageAccess::NotMapped:
        return "not mapped";
    case PageAccess::ReadOnly:
        return "mapped read-only";
    case PageAccess::Allowed:
        return "mapped writable for the moment, as both rules allow";
    case PageAccess::Writable:
        return "mapped writable";
    case PageAccess::FromDetached:
        return "mapped writable from a detached table";
    }
    return {};
}

std::uint64_t ArgumentBand::protectedOf(GuestFrameRange pages) const { return overlap(protects, pages); }

std::optional<std::size_t> Argument::cellOf(GuestFrame page) const
{
    if (!epoch || !epoch->whole().contains(page))
        return std::nullopt;
    const auto cell = static_cast<std::size_t>((page - epoch->start) >> order);
    return cell < cells.size() ? std::optional(cell) : std::nullopt;
}

std::optional<StepNumber> firstStepWithBuffer(const Timeline& timeline)
{
    const auto hasBuffer = [&](StepNumber step) {
        const auto snapshot = timeline.snapshot(step);
        return snapshot && !(*snapshot)->pgtBuf().epochs.empty();
    };
    if (timeline.size() == 0 || !hasBuffer(timeline.size() - 1))
        return std::nullopt;
    StepNumber without = 0; // as far as is known, the steps before this one have none
    StepNumber with = timeline.size() - 1;
    while (without < with) {
        const StepNumber middle = without + (with - without) / 2;
        if (hasBuffer(middle))
            with = middle;
        else
            without = middle + 1;
    }
    return with;
}

Argument argumentOf(const RuleContext& context, const FrameContent& content, std::size_t maxCells)
{
    const PageTableBuffer& buffer = context.pgtBuf();
    Argument argument;
    argument.trust = buffer.trust;
    argument.epochs = buffer.epochs.size();
    const PgtBufEpoch* epoch = newestEpoch(buffer);
    if (epoch == nullptr) {
        argument.text = withoutBufferText(buffer);
        argument.tables = tableGraph(context.snapshot(), [](TableId) { return false; });
        return argument;
    }
    argument.epoch = *epoch;
    addCells(argument, context.snapshot(), content, std::max<std::size_t>(maxCells, 1));
    addBands(argument);
    PageWalk walk(context, argument);
    argument.tables = tableGraph(context.snapshot(), [&](TableId table) { return walk.mapsBuffer(table); });
    walk.addLinks();
    argument.text = argument.rulesApply() ? liveText(context, argument, walk) : overText(argument);
    return argument;
}

} // namespace pgtscope::core
