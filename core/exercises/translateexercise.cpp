// SPDX-License-Identifier: GPL-2.0-or-later
#include <map>

#include "core/base/numbers.h"
#include "core/exercises/kinds.h"
#include "core/exercises/pathtext.h"
#include "core/exercises/practiceguest.h"

namespace pgtscope::core {

namespace {

constexpr std::uint64_t offset2MiB = (2ULL << 20) - 1;

class TranslateExercise final : public Exercise {
public:
    TranslateExercise(const ExerciseKind& kind, std::uint64_t seed)
        : Exercise(kind, seed)
    {
        Dice dice(seed * 8 + 2);
        PracticeGuest guest(dice);
        growTree(guest, dice);
        m_steps.push_back({guest.capture(), std::nullopt});
        const auto pages = mappedPages(tables());
        const WalkedEntry& chosen = dice.of(pages);
        const std::uint64_t offset = 1 + dice.next() % (tables().paging().span(chosen.entry.level) - 1);
        m_linear = chosen.linear + offset;
        if (dice.percent(20))
            leave(dice);
        m_asked.linear = m_linear;
        m_question = "To which physical address does the linear address **" + hexText(m_linear.value)
            + "** lead? Answer `fault` if the walk ends before a page.";
        m_hint
            = "That is not where the walk leads. Cut the address into four indices of 9 bits (47:39, 38:30, "
              "29:21, 20:12) and an offset of 12 bits. Begin at the table that CR3 names; each entry is 8 "
              "bytes. A "
              "PDE with PS set maps 2 MiB: then the offset has 21 bits. An entry with P clear ends the walk.";
        collect();
    }

private:
    /// Another index at one of the levels: nothing need be mapped there.
    void leave(Dice& dice)
    {
        const Paging& paging = tables().paging();
        const unsigned level = 1 + dice.below(paging.levels() - 1);
        const std::uint64_t other = std::uint64_t{1 + dice.below(511)} << paging.at(level).shift;
        m_linear = LinearAddress(m_linear.value ^ other);
    }

    void note(std::uint64_t physical, const std::string& why) { m_mistakes.emplace(hexText(physical), why); }

    void collect()
    {
        m_translation = translate(tables(), m_linear);
        const Paging& paging = tables().paging();
        if (m_translation.end == TranslationEnd::Mapped)
            collectNear();
        for (const TranslationStep& step : m_translation.steps) {
            note(step.entryAddress.value,
                "That is where " + std::string(paging.names(step.entry.level).intel) + ' '
                    + std::to_string(step.index) + " itself is, not what it leads to.");
            if (step.entry.isTable())
                note(step.entry.target.value,
                    "That is the table that " + entryName(paging, step)
                        + " leads to: the walk is not at its end.");
        }
        note(m_linear.value, "That is the linear address itself: paging is on, and the tables decide.");
        for (const WalkedEntry& page : mappedPages(tables()))
            note(page.entry.target.value + (m_linear.value & (paging.span(page.entry.level) - 1)),
                "That is where " + entryName(paging, page) + " leads, which translates "
                    + hexText(page.linear.value) + ": one of your indices is wrong.");
    }

    void collectNear()
    {
        const TranslationStep& last = m_translation.steps.back();
        const std::uint64_t page = last.entry.target.value;
        if (m_translation.physical.value != page)
            note(page, "That is the first byte of the page: the offset within the page is missing.");
        if (last.entry.level == 2 && (m_linear.value & offset2MiB) >= frameBytes)
            note(page + (m_linear.value & (frameBytes - 1)),
                "The PDE has PS set: its page has 2 MiB, and the offset is the lower 21 bits of the address, "
                "not 12.");
    }

    std::string rightText() const
    {
        const TranslationStep& last = m_translation.steps.back();
        const std::uint64_t offset = m_linear.value & (m_translation.pageBytes - 1);
        return indicesText(tables().paging(), m_linear) + ": " + entryName(tables().paging(), last) + " maps "
            + (last.entry.level == 1 ? "4 KiB" : "2 MiB") + " at " + hexText(last.entry.target.value)
            + ", and the offset is " + hexText(offset) + '.';
    }

    Verdict verdictOn(const std::string& answer) const override
    {
        const bool mapped = m_translation.end == TranslationEnd::Mapped;
        if (answer == "fault")
            return mapped ? Verdict{false,
                       "Every entry on the way has P set and no reserved bit: the walk ends at a page."}
                          : Verdict{true, faultText(tables(), m_translation)};
        if (mapped && answer == hexText(m_translation.physical.value))
            return {true, rightText()};
        const auto mistake = m_mistakes.find(answer);
        return {false, mistake == m_mistakes.end() ? hint() : mistake->second};
    }

    std::vector<std::string> candidates() const override
    {
        std::vector<std::string> answers{"fault"};
        if (m_translation.end == TranslationEnd::Mapped)
            answers.push_back(hexText(m_translation.physical.value));
        for (const auto& [answer, why] : m_mistakes)
            answers.push_back(answer);
        return answers;
    }

    LinearAddress m_linear;
    Translation m_translation;
    std::map<std::string, std::string> m_mistakes; ///< Sentence by answer; the right one may be among them.
};

} // namespace

std::unique_ptr<Exercise> makeTranslateExercise(const ExerciseKind& kind, std::uint64_t seed)
{
    return std::make_unique<TranslateExercise>(kind, seed);
}

} // namespace pgtscope::core
