// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include <QSet>
#include <QString>

#include "core/recording/annotations.h"

namespace pgtscope::views {

/// The annotations that belong to a step: the chapter that it lies in, and its own notes.
struct Narration {
    std::optional<std::size_t> chapter; ///< Index into the annotations.
    std::size_t chapters = 0; ///< How many there are.
    std::size_t chapterNumber = 0; ///< From 1; 0 before the first.
    std::vector<std::size_t> notes; ///< At exactly this step.
};
/// `annotations` are sorted by step, as the timeline gives them.
Narration narrationAt(const core::Annotations& annotations, core::StepNumber step);

/// Markdown with its hidden answers. In a text, the lines between ":::answer" and ":::" are an answer,
/// and so is a quotation from "> **Answer.**" to its end: it is
/// replaced by a link "pgtscope:answer/N" until N, counted from `firstAnswer`, is among `shown`.
QString withAnswers(const QString& markdown, const QSet<int>& shown, int& firstAnswer);

} // namespace pgtscope::views
