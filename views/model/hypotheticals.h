// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include <QObject>

#include "core/rules/finding.h"

namespace pgtscope::views {

/// Whether views show the hypothetical findings too: what nothing on this machine forbids, and Xen would. Not
/// at first; what the user chose is kept in the settings.
class Hypotheticals : public QObject {
    Q_OBJECT
public:
    static Hypotheticals& instance();

    bool shown() const { return m_chosen || m_narrated; }
    /// The user's choice, which ends what the narration asked for.
    void choose(bool shown);
    /// The narration that is read is about them: they are shown while it is. Not kept.
    void setNarrated(bool narrated);

signals:
    void changedShown();

private:
    Hypotheticals();
    void set(bool chosen, bool narrated);

    bool m_chosen = false;
    bool m_narrated = false;
};

/// What pictures draw a finding as: what is broken as what it is, and so what is pending or an exception
/// where the rule is enforced; a hypothetical one as a note, while those are shown; a violation that is
/// expected at this stage as nothing.
std::optional<core::FindingState> signOf(core::FindingState state, core::Standing standing);
/// The same for a finding of this report: where all that the rule is about is expected at this stage, a note
/// of it is nothing of its own either.
std::optional<core::FindingState> signIn(
    const core::RuleReport& report, core::FindingState state, core::Standing standing);

/// What is drawn at frames, sorted; the gravest of each.
std::vector<std::pair<core::FrameNumber, core::FindingState>> signsByFrame(
    std::span<const core::RuleReport> reports);
/// What is drawn at entries, by their physical addresses; the gravest of each.
std::unordered_map<core::PhysicalAddress, core::FindingState> signsByEntry(
    std::span<const core::RuleReport> reports);

} // namespace pgtscope::views
