// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "core/exercises/exercise.h"

namespace pgtscope::core {

struct ExercisePageOptions {
    /// The page around the exercises, with @TITLE@, @SECTIONS@, @DATA@ and @MAKER@ where they go.
    std::string_view page;
    std::string_view maker; ///< Program and version, for the page's foot.
};

/// Exercises as one page that needs nothing else and judges the answers: the same bytes for the same
/// exercises.
///
/// An answer that has a sentence of its own is in the page as a number that is computed from the exercise and
/// the answer, with the sentence scrambled by another such number: who reads the source finds neither. This
/// hides answers from a glance, not from a program that tries them all.
void writeExercisePage(std::ostream& out, std::span<const std::unique_ptr<Exercise>> exercises,
    const ExercisePageOptions& options);

/// One sealed sentence: "kind/seed", the answer as canonicalAnswer() spells it, and the verdict.
struct SealedVerdict {
    std::string lock; ///< 16 hexadecimal digits.
    std::string text; ///< Two hexadecimal digits for each byte: + or - (right or wrong), then the sentence.
};
SealedVerdict sealVerdict(const std::string& exercise, const std::string& answer, const Verdict& verdict);

} // namespace pgtscope::core
