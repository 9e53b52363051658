// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/model/stepstate.h"

#include <algorithm>

#include "views/model/hypotheticals.h"
#include "views/model/text.h"

namespace pgtscope::views {

StepState::StepState(core::Step step, core::SnapshotPtr snapshot, core::StepChanges changes,
    core::RuleReportsPtr reports, ComparisonPtr comparison)
    : m_step(std::move(step))
    , m_snapshot(std::move(snapshot))
    , m_changes(std::move(changes))
    , m_comparison(std::move(comparison))
    , m_reports(std::move(reports))
{
    for (const core::EntryChange& change : m_changes.entries)
        m_changedEntries.insert(change.address);
}

const core::StepChanges& StepState::marks() const
{
    return m_comparison ? m_comparison->diff().tables : m_changes;
}

const StepState::Marked& StepState::marked() const
{
    if (!m_marked) {
        m_marked.emplace();
        for (const core::EntryChange& change : marks().entries) {
            m_marked->entries.insert(change.address);
            m_marked->frames.insert(core::frameOf(change.address));
        }
        for (const core::TableChange& change : marks().tables)
            m_marked->frames.insert(core::frameOf(change.address));
    }
    return *m_marked;
}

QString StepState::markText() const
{
    return m_comparison ? Text::tr("differs from step %1").arg(m_comparison->other())
                        : Text::tr("changed at this step");
}

const core::FrameRoles& StepState::roles() const
{
    if (!m_roles)
        m_roles.emplace(m_snapshot);
    return *m_roles;
}

const core::RuleContext& StepState::rules() const
{
    if (!m_rules)
        m_rules.emplace(m_snapshot);
    return *m_rules;
}

const std::vector<core::RuleReport>& StepState::reports() const
{
    if (!m_reports)
        m_reports = core::checkAllRules(rules());
    return *m_reports;
}

core::FilterKnowledge StepState::knowledge() const
{
    core::FilterKnowledge known;
    known.role = [this](core::FrameNumber first, std::uint64_t frames, const core::TextPattern& pattern) {
        for (core::FrameNumber frame = first; frame - first < frames;) {
            const core::FrameRole role = roles().at(frame);
            if (pattern.matches(role.name()))
                return true;
            frame = role.end;
        }
        return false;
    };
    if (const core::XenState* xen = m_snapshot->xen())
        known.guestFrame = [xen](core::FrameNumber machine) { return xen->guestFrame(machine); };
    known.changed = [this](core::PhysicalAddress entry) { return changed(entry); };
    known.finding = [this](core::PhysicalAddress entry, const core::TextPattern& pattern) {
        if (!m_breaches) {
            m_breaches.emplace();
            for (std::size_t rule = 0; rule < reports().size(); ++rule)
                for (const core::FindingMark& mark : reports()[rule].marks)
                    m_breaches->emplace(mark.entry, rule);
        }
        const auto [begin, end] = m_breaches->equal_range(entry);
        return std::any_of(
            begin, end, [&](const auto& breach) { return pattern.matches(reports()[breach.second].rule); });
    };
    known.aliases = [this](core::FrameNumber first, std::uint64_t frames) {
        if (!m_aliases)
            m_aliases.emplace(*m_snapshot, rules().reached());
        return m_aliases->most(first, frames);
    };
    return known;
}

std::optional<core::FindingState> StepState::findingOf(core::FrameNumber frame) const
{
    std::optional<core::FindingState> gravest;
    for (const core::RuleReport& report : reports())
        for (const core::FindingMark& mark : report.marks)
            if (const auto sign
                = mark.frame == frame ? signIn(report, mark.state, mark.standing) : std::nullopt)
                gravest = std::min(gravest.value_or(*sign), *sign);
    return gravest;
}

} // namespace pgtscope::views
