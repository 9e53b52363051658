// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "core/base/numbers.h"
#include "core/exercises/kinds.h"
#include "core/exercises/pathtext.h"
#include "core/exercises/practicekernel.h"
#include "core/exercises/readonlyrule.h"

namespace pgtscope::core {

namespace {

constexpr unsigned fewestBefore = 2; ///< Innocent stores before the one that breaks the rule.
constexpr unsigned storesBefore = 5; ///< Up to so many more.
constexpr unsigned storesAfter = 3;

/// Lets a kernel store into its tables, and keeps what they are after each store.
class StoreScript {
public:
    explicit StoreScript(Dice& dice)
        : m_dice(dice)
        , m_kernel(dice)
        , m_future(m_kernel.guest.newFrame())
        , m_safeFuture(m_kernel.guest.newFrame())
    {
        m_steps.push_back({m_kernel.guest.capture(), std::nullopt});
        m_breaking = m_dice.below(4);
    }

    std::vector<ExerciseStep> run()
    {
        // Before its page is a table its writable mapping is innocent.
        if (m_breaking == 0)
            mapNew(m_future, practice::writable);
        for (unsigned left = fewestBefore + m_dice.below(storesBefore); left > 0; --left)
            innocent();
        breakRule();
        for (unsigned left = 1 + m_dice.below(storesAfter); left > 0; --left)
            innocent();
        return std::move(m_steps);
    }

private:
    void store(FrameNumber table, unsigned index, std::uint64_t raw)
    {
        EntryChange change;
        change.address = addressOf(table) + index * 8ULL;
        change.before = m_kernel.guest.entry(table, index);
        change.after = raw;
        m_kernel.guest.set(table, index, raw);
        m_steps.push_back({m_kernel.guest.capture(), change});
    }

    void mapNew(FrameNumber frame, const MadeEntry& entry)
    {
        const FrameNumber table = m_dice.percent(50) ? m_kernel.first : m_kernel.second;
        const unsigned index = m_kernel.guest.freeIndex(table);
        store(table, index, entry.raw(addressOf(frame)));
    }

    void flip(const PracticeKernel::Slot& slot)
    {
        const std::uint64_t raw = m_kernel.guest.entry(slot.table, slot.index);
        store(slot.table, slot.index, withWrite(raw, !permitsWrite(raw)));
    }

    /// A page becomes a table, full of zeros.
    void hook(FrameNumber frame)
    {
        m_kernel.guest.makeTable(frame);
        const unsigned index = m_kernel.guest.freeIndex(m_kernel.directory);
        store(m_kernel.directory, index, practice::table.raw(addressOf(frame)));
    }

    void innocent()
    {
        switch (m_dice.below(5)) {
        case 0:
            mapNew(m_kernel.guest.newFrame(), practice::writable);
            break;
        case 1:
            flip(m_dice.of(m_kernel.dataMappings));
            break;
        case 2: {
            const FrameNumber table = m_kernel.anyTable();
            mapNew(table, practice::readOnly);
            break;
        }
        case 3:
            mapGuarded();
            break;
        default:
            hookSafely();
        }
    }

    /// A writable entry for a table, below a PDE that forbids writing; once that PDE permits it, any other.
    void mapGuarded()
    {
        const FrameNumber table = m_kernel.anyTable();
        const unsigned index = m_kernel.guest.freeIndex(m_kernel.guarded);
        const bool open = permitsWrite(m_kernel.guest.entry(m_kernel.directory, m_kernel.guard));
        const MadeEntry& entry = open ? practice::readOnly : practice::writable;
        store(m_kernel.guarded, index, entry.raw(addressOf(table)));
    }

    /// In order: mapped read-only, then hooked, once each.
    void hookSafely()
    {
        if (m_safeStores == 0)
            mapNew(m_safeFuture, practice::readOnly);
        else if (m_safeStores == 1)
            hook(m_safeFuture);
        else
            mapNew(m_kernel.guest.newFrame(), practice::readOnly);
        ++m_safeStores;
    }

