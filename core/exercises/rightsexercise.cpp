// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "core/base/numbers.h"
#include "core/exercises/kinds.h"
#include "core/exercises/pathtext.h"
#include "core/exercises/practiceguest.h"
#include "core/paging/entryparts.h"
#include "core/rules/findingtext.h"

namespace pgtscope::core {

namespace {

/// One of the three rights, as a path combines it.
struct RightRow {
    bool Rights::*member;
    EntryPart bit;
    const char* removes; ///< What the bit does in the entry that takes the right away.
    const char* denied;
    const char* granted;
};

constexpr RightRow rightRows[] = {
    {&Rights::write, EntryPart::Write, "is clear", "the path is read-only: R/W is ANDed over the levels",
        "the path is writable: R/W is set at every level"},
    {&Rights::user, EntryPart::User, "is clear", "the path is the supervisor's: U/S is ANDed over the levels",
        "the path is open to user mode: U/S is set at every level"},
    {&Rights::execute, EntryPart::NoExecute, "is set", "nothing can be executed: one level with NX is enough",
        "the path is executable: NX is set at no level"},
};

class RightsExercise final : public Exercise {
public:
    RightsExercise(const ExerciseKind& kind, std::uint64_t seed)
        : Exercise(kind, seed)
    {
        Dice dice(seed * 8 + 3);
        PracticeGuest guest(dice);
        growTree(guest, dice);
        m_steps.push_back({guest.capture(), std::nullopt});
        const auto pages = mappedPages(tables());
        m_linear = dice.of(pages).linear;
        m_asked.linear = m_linear;
        m_question = "What does the path of the linear address **" + hexText(m_linear.value)
            + "** permit? Answer with three words: `RW` or `RO`, `user` or `sup`, `X` or `NX`. CR0.WP and NX "
              "are on; "
              "SMEP, SMAP and protection keys are off.";
        m_hint
            = "Follow the path and note R/W, U/S and NX at each level: the first two are ANDed, NX is ORed.";
        m_translation = translate(tables(), m_linear);
    }

private:
    /// Why the path has the right, or has it not.
    std::string reason(const RightRow& row) const
    {
        if (m_translation.rights.*row.member)
            return row.granted;
        const auto denies = std::find_if(m_translation.steps.begin(), m_translation.steps.end(),
            [&](const TranslationStep& step) { return !(step.entry.rights.*row.member); });
        return std::string(partName(row.bit)) + ' ' + row.removes + " in "
            + entryName(tables().paging(), *denies) + ", and " + row.denied;
    }

    Verdict verdictOn(const std::string& answer) const override
    {
        const bool right = answer == rightsText(m_translation.rights);
        std::string why;
        for (const RightRow& row : rightRows) {
            // rightsText() is what an answer is spelled with: the index that has the same text has its
            // rights.
            unsigned index = 0;
            while (rightsText(Rights::fromIndex(index)) != answer)
                ++index;
            if (right || Rights::fromIndex(index).*row.member != m_translation.rights.*row.member)
                why += (why.empty() ? "" : "; ") + reason(row);
        }
        why += '.';
        why.front() = why.front() == 't' ? 'T' : why.front() == 'n' ? 'N' : why.front();
        return {right, why};
    }

    std::vector<std::string> candidates() const override
    {
        std::vector<std::string> answers;
        for (unsigned index = 0; index < rightsCount; ++index)
            answers.push_back(rightsText(Rights::fromIndex(index)));
        return answers;
    }

    LinearAddress m_linear;
    Translation m_translation;
};

} // namespace

std::unique_ptr<Exercise> makeRightsExercise(const ExerciseKind& kind, std::uint64_t seed)
{
    return std::make_unique<RightsExercise>(kind, seed);
}

} // namespace pgtscope::core
