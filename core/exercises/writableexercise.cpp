// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "core/base/numbers.h"
#include "core/exercises/kinds.h"
#include "core/exercises/practicekernel.h"
#include "core/exercises/readonlyrule.h"
#include "core/walk/translation.h"

namespace pgtscope::core {

namespace {

class WritableExercise final : public Exercise {
public:
    WritableExercise(const ExerciseKind& kind, std::uint64_t seed)
        : Exercise(kind, seed)
    {
        Dice dice(seed * 8 + 4);
        PracticeKernel kernel(dice);
        std::vector<FrameNumber> detached;
        if (dice.percent(60))
            detached.push_back(addDetached(kernel));
        plant(kernel, detached);
        m_steps.push_back({kernel.guest.capture(detached), std::nullopt});
        m_found = writableTables(m_steps.front().tables);
        m_question
            = "Under Xen a page that is a page table may have no writable mapping, whether a walk from CR3 "
              "reaches the "
              "mapping or not. One entry breaks that rule. Which? Answer with the entry's physical address.";
        m_hint = "No table has an entry that maps anything at that address. The frames that are page tables "
                 "are those "
                 "of the headings; look for an entry that maps one of them with R/W set, and then at the R/W "
                 "of the "
                 "entries above it. A detached table has none above it.";
    }

private:
    /// A table of PTEs that is filled and mapped read-only, but hooked nowhere.
    static FrameNumber addDetached(PracticeKernel& kernel)
    {
        const FrameNumber table = kernel.guest.newTable();
        kernel.tableMappings.push_back(kernel.map(table, practice::readOnly));
        kernel.tables.push_back(table);
        for (unsigned left = 1 + kernel.dice.below(2); left > 0; --left) {
            const FrameNumber frame = kernel.guest.newFrame();
            kernel.guest.put(table, frame, practice::writable);
        }
        const FrameNumber other = kernel.anyTable();
        kernel.guest.put(table, other, practice::readOnly);
        return table;
    }

    static void plant(PracticeKernel& kernel, const std::vector<FrameNumber>& detached)
    {
        Dice& dice = kernel.dice;
        const FrameNumber victim = kernel.anyTable();
        if (!detached.empty() && dice.percent(60)) {
            kernel.guest.put(detached.front(), victim, practice::writable);
        } else if (dice.percent(50)) {
            const PracticeKernel::Slot slot = dice.of(kernel.tableMappings);
            const std::uint64_t raw = kernel.guest.entry(slot.table, slot.index);
            kernel.guest.set(slot.table, slot.index, withWrite(raw, true));
        } else {
            kernel.map(victim, practice::writable);
        }
    }

    Verdict verdictOn(const std::string& answer) const override
    {
        const PhysicalAddress entry(*parseNumber(answer));
        const bool right = std::any_of(
            m_found.begin(), m_found.end(), [entry](const Finding& f) { return f.entry.address == entry; });
        if (!right && !entryHeldAt(tables(), entry))
            return {false, hint()};
        std::string why = mappingText(m_steps.front().tables, entry);
        if (right && m_found.front().entry.detached)
            why += "; its table is detached, and a walk from CR3 does not find it";
        return {right, why + '.'};
    }

    /// Every entry that is not 0.
    std::vector<std::string> candidates() const override
    {
        std::vector<std::string> answers;
        for (const Table& table : tables().tables())
            for (const EntryAt& at : table.entries(tables().paging()))
                answers.push_back(hexText(at.address.value));
        return answers;
    }

    std::vector<Finding> m_found;
};

} // namespace

std::unique_ptr<Exercise> makeWritableExercise(const ExerciseKind& kind, std::uint64_t seed)
{
    return std::make_unique<WritableExercise>(kind, seed);
}

} // namespace pgtscope::core
