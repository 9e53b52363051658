// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/exercises/exercisetext.h"

#include "core/base/numbers.h"
#include "core/exercises/pathtext.h"
#include "core/recording/recordingwriter.h"
#include "core/report/markdown.h"
#include "core/rules/findingtext.h"
#include "core/walk/translation.h"

namespace pgtscope::core {

namespace {

std::string padded(std::string text, std::size_t width)
{
    text.insert(0, width > text.size() ? width - text.size() : 0, ' ');
    return text;
}

/// "-> table 0x5000  RW sup X": what an entry says.
std::string meaningText(const Paging& paging, const Entry& entry)
{
    if (!entry.present())
        return "P clear: not present";
    const std::string what = entry.isTable() ? "table"
        : entry.level == 1                   ? "page"
                                             : sizeText(paging.span(entry.level));
    return "-> " + what + ' ' + hexText(entry.target.value) + "  " + rightsText(entry.rights);
}

std::string entryLine(const Paging& paging, const EntryAt& at)
{
    return "  " + padded('[' + std::to_string(at.index) + ']', 5) + ' '
        + padded(hexText(at.address.value), 10) + "  " + hexText(at.entry.raw, 16) + "  "
        + meaningText(paging, at.entry) + '\n';
}

std::string headingText(const Snapshot& snapshot, const Table& table)
{
    std::string text
        = tableName(snapshot.paging(), table.level) + " in frame " + hexText(table.frame().value);
    if (table.address == snapshot.root())
        return text + " (CR3)";
    return table.origin == TableOrigin::Detached ? text + " (detached: no entry leads to it)" : text;
}

} // namespace

std::string tablesText(const Snapshot& snapshot)
{
    std::string text;
    for (const Table& table : snapshot.tables()) {
        text += headingText(snapshot, table) + '\n';
        for (const EntryAt& at : table.allEntries(snapshot.paging()))
            if (at.entry.raw != 0)
                text += entryLine(snapshot.paging(), at);
    }
    return text;
}

std::string storesText(const Exercise& exercise)
{
    std::string text;
    for (std::size_t number = 1; number < exercise.steps().size(); ++number) {
        const ExerciseStep& step = exercise.steps()[number];
        const auto held = entryHeldAt(*step.tables, step.store->address);
        const Paging& paging = step.tables->paging();
        text += "store " + padded(std::to_string(number), 2) + "  "
            + padded(hexText(step.store->address.value), 10) + "  " + hexText(step.store->before, 16) + " -> "
            + hexText(step.store->after, 16) + "  "
            + (held ? meaningText(paging, held->entry) : std::string()) + '\n';
    }
    return text;
}

std::string exerciseText(const Exercise& exercise)
{
    const ExerciseKind& kind = exercise.kind();
    std::string text = std::string(kind.title) + "  (" + std::string(kind.name) + ", seed "
        + std::to_string(exercise.seed()) + ")\n\n" + markdownPlain(exercise.question()) + '\n'
        + tablesText(exercise.tables());
    if (const std::string stores = storesText(exercise); !stores.empty())
        text += '\n' + stores;
    return text + "\nAnswer with " + std::string(kind.formText) + ":\n    pgt exercise "
        + std::string(kind.name) + " --seed " + std::to_string(exercise.seed()) + " --answer ...\n";
}

namespace {

Step recordedStep(const Exercise& exercise, std::size_t number)
{
    Step step;
    step.cause = number == 0 ? StepCause::Start : StepCause::TableWrite;
    step.time = number;
    step.text = number == 0 ? std::string(exercise.kind().title) : "store " + std::to_string(number);
    return step;
}

} // namespace

Result<void> writeExerciseRecording(
    const Exercise& exercise, const std::string& path, const std::string& maker)
{
    GuestDescription guest;
    guest.guest
        = "exercise " + std::string(exercise.kind().name) + ", seed " + std::to_string(exercise.seed());
    guest.granularity = "write";
    guest.recorder = maker;
    ASSIGN_OR_RETURN(const auto writer, RecordingWriter::create(path, guest));
    for (std::size_t number = 0; number < exercise.steps().size(); ++number) {
        const ExerciseStep& step = exercise.steps()[number];
        RETURN_IF_ERROR(writer->append(recordedStep(exercise, number), step.tables));
    }
    RETURN_IF_ERROR(writer->finish());
    return changeAnnotations(
        path, {}, {{0, AnnotationKind::Chapter, std::string(exercise.kind().title), exercise.question()}});
}

} // namespace pgtscope::core
