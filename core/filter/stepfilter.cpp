// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/filter/stepfilter.h"

#include <algorithm>

namespace pgtscope::core {

namespace {

/// The step, and one of the entries that changed at it, if any did.
class StepSubject : public FilterSubject {
public:
    StepSubject(const Step& step, const Paging& paging, const EntryChange* change, const Snapshot* snapshot)
        : m_step(step)
        , m_paging(paging)
        , m_change(change)
        , m_snapshot(snapshot)
    {
        if (!change || change->level() == 0 || change->level() > paging.levels())
            return;
        m_entry = paging.decode(change->level(), change->after);
        if (!m_entry.present())
            m_entry = paging.decode(change->level(), change->before);
    }

    std::optional<ValueSpan> number(Field field) const override
    {
        if (field == Field::Changed)
            return ValueSpan::single(m_change ? 1 : 0);
        if (!m_change)
            return std::nullopt;
        switch (field) {
        case Field::Level:
            return ValueSpan::single(m_change->level());
        case Field::Raw:
            return ValueSpan::single(m_change->after);
        case Field::Entry:
            return ValueSpan::single(m_change->address.value);
        case Field::Table:
            return ValueSpan::single(addressOf(frameOf(m_change->address)).value);
        case Field::Size:
        case Field::Pa:
        case Field::Pfn:
        case Field::Mfn:
        case Field::Rw:
        case Field::User:
        case Field::Nx:
        case Field::A:
        case Field::D:
        case Field::G:
        case Field::Reserved:
            return m_entry.present() ? ofEntry(field) : std::nullopt;
        default:
            return std::nullopt;
        }
    }

    bool anyText(Field field, const TextPattern& pattern) const override
    {
        switch (field) {
        case Field::Kind:
            return pattern.matches(causeText(m_step.cause));
        case Field::Finding:
            return std::any_of(m_step.findings.begin(), m_step.findings.end(),
                [&](const FindingCount& finding) { return finding.count != 0 && found(finding, pattern); });
        case Field::Region:
            return m_snapshot && m_change
                && std::any_of(m_snapshot->namedRegions().begin(), m_snapshot->namedRegions().end(),
                    [&](const PhysicalRegion& region) {
                        const bool meets = region.range.contains(m_change->address)
                            || (m_entry.present() && region.range.contains(m_entry.target));
                        return meets && pattern.matches(region.name);
                    });
        default:
            return false;
        }
    }

private:
    static bool found(const FindingCount& finding, const TextPattern& pattern)
    {
        const std::string_view name = finding.name;
        const std::size_t dot = name.rfind('.');
        return pattern.matches(name)
            || (dot != std::string_view::npos
                && (pattern.matches(name.substr(0, dot)) || pattern.matches(name.substr(dot + 1))));
    }

    /// A field of an entry that is present.
    std::optional<ValueSpan> ofEntry(Field field) const
    {
        const std::uint64_t bytes = m_entry.isPage() ? m_paging.span(m_entry.level) : frameBytes;
        const std::uint64_t target = m_entry.target.value;
        if (field == Field::Size)
            return ValueSpan::single(m_paging.span(m_entry.level));
        if (field == Field::Pa)
            return ValueSpan{target, target + bytes - 1};
        if (field == Field::Pfn || field == Field::Mfn)
            return frameNumber(field, bytes >> frameShift);
        if (field == Field::Reserved)
            return ValueSpan::single(m_entry.reserved);
        const auto flag = flagOf(field, m_entry, m_entry.rights);
        return flag ? std::optional(ValueSpan::single(*flag)) : std::nullopt;
    }

    std::optional<ValueSpan> frameNumber(Field field, std::uint64_t frames) const
    {
        const XenState* xen = m_snapshot ? m_snapshot->xen() : nullptr;
        const FrameNumber machine = frameOf(m_entry.target);
        if (field == Field::Mfn && !xen)
            return std::nullopt;
        if (field != Field::Pfn)
            return ValueSpan{machine.value, machine.value + frames - 1};
        const auto first = guestFrameOf(xen, machine);
        return first ? std::optional(ValueSpan{first->value, first->value + frames - 1}) : std::nullopt;
    }

    const Step& m_step;
    const Paging& m_paging;
    const EntryChange* m_change;
    const Snapshot* m_snapshot;
    Entry m_entry;
};

/// Whether the filter tests anything but the step itself.
bool namesEntries(const Filter& filter)
{
    return std::any_of(fields().begin(), fields().end(), [&](const FieldInfo& info) {
        return info.field != Field::Kind && info.field != Field::Finding && filter.uses(info.field);
    });
}

/// Whether `passes` accepts a present entry of a table that appeared.
template <class Passes>
bool anyNewEntry(const StepChanges& changes, const Snapshot& snapshot, const Passes& passes)
{
    const Paging& paging = snapshot.paging();
    for (const TableChange& change : changes.tables) {
        const TableId id = change.kind == TableChangeKind::Appeared
            ? snapshot.find(change.address, change.level)
            : noTable;
        if (id == noTable)
            continue;
        for (const EntryAt& at : snapshot.table(id).entries(paging))
            if (passes(EntryChange{at.address, static_cast<std::uint8_t>(paging.entryBytes()),
                    static_cast<std::uint8_t>(1U << change.level), 0, at.entry.raw, {}}))
                return true;
    }
    return false;
}

} // namespace

bool stepMatches(const Filter& filter, const Step& step, const StepChanges& changes, const Snapshot* snapshot)
{
    const Paging paging = snapshot ? snapshot->paging() : Paging(step.cpu.control, CpuFeatures{});
    bool changed = false;
    const auto passes = [&](const EntryChange& change) {
        changed = true;
        return filter.matches(StepSubject(step, paging, &change, snapshot));
    };
    if (std::any_of(changes.entries.begin(), changes.entries.end(), passes))
        return true;
    if (snapshot && namesEntries(filter) && anyNewEntry(changes, *snapshot, passes))
        return true;
    return !changed && filter.matches(StepSubject(step, paging, nullptr, snapshot));
}

bool asksForSnapshot(const Filter& filter, const StepChanges& changes)
{
    return namesEntries(filter)
        && std::any_of(changes.tables.begin(), changes.tables.end(),
            [](const TableChange& table) { return table.kind == TableChangeKind::Appeared; });
}

bool asksForSnapshots(const Filter& filter, bool underXen)
{
    return filter.uses(Field::Region) || (underXen && (filter.uses(Field::Pfn) || filter.uses(Field::Mfn)));
}

} // namespace pgtscope::core