    void breakRule()
    {
        switch (m_breaking) {
        case 0:
            hook(m_future);
            break;
        case 1:
            flip(m_dice.of(m_kernel.tableMappings));
            break;
        case 2: {
            const FrameNumber table = m_kernel.anyTable();
            mapNew(table, practice::writable);
            break;
        }
        default:
            flip({m_kernel.directory, m_kernel.guard});
        }
    }

    Dice& m_dice;
    PracticeKernel m_kernel;
    FrameNumber m_future; ///< A page that becomes a table although it is mapped writable.
    FrameNumber m_safeFuture; ///< One that becomes a table as it should.
    unsigned m_safeStores = 0;
    unsigned m_breaking = 0;
    std::vector<ExerciseStep> m_steps;
};

class StoreExercise final : public Exercise {
public:
    StoreExercise(const ExerciseKind& kind, std::uint64_t seed)
        : Exercise(kind, seed)
    {
        Dice dice(seed * 8 + 5);
        m_steps = StoreScript(dice).run();
        while (m_broken < stores() && writableTables(m_steps[m_broken].tables).empty())
            ++m_broken;
        m_question
            = "The tables below are in order: no page table has a writable mapping. Then the kernel makes "
            + std::to_string(stores())
            + " stores into them. After which of them is Xen's rule broken for the first time? "
              "A page that is hooked in as a table is full of zeros.";
        m_hint = "There is no store of that number: they are counted from 1 to " + std::to_string(stores())
            + '.';
    }

private:
    std::uint64_t stores() const { return m_steps.size() - 1; }

    /// What the rule has against the step that breaks it.
    std::string rightText(std::uint64_t step) const
    {
        const auto found = writableTables(m_steps[step].tables);
        const FindingEntry& entry = found.front().entry;
        const FrameNumber frame = found.front().frame;
        const std::string mapping = mappingText(m_steps[step].tables, entry.address);
        if (m_steps[step].store->address == entry.address)
            return mapping + '.';
        if (isTableAt(step - 1, frame))
            return mapping + ": this store sets the R/W that was missing above it.";
        return mapping + ": the mapping is older, but only this store makes the frame a page table.";
    }

    std::string earlyText(std::uint64_t step) const
    {
        const EntryChange& store = *m_steps[step].store;
        const auto held = entryHeldAt(*m_steps[step].tables, store.address);
        std::string text = "Not yet: ";
        if (held->entry.isTable())
            text += "this store hooks in the page table of frame "
                + hexText(frameOf(held->entry.target).value)
                + ", and every mapping of that frame is read-only";
        else
            text += mappingText(m_steps[step].tables, store.address);
        const FrameNumber mapped = frameOf(held->entry.target);
        const bool later = held->entry.isPage() && held->entry.rights.write && !isTableAt(step, mapped)
            && isTableAt(m_broken, mapped);
        return text + (later ? ". Remember it, though: what is no page table now may become one." : ".");
    }

    bool isTableAt(std::uint64_t step, FrameNumber frame) const
    {
        const auto tables = m_steps[step].tables->tables();
        return std::any_of(
            tables.begin(), tables.end(), [frame](const Table& table) { return table.frame() == frame; });
    }

    Verdict verdictOn(const std::string& answer) const override
    {
        const std::uint64_t store = *parseNumber(answer);
        if (store == 0 || store > stores())
            return {false, hint()};
        if (store == m_broken)
            return {true, rightText(store)};
        if (store > m_broken)
            return {false, "The rule is broken before that store already: look at an earlier one."};
        return {false, earlyText(store)};
    }

    std::vector<std::string> candidates() const override
    {
        std::vector<std::string> answers;
        for (std::uint64_t store = 1; store <= stores(); ++store)
            answers.push_back(std::to_string(store));
        return answers;
    }

    std::uint64_t m_broken = 0; ///< The first step with a violation.
};

} // namespace

std::unique_ptr<Exercise> makeStoreExercise(const ExerciseKind& kind, std::uint64_t seed)
{
    return std::make_unique<StoreExercise>(kind, seed);
}

} // namespace pgtscope::core
