// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/base/numbers.h"
#include "core/exercises/kinds.h"
#include "core/exercises/pathtext.h"
#include "core/exercises/practiceguest.h"

namespace pgtscope::core {

namespace {

class AddressExercise final : public Exercise {
public:
    AddressExercise(const ExerciseKind& kind, std::uint64_t seed)
        : Exercise(kind, seed)
    {
        Dice dice(seed * 8 + 1);
        PracticeGuest guest(dice);
        const PracticeTree tree = growTree(guest, dice);
        const auto pages = mappedPages(*guest.capture());
        const WalkedEntry& chosen = dice.of(pages);
        m_frame = frameOf(chosen.entry.target);
        if (chosen.entry.level == 1)
            addAliases(guest, dice, tree);
        else
            m_frame = m_frame + 1 + dice.below(511);
        m_steps.push_back({guest.capture(), std::nullopt});
        m_asked.frame = m_frame;
        m_question = "Which linear address maps frame **" + hexText(m_frame.value)
            + "**? Where several do, any of them is right.";
        m_hint
            = "That address does not reach the frame. Begin at the end: find the present entry that holds "
              "the "
              "frame's address (in a PDE with PS set: an address less than 2 MiB below), then the entry that "
              "leads to its table, up to the PML4. Each index is 9 bits of the address, from bit 39 down to "
              "bit 12, and bits 63 to 48 repeat bit 47.";
    }

private:
    /// More entries that hold the frame: present ones, and one whose P is clear.
    void addAliases(PracticeGuest& guest, Dice& dice, const PracticeTree& tree)
    {
        for (unsigned left = dice.below(3); left > 0; --left) {
            const FrameNumber table = dice.of(tree.pageTables);
            guest.put(table, m_frame, randomPage(dice));
        }
        if (dice.percent(50)) {
            const FrameNumber table = dice.of(tree.pageTables);
            MadeEntry entry = randomPage(dice);
            entry.present = false;
            guest.put(table, m_frame, entry);
        }
    }

    bool holdsFrame(const Translation& translation) const
    {
        if (translation.end != TranslationEnd::NotPresent)
            return false;
        const Entry& last = translation.steps.back().entry;
        return last.level == 1 && frameOf(tables().paging().at(1).pageForm.target(last.raw)) == m_frame;
    }

    Verdict verdictOn(const std::string& answer) const override
    {
        const LinearAddress linear(*parseNumber(answer));
        const Translation translation = translate(tables(), linear);
        if (translation.end != TranslationEnd::Mapped)
            return {false,
                faultText(tables(), translation)
                    + (holdsFrame(translation)
                            ? " Its other bits hold the frame, but without P they belong to "
                              "software."
                            : "")};
        const FrameNumber reached = frameOf(translation.physical);
        const TranslationStep& last = translation.steps.back();
        const std::string path = hexText(linear.value) + " is " + indicesText(tables().paging(), linear)
            + ", and " + entryName(tables().paging(), last);
        if (reached == m_frame)
            return {true,
                path + (last.entry.level == 1 ? " holds the frame." : " maps the 2 MiB that it is in.")};
        return {false,
            path + " leads to frame " + hexText(reached.value) + ", not to " + hexText(m_frame.value) + '.'};
    }

    std::vector<std::string> candidates() const override
    {
        constexpr std::uint64_t lower = (1ULL << 48) - 1;
        std::vector<std::string> answers{hexText(addressOf(m_frame).value)};
        const auto add = [&](LinearAddress linear) {
            answers.push_back(hexText(linear.value));
            answers.push_back(hexText(linear.value & lower)); // the upper half without its sign
        };
        for (const WalkedEntry& page : mappedPages(tables())) {
            add(page.linear);
            const std::uint64_t ahead = m_frame - frameOf(page.entry.target);
            if (ahead < tables().paging().span(page.entry.level) >> frameShift)
                add(page.linear + (ahead << frameShift));
        }
        for (const Table& table : tables().tables())
            answers.push_back(hexText(table.address.value));
        return answers;
    }

    FrameNumber m_frame;
};

} // namespace

std::unique_ptr<Exercise> makeAddressExercise(const ExerciseKind& kind, std::uint64_t seed)
{
    return std::make_unique<AddressExercise>(kind, seed);
}

} // namespace pgtscope::core
