// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/model/hypotheticals.h"

#include <algorithm>

#include <QSettings>

namespace pgtscope::views {

namespace {
const QLatin1String choiceKey("whatXenWouldSay");
} // namespace

Hypotheticals& Hypotheticals::instance()
{
    static Hypotheticals hypotheticals;
    return hypotheticals;
}

Hypotheticals::Hypotheticals()
    : m_chosen(QSettings().value(choiceKey, false).toBool())
{
}

void Hypotheticals::set(bool chosen, bool narrated)
{
    const bool before = shown();
    m_chosen = chosen;
    m_narrated = narrated;
    if (shown() != before)
        emit changedShown();
}

void Hypotheticals::choose(bool shown)
{
    QSettings().setValue(choiceKey, shown);
    set(shown, false);
}

void Hypotheticals::setNarrated(bool narrated) { set(m_chosen, narrated); }

std::optional<core::FindingState> signOf(core::FindingState state, core::Standing standing)
{
    switch (standing) {
    case core::Standing::Broken:
        break;
    case core::Standing::Expected:
        if (core::drawnAs(state, standing) != state)
            return std::nullopt;
        break;
    case core::Standing::Hypothetical:
        return Hypotheticals::instance().shown() ? std::optional(core::FindingState::Note) : std::nullopt;
    }
    return state;
}

std::optional<core::FindingState> signIn(
    const core::RuleReport& report, core::FindingState state, core::Standing standing)
{
    return report.standing == core::Standing::Expected ? std::nullopt : signOf(state, standing);
}

std::vector<std::pair<core::FrameNumber, core::FindingState>> signsByFrame(
    std::span<const core::RuleReport> reports)
{
    std::vector<std::pair<core::FrameNumber, core::FindingState>> signs;
    for (const core::RuleReport& report : reports)
        for (const core::FindingMark& mark : report.marks)
            if (const auto sign = signIn(report, mark.state, mark.standing))
                signs.emplace_back(mark.frame, *sign);
    // The states are in the order of their gravity: the first of each frame is the gravest.
    std::sort(signs.begin(), signs.end());
    signs.erase(std::unique(signs.begin(), signs.end(),
                    [](const auto& a, const auto& b) { return a.first == b.first; }),
        signs.end());
    return signs;
}

std::unordered_map<core::PhysicalAddress, core::FindingState> signsByEntry(
    std::span<const core::RuleReport> reports)
{
    std::unordered_map<core::PhysicalAddress, core::FindingState> signs;
    for (const core::RuleReport& report : reports)
        for (const core::FindingMark& mark : report.marks)
            if (const auto sign = signIn(report, mark.state, mark.standing)) {
                const auto [known, isNew] = signs.try_emplace(mark.entry, *sign);
                known->second = std::min(known->second, *sign);
            }
    return signs;
}

} // namespace pgtscope::views
