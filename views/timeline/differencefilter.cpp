// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/differencefilter.h"

#include "core/filter/entrysubject.h"

namespace pgtscope::views {

namespace {

using core::Field;
using core::ValueSpan;

/// Frames as `pa`, `pfn` and `mfn` ask for them.
std::optional<ValueSpan> frameNumbers(
    const core::Snapshot& snapshot, Field field, core::PhysicalAddress begin, std::uint64_t bytes)
{
    if (field == Field::Pa)
        return ValueSpan{begin.value, begin.value + (bytes - 1)};
    const core::FrameNumber frame = core::frameOf(begin);
    const std::uint64_t further = (bytes - 1) >> core::frameShift;
    const core::XenState* xen = snapshot.xen();
    // Only a Xen guest has two kinds of frame numbers.
    if (field == Field::Mfn)
        return xen ? std::optional(ValueSpan{frame.value, frame.value + further}) : std::nullopt;
    if (!xen)
        return ValueSpan{frame.value, frame.value + further};
    const auto guest = xen->guestFrame(frame);
    return guest ? std::optional(ValueSpan{guest->value, guest->value + further}) : std::nullopt;
}

class MappedSubject : public core::FilterSubject {
public:
    MappedSubject(const core::Snapshot& snapshot, const core::MappingChange& change,
        const std::optional<core::MappedAs>& side)
        : m_snapshot(snapshot)
        , m_change(change)
        , m_side(side)
    {
    }

    std::optional<ValueSpan> number(Field field) const override
    {
        if (field == Field::Va)
            return ValueSpan{m_change.begin.value, m_change.begin.value + (m_change.bytes - 1)};
        if (field == Field::Changed)
            return ValueSpan::single(1);
        if (!m_side)
            return std::nullopt;
        switch (field) {
        case Field::Pa:
        case Field::Pfn:
        case Field::Mfn:
            return frameNumbers(m_snapshot, field, m_side->physical, m_change.bytes);
        case Field::EffRw:
            return ValueSpan::single(m_side->rights.write);
        case Field::EffUser:
            return ValueSpan::single(m_side->rights.user);
        case Field::EffNx:
            return ValueSpan::single(!m_side->rights.execute);
        case Field::Pkey:
            return ValueSpan::single(m_side->pkey);
        default:
            return std::nullopt;
        }
    }

    bool anyText(Field field, const core::TextPattern& pattern) const override
    {
        if (field == Field::Kind)
            return pattern.matches("page");
        if (field != Field::Region)
            return false;
        const core::LinearRegion* region = m_snapshot.regionAt(m_change.begin);
        if (region && pattern.matches(region->name))
            return true;
        for (const core::PhysicalRegion& physical : m_snapshot.namedRegions())
            if (m_side && physical.range.contains(m_side->physical) && pattern.matches(physical.name))
                return true;
        return false;
    }

private:
    const core::Snapshot& m_snapshot;
    const core::MappingChange& m_change;
    const std::optional<core::MappedAs>& m_side;
};

class TableSubject : public core::FilterSubject {
public:
    TableSubject(const core::Snapshot& snapshot, const core::TableChange& change)
        : m_snapshot(snapshot)
        , m_change(change)
    {
    }

    std::optional<ValueSpan> number(Field field) const override
    {
        switch (field) {
        case Field::Pa:
        case Field::Pfn:
        case Field::Mfn:
            return frameNumbers(m_snapshot, field, m_change.address, core::frameBytes);
        case Field::Table:
            return ValueSpan::single(m_change.address.value);
        case Field::Level:
            return ValueSpan::single(m_change.level);
        case Field::Changed:
            return ValueSpan::single(1);
        default:
            return std::nullopt;
        }
    }

    bool anyText(Field field, const core::TextPattern& pattern) const override
    {
        if (field == Field::Kind)
            return pattern.matches("table");
        for (const core::PhysicalRegion& region : m_snapshot.namedRegions())
            if (field == Field::Region && region.range.contains(m_change.address)
                && pattern.matches(region.name))
                return true;
        return false;
    }

private:
    const core::Snapshot& m_snapshot;
    const core::TableChange& m_change;
};

} // namespace

bool matches(const core::Filter& filter, const core::Snapshot& snapshot, const core::MappingChange& change,
    const std::optional<core::MappedAs>& side)
{
    return filter.matches(MappedSubject(snapshot, change, side));
}

bool matches(const core::Filter& filter, const core::Snapshot& snapshot, const core::EntryChange& change,
    std::uint64_t raw)
{
    core::EntryFacts facts;
    facts.entry = snapshot.paging().decode(change.level(), raw);
    facts.address = change.address;
    facts.rights = facts.entry.rights;
    core::FilterKnowledge knowledge;
    knowledge.changed = [](core::PhysicalAddress) { return true; };
    if (const core::XenState* xen = snapshot.xen())
        knowledge.guestFrame = [xen](core::FrameNumber machine) { return xen->guestFrame(machine); };
    return filter.matches(core::EntrySubject(snapshot, facts, knowledge));
}

bool matches(const core::Filter& filter, const core::Snapshot& snapshot, const core::TableChange& change)
{
    return filter.matches(TableSubject(snapshot, change));
}

} // namespace pgtscope::views
