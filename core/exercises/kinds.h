// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "core/exercises/exercise.h"

namespace pgtscope::core {

/// One function a kind, each in a file of its own; exercise.cpp lists them.
std::unique_ptr<Exercise> makeAddressExercise(const ExerciseKind& kind, std::uint64_t seed);
std::unique_ptr<Exercise> makeTranslateExercise(const ExerciseKind& kind, std::uint64_t seed);
std::unique_ptr<Exercise> makeRightsExercise(const ExerciseKind& kind, std::uint64_t seed);
std::unique_ptr<Exercise> makeWritableExercise(const ExerciseKind& kind, std::uint64_t seed);
std::unique_ptr<Exercise> makeStoreExercise(const ExerciseKind& kind, std::uint64_t seed);

} // namespace pgtscope::core
