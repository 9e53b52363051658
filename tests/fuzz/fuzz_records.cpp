// SPDX-License-Identifier: GPL-2.0-or-later
// What a recording holds, record by record: steps as chunks and keyframes have them, pages and symbols; past
// SQLite and the hashes, thousands of times a second.
#include <array>
#include <cstring>
#include <string>

#include "core/recording/compression.h"
#include "core/recording/recordedstate.h"
#include "core/recording/symbolstore.h"
#include "core/steps/diff.h"
#include "core/walk/runs.h"
#include "core/walk/translation.h"
#include "tests/fuzz/input.h"

using namespace pgtscope::core;
using pgtscope::fuzz::Input;
using pgtscope::fuzz::require;

namespace {

constexpr std::size_t budget = std::size_t{16} << 20;

/// Pages whose entries lead to each other; every seventh is not there.
Result<TablePagePtr> anyPage(PageId id)
{
    if (id % 7 == 6)
        return failure("read a page", "it is not there");
    auto page = std::make_shared<TablePage>();
    for (std::size_t i = 0; i < page->words.size(); ++i)
        page->words[i] = i % 3 == 0 ? 0 : (id + i) % 64 * frameBytes + (i % 5 == 0 ? 0xe3 : 0x67);
    return page;
}

CodecContext contextOf(std::uint32_t format)
{
    CodecContext context;
    context.format = format;
    context.budget = budget;
    return context;
}

/// A record that was read is written so that it reads the same.
void checkRoundTrip(const StepRecord& record)
{
    // Formats 1 and 2 have a buffer that no newer record can hold.
    if (record.delta.pgtBufOfMachine)
        return;
    Packer once;
    CodecContext writing;
    encodeStep(record, writing, once);
    Unpacker in(once.view());
    CodecContext reading = contextOf(recordingFormat);
    const auto again = decodeStep(in, reading);
    require(again && in.atEnd());
    Packer twice;
    CodecContext writingAgain;
    encodeStep(*again, writingAgain, twice);
    require(std::ranges::equal(once.view(), twice.view()));
}

/// What a reader does with the tables of a step.
void lookAt(const Snapshot& snapshot)
{
    RunOptions options;
    options.maxRuns = 256;
    std::array<LinearAddress, 4> places{};
    std::size_t known = 0;
    forEachRun(snapshot, options, [&](const Run& run) {
        places[known++ % places.size()] = run.begin;
        return true;
    });
    for (const LinearAddress place : places)
        require(translate(snapshot, place).steps.size() <= 5);
}

void replay(Input& input, std::uint32_t format)
{
    Unpacker in(input.restBytes());
    CodecContext context = contextOf(format);
    RecordedState state;
    SnapshotPtr last;
    DiffOptions options;
    options.maxVisits = 10'000;
    for (int i = 0; i < 64 && !in.atEnd(); ++i) {
        const auto record = decodeStep(in, context);
        if (!record)
            return;
        checkRoundTrip(*record);
        if (!state.apply(*record, anyPage))
            return;
        const auto snapshot = state.snapshot();
        if (!snapshot)
            continue;
        lookAt(**snapshot);
        if (last)
            (void)diffSnapshots(*last, **snapshot, options);
        last = *snapshot;
    }
}

void readPage(Input& input)
{
    TablePage page{};
    const auto rest = input.restBytes();
    std::memcpy(page.words.data(), rest.data(), std::min(rest.size(), sizeof page.words));
    const auto same = decompressPage(compressPage(page));
    require(same && **same == page);
    (void)decompressPage(rest);
    (void)decompress(rest, 4096);
}

void readSymbols(Input& input)
{
    const auto symbols = unpackSymbols(input.restBytes());
    if (!symbols)
        return;
    const auto again = unpackSymbols(packSymbols(*symbols));
    require(again && again->size() == symbols->size());
}

} // namespace

/// The first byte is the format of records, or 'p' for a page or 's' for symbols.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Input input(data, size);
    const std::uint8_t kind = input.byte();
    if (kind == 'p')
        readPage(input);
    else if (kind == 's')
        readSymbols(input);
    else
        replay(input, oldestRecordingFormat + (kind - '1') % (recordingFormat - oldestRecordingFormat + 1));
    return 0;
}
