// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include <QSet>
#include <QString>

#include "core/recording/annotations.h"
#include "core/report/showing.h"

namespace pgtscope::views {

/// The annotations that belong to a step. Chapters and notes are stations of a story: each stays until the
/// next one, so that a step belongs to the latest station at or before it.
struct Narration {
    std::optional<std::size_t> chapter; ///< Index into the annotations.
    std::size_t chapters = 0; ///< How many there are.
    std::size_t chapterNumber = 0; ///< From 1; 0 before the first.
    std::optional<core::StepNumber> station; ///< Its step; nullopt before the first.
    std::vector<std::size_t> notes; ///< Of the station.

    /// What the window is to show at the station: what the last of its annotations says that says anything.
    core::Showing showing(const core::Annotations& annotations) const;
};
/// `annotations` are sorted by step, as the timeline gives them.
Narration narrationAt(const core::Annotations& annotations, core::StepNumber step);
/// The first station after `step`, and the one before the station that `step` belongs to.
std::optional<core::StepNumber> stationAfter(const core::Annotations& annotations, core::StepNumber step);
std::optional<core::StepNumber> stationBefore(const core::Annotations& annotations, core::StepNumber step);

/// For a list of stations: its title, or the first words of its text.
QString stationTitle(const core::Annotation& annotation);

/// Markdown with its hidden answers and without its lines ":::show". A quotation from "> **Answer.**" to its
/// end (see core::beginsAnswer()) is replaced by a link "pgtscope:answer/N" until N, counted from
/// `firstAnswer`, is among `shown`.
QString withAnswers(const QString& markdown, const QSet<int>& shown, int& firstAnswer);

} // namespace pgtscope::views
