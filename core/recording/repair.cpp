// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/repair.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/numbers.h"
#include "core/recording/annotations.h"
#include "core/recording/code.h"
#include "core/recording/recording.h"
#include "core/recording/unfinishedrecording.h"
#include "core/steps/tablediff.h"

namespace pgtscope::core {

namespace {

constexpr StepNumber stepsBetweenLooks = 64;
constexpr std::size_t storesAtOnce = 1024;

/// Everything of one step.
struct WholeStep {
    Step step;
    SnapshotPtr snapshot;
    StepChanges changes;
    Result<std::vector<CodeLine>> code;
};

std::optional<WholeStep> readStep(Recording& recording, StepNumber number)
{
    auto step = recording.step(number);
    auto snapshot = recording.snapshot(number);
    auto changes = recording.changes(number);
    auto lines = recording.code(number);
    if (!step || !snapshot || !changes)
        return std::nullopt;
    return WholeStep{std::move(*step), std::move(*snapshot), std::move(*changes), std::move(lines)};
}

using TakeStep = std::function<Result<void>(WholeStep step)>;

/// Gives `take` every step that can be read.
Result<RecordingCheck> readSteps(Recording& recording, const std::string& path, const TakeStep& take,
    const Progress& progress, const CancelFlag* cancel)
{
    RecordingCheck check{recording.format(), recording.finished(), recording.size(), {}, {}};
    StepNumber withoutCode = 0;
    for (StepNumber number = 0; number < recording.size(); ++number) {
        if (cancel && cancel->cancelled())
            return failure("read " + path, "cancelled");
        if (progress && number % stepsBetweenLooks == 0)
            progress("Reading", number, recording.size());
        if (auto step = readStep(recording, number)) {
            withoutCode += step->code ? 0U : 1U;
            RETURN_IF_ERROR(take(std::move(*step)));
        } else if (!check.unreadable.empty() && check.unreadable.back().last + 1 == number) {
            check.unreadable.back().last = number;
        } else {
            check.unreadable.push_back({number, number});
        }
    }
    if (!recording.damage().empty())
        check.damage.push_back(recording.damage());
    if (withoutCode != 0)
        check.damage.push_back("the code at " + countText(withoutCode, "step") + " is damaged");
    return check;
}

/// Appends steps as a recorder did: what was a single store is one again, without tables of its own.
class StepWriter {
public:
    explicit StepWriter(RecordingWriter& writer, CodeWriter& code)
        : m_writer(writer)
        , m_code(code)
    {
    }

    Result<void> add(WholeStep step)
    {
        // What is lost between two steps is part of the second.
        if (step.step.number != std::exchange(m_next, step.step.number + 1))
            m_previous.reset();
        if (step.code)
            RETURN_IF_ERROR(m_code.add(m_writer.size() + m_stores.size(), *step.code));
        if (auto store = singleStore(step)) {
            m_stores.push_back(std::move(*store));
            return m_stores.size() < storesAtOnce ? Result<void>() : flush();
        }
        std::vector<EntryChange> written = step.changes.stores;
        std::copy_if(step.changes.entries.begin(), step.changes.entries.end(), std::back_inserter(written),
            [](const EntryChange& change) { return change.writer.has_value(); });
        m_previous = step.snapshot;
        return flush().and_then(
            [&] { return m_writer.append(step.step, step.snapshot, written).map([](StepNumber) {}); });
    }

    Result<void> flush()
    {
        const auto done = m_writer.appendWrites(m_stores);
        m_stores.clear();
        return done.map([](StepNumber) {});
    }

private:
    /// Of a step that follows the previous one in the recording: its tables differ in one entry alone.
    std::optional<WriteStep> singleStore(const WholeStep& step) const
    {
        const StepChanges& changes = step.changes;
        if (!m_previous || !changes.tables.empty() || changes.entries.size() + changes.stores.size() != 1
            || step.step.cause != StepCause::TableWrite)
            return std::nullopt;
        const EntryChange& change = changes.entries.empty() ? changes.stores[0] : changes.entries[0];
        if (!change.writer || changesStructure(m_previous->paging(), change)
            || step.snapshot->cpu().control != m_previous->cpu().control)
            return std::nullopt;
        return WriteStep{step.step, change};
    }

    RecordingWriter& m_writer;
    CodeWriter& m_code;
    SnapshotPtr m_previous; ///< The latest that was appended with its tables; null where steps are lost.
    StepNumber m_next = 0;
    std::vector<WriteStep> m_stores;
};

Annotations moved(Annotations annotations, const std::vector<StepNumber>& kept)
{
    for (Annotation& annotation : annotations) {
        const auto next = std::lower_bound(kept.begin(), kept.end(), annotation.step);
        annotation.step = std::min<StepNumber>(
            static_cast<StepNumber>(next - kept.begin()), static_cast<StepNumber>(kept.size()) - 1);
    }
    return annotations;
}

/// Symbols and narration: what cannot be read is noted in `check`, what can be is kept.
Result<void> copyRest(Recording& recording, const std::string& from, RecordingWriter& writer,
    const std::vector<StepNumber>& kept, RecordingCheck& check)
{
    if (const auto symbols = recording.symbols(); !symbols)
        check.damage.push_back("the symbols: " + symbols.error().happened);
    else if (!symbols->empty())
        RETURN_IF_ERROR(writer.setSymbols(symbols->symbols(), symbols->slide()));
    const auto annotations = loadAnnotations(from);
    if (!annotations) {
        check.damage.push_back("the narration: " + annotations.error().happened);
        return {};
    }
    return annotations->empty() ? Result<void>()
                                : changeAnnotations(writer.path(), {}, moved(*annotations, kept));
}

} // namespace

Result<RecordingCheck> checkRecording(
    const std::string& path, const Progress& progress, const CancelFlag* cancel)
{
    ASSIGN_OR_RETURN(auto recording, Recording::open(path));
    auto check = readSteps(
        *recording, path, [](const WholeStep&) { return Result<void>(); }, progress, cancel);
    if (!check)
        return check;
    if (const auto symbols = recording->symbols(); !symbols)
        check->damage.push_back("the symbols: " + symbols.error().happened);
    if (const auto annotations = loadAnnotations(path); !annotations)
        check->damage.push_back("the narration: " + annotations.error().happened);
    return check;
}

Result<RecordingCheck> repairRecording(const std::string& from, const std::string& to, Existing existing,
    const Progress& progress, const CancelFlag* cancel)
{
    ASSIGN_OR_RETURN(auto recording, Recording::open(from));
    ASSIGN_OR_RETURN(auto file, UnfinishedRecording::beside(to, existing));
    ASSIGN_OR_RETURN(auto writer, RecordingWriter::create(file->path(), recording->guest()));
    ASSIGN_OR_RETURN(auto code, CodeWriter::open(file->path()));
    StepWriter steps(*writer, *code);
    std::vector<StepNumber> kept;
    auto check = readSteps(
        *recording, from,
        [&](WholeStep step) {
            kept.push_back(step.step.number);
            return steps.add(std::move(step));
        },
        progress, cancel);
    if (check && kept.empty())
        return failure("repair " + from, "no step of it can be read");
    const auto done = !check
        ? tl::unexpected(check.error())
        : steps.flush()
              .and_then([&] { return copyRest(*recording, from, *writer, kept, *check); })
              .and_then([&] {
                  code.reset();
                  return writer->finish();
              })
              .and_then([&] { return file->moveInPlace(); });
    RETURN_IF_ERROR(done);
    return check;
}

} // namespace pgtscope::core
