// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/filter/entrysubject.h"

#include <algorithm>

namespace pgtscope::core {

namespace {

/// As if the entries mapped pages: a table that they reference is one frame.
Run runOf(const Snapshot& snapshot, const EntryFacts& facts)
{
    Run run;
    run.kind = facts.entry.reserved != 0 ? RunKind::Reserved : RunKind::Mapping;
    run.begin = facts.linear.value_or(LinearAddress(0));
    run.entries = facts.count;
    run.bytes = facts.entry.isPage() ? facts.count * snapshot.paging().span(facts.entry.level) : frameBytes;
    run.physical = facts.entry.target;
    run.first = facts.entry;
    run.entryAddress = facts.address;
    run.rights = facts.rights;
    run.region = facts.linear ? snapshot.regionAt(*facts.linear) : nullptr;
    return run;
}

EntryFacts factsOf(const Snapshot& snapshot, const Finding& finding)
{
    EntryFacts facts;
    facts.entry = snapshot.paging().decode(finding.entry.level, finding.entry.raw);
    facts.address = finding.entry.address;
    facts.rights = finding.entry.rights;
    if (!finding.entry.detached)
        facts.linear = finding.entry.linear;
    return facts;
}

} // namespace

EntrySubject::EntrySubject(
    const Snapshot& snapshot, const EntryFacts& facts, const FilterKnowledge& knowledge)
    : m_facts(facts)
    , m_bytes(facts.count * snapshot.paging().span(facts.entry.level))
    , m_run(runOf(snapshot, facts))
    , m_subject(snapshot, m_run, knowledge)
{
}

std::optional<ValueSpan> EntrySubject::number(Field field) const
{
    if (field == Field::Va) {
        if (!m_facts.linear)
            return std::nullopt;
        return ValueSpan{m_facts.linear->value, m_facts.linear->value + (m_bytes - 1)};
    }
    const bool ofItself = field == Field::Level || field == Field::Size || field == Field::Raw
        || field == Field::Entry || field == Field::Table || field == Field::Changed;
    return m_facts.entry.present() || ofItself ? m_subject.number(field) : std::nullopt;
}

bool EntrySubject::anyText(Field field, const TextPattern& pattern) const
{
    if (field == Field::Kind && m_facts.entry.isTable() && m_facts.entry.reserved == 0)
        return pattern.matches("table");
    return (m_facts.entry.present() || field == Field::Finding) && m_subject.anyText(field, pattern);
}

FindingSubject::FindingSubject(
    const Snapshot& snapshot, const Finding& finding, const FilterKnowledge& knowledge)
    : m_snapshot(snapshot)
    , m_finding(finding)
    , m_entry(snapshot, factsOf(snapshot, finding), knowledge)
{
}

std::optional<ValueSpan> FindingSubject::number(Field field) const
{
    const FrameNumber first = m_finding.frame;
    const std::uint64_t frames = std::max<std::uint64_t>(m_finding.frames, 1);
    const XenState* xen = m_snapshot.xen();
    if (field == Field::Mfn)
        return xen ? std::optional(ValueSpan{first.value, first.value + frames - 1}) : std::nullopt;
    if (field == Field::Pfn) {
        const auto guest = guestFrameOf(xen, first);
        return guest ? std::optional(ValueSpan{guest->value, guest->value + frames - 1}) : std::nullopt;
    }
    if (field == Field::Pa)
        return ValueSpan{addressOf(first).value, addressOf(first + frames).value - 1};
    return m_entry.number(field);
}

bool FindingSubject::anyText(Field field, const TextPattern& pattern) const
{
    if (field == Field::Finding) {
        const std::string state(findingStateName(m_finding.state));
        return pattern.matches(m_finding.rule) || pattern.matches(state)
            || pattern.matches(m_finding.rule + '.' + state);
    }
    // The frame's regions count even where the entry is a large page around it.
    if (field == Field::Region)
        for (const PhysicalRegion& region : m_snapshot.namedRegions())
            if (region.range.contains(addressOf(m_finding.frame)) && pattern.matches(region.name))
                return true;
    return m_entry.anyText(field, pattern);
}

} // namespace pgtscope::core
