// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/model/snapshot.h"
#include "core/steps/step.h"

namespace pgtscope::core {

/// How an answer is spelled. Numbers are hexadecimal, with or without 0x, but for Number.
enum class AnswerForm : std::uint8_t {
    Page, ///< A linear address; which byte of its 4 KiB does not matter.
    Physical, ///< A physical address, to the byte; or "fault".
    Rights, ///< "RO user NX", in any order and case.
    Entry, ///< The physical address of an entry; which of its 8 bytes does not matter.
    Number, ///< Decimal, from 1.
};

class Exercise;

/// One kind of exercise: everything that is known of it before an instance is made.
struct ExerciseKind {
    std::string_view name; ///< As a user types it, e.g. "store".
    std::string_view title;
    AnswerForm form = AnswerForm::Number;
    std::string_view formText; ///< What an answer looks like, e.g. "the number of a store, e.g. 4".
    std::unique_ptr<Exercise> (*make)(const ExerciseKind& kind, std::uint64_t seed);
};

/// All kinds, the easier ones first.
std::span<const ExerciseKind> exerciseKinds();
/// Null if there is none of that name.
const ExerciseKind* findExerciseKind(std::string_view name);

struct Verdict {
    bool right = false;
    std::string why; ///< A sentence or more.
    bool operator==(const Verdict&) const = default;
};

/// The tables at one moment of an exercise.
struct ExerciseStep {
    SnapshotPtr tables;
    std::optional<EntryChange> store; ///< The store that made them; none for the first step.
};

/// What a question names; a window can show it.
struct AskedPlace {
    std::optional<FrameNumber> frame;
    std::optional<LinearAddress> linear;
};

/// An instance of a kind, made from its seed: the same on every machine. Its verdicts come from the same
/// walk, translation and rules that show a guest; no answer is stored in it.
class Exercise {
public:
    Exercise(const ExerciseKind& kind, std::uint64_t seed)
        : m_kind(kind)
        , m_seed(seed)
    {
    }
    virtual ~Exercise() = default;
    Exercise(const Exercise&) = delete;
    Exercise& operator=(const Exercise&) = delete;

    const ExerciseKind& kind() const { return m_kind; }
    std::uint64_t seed() const { return m_seed; }
    /// Markdown.
    const std::string& question() const { return m_question; }
    const AskedPlace& asked() const { return m_asked; }
    /// One, or the first tables and then one for each store.
    std::span<const ExerciseStep> steps() const { return m_steps; }
    const Snapshot& tables() const { return *m_steps.front().tables; }

    /// An Error if the answer is not spelled as the kind wants it.
    Result<Verdict> judge(std::string_view answer) const;
    /// The answers that each have a sentence of their own, spelled as canonicalAnswer() does. Every right one
    /// is among them.
    std::vector<std::string> explainedAnswers() const;
    /// What is true of any other answer: it is wrong, and this is what to look at.
    std::string hint() const { return m_hint; }

protected:
    /// `answer` is canonical.
    virtual Verdict verdictOn(const std::string& answer) const = 0;
    virtual std::vector<std::string> candidates() const = 0;

    std::string m_question;
    std::string m_hint;
    AskedPlace m_asked;
    std::vector<ExerciseStep> m_steps;

private:
    const ExerciseKind& m_kind;
    std::uint64_t m_seed;
};

/// The one spelling of an answer: "0xffff888000001000", "fault", "RO user NX", "4". An Error if it is none of
/// that form.
Result<std::string> canonicalAnswer(AnswerForm form, std::string_view answer);

} // namespace pgtscope::core
