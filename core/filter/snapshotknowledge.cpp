// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/filter/snapshotknowledge.h"

#include <algorithm>

#include "core/filter/symbollookup.h"
#include "core/rules/rule.h"
#include "core/steps/diff.h"
#include "core/symbols/addressword.h"
#include "core/walk/translation.h"

namespace pgtscope::core {

SnapshotKnowledge::SnapshotKnowledge(SnapshotPtr snapshot, SnapshotPtr before)
    : m_snapshot(std::move(snapshot))
    , m_before(std::move(before))
{
}

FilterKnowledge SnapshotKnowledge::knowledge()
{
    FilterKnowledge known;
    known.role = [this](FrameNumber first, std::uint64_t frames, const TextPattern& pattern) {
        for (FrameNumber frame = first; frame - first < frames;) {
            const FrameRole role = roles().at(frame);
            if (pattern.matches(role.name()))
                return true;
            frame = role.end;
        }
        return false;
    };
    if (const XenState* xen = m_snapshot->xen())
        known.guestFrame = [xen](FrameNumber machine) { return xen->guestFrame(machine); };
    known.changed = [this](PhysicalAddress entry) { return changed(entry); };
    known.finding
        = [this](PhysicalAddress entry, const TextPattern& pattern) { return hasFinding(entry, pattern); };
    known.aliases
        = [this](FrameNumber first, std::uint64_t frames) { return aliasCounts().most(first, frames); };
    return known;
}

const FrameRoles& SnapshotKnowledge::roles()
{
    if (!m_roles)
        m_roles.emplace(m_snapshot);
    return *m_roles;
}

const AliasCounts& SnapshotKnowledge::aliasCounts()
{
    if (!m_aliasCounts)
        m_aliasCounts.emplace(*m_snapshot, reachedTables(*m_snapshot));
    return *m_aliasCounts;
}

bool SnapshotKnowledge::changed(PhysicalAddress entry)
{
    if (!m_changed) {
        m_changed.emplace();
        if (m_before) {
            DiffOptions options;
            options.mappings = false;
            for (const EntryChange& change : diffSnapshots(*m_before, *m_snapshot, options).tables.entries)
                m_changed->insert(change.address);
        }
    }
    return m_changed->contains(entry);
}

bool SnapshotKnowledge::hasFinding(PhysicalAddress entry, const TextPattern& pattern)
{
    if (!m_findings) {
        m_findings.emplace();
        const RuleContext context(m_snapshot);
        for (const auto& rule : allRules())
            for (const FindingMark& mark : rule->check(context).marks)
                m_findings->emplace(mark.entry, std::string(rule->name()));
    }
    const auto [begin, end] = m_findings->equal_range(entry);
    return std::any_of(begin, end, [&](const auto& finding) { return pattern.matches(finding.second); });
}

std::optional<GuestFrame> SnapshotKnowledge::bufferBorder(std::string_view name) const
{
    const auto& epochs = m_snapshot->pgtBuf().epochs;
    if (epochs.empty())
        return std::nullopt;
    const PgtBufEpoch& epoch = epochs.back();
    if (name == pgtBufStart)
        return epoch.start;
    if (name == pgtBufEnd)
        return epoch.end;
    return name == pgtBufTop ? std::optional(epoch.top) : std::nullopt;
}

/// A border of the buffer is exclusive: under Xen the frame there may be another domain's or no domain's;
/// what counts is the place right after the last frame before it.
std::optional<std::uint64_t> SnapshotKnowledge::borderValue(GuestFrame border, Field field) const
{
    if (field == Field::Pfn)
        return border.value;
    auto frame = m_snapshot->frame(border);
    if (!frame && border.value != 0)
        if (const auto last = m_snapshot->frame(border - 1))
            frame = *last + 1;
    if (!frame)
        return std::nullopt;
    return field == Field::Pa ? addressOf(*frame).value : frame->value;
}

std::optional<std::uint64_t> SnapshotKnowledge::physicalValue(
    const SymbolTable& symbols, std::string_view name, Field field) const
{
    const auto inField = [this, field](PhysicalAddress address) {
        if (field == Field::Pa)
            return address.value;
        const FrameNumber frame = frameOf(address);
        if (field == Field::Pfn)
            return guestFrameOf(m_snapshot->xen(), frame).value_or(GuestFrame(frame.value)).value;
        return frame.value;
    };
    if (const auto border = bufferBorder(name))
        return borderValue(*border, field);
    const auto word = parseAddressWord(std::string(name), symbols);
    if (!word || word->space == AddressSpace::Bare)
        return std::nullopt;
    const auto physical = physicalAddressOf(*word, *m_snapshot);
    return physical ? std::optional(inField(*physical)) : std::nullopt;
}

SymbolLookup SnapshotKnowledge::lookup(const SymbolTable& symbols) const
{
    SymbolLookup lookup = lookupIn(symbols);
    lookup.find = [this, &symbols, linear = lookup.find](
                      std::string_view name, Field field) -> std::optional<std::uint64_t> {
        if (field == Field::Pa || field == Field::Pfn || field == Field::Mfn)
            return physicalValue(symbols, name, field);
        if (name.starts_with("va:"))
            if (const auto word = parseAddressWord(std::string(name), symbols))
                return word->value;
        return linear(name, field);
    };
    return lookup;
}

} // namespace pgtscope::core
