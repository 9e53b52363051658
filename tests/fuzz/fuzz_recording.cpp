// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

#include "core/recording/annotations.h"
#include "core/recording/recordedstate.h"
#include "core/recording/recording.h"
#include "core/steps/diff.h"

namespace {

using namespace pgtscope::core;

/// Pages that are tables of themselves, whatever their number.
Result<TablePagePtr> anyPage(PageId id)
{
    auto page = std::make_shared<TablePage>();
    for (std::size_t i = 0; i < page->words.size(); ++i)
        page->words[i] = id * frameBytes + i % 8;
    return page;
}

/// The input as the records of a chunk: reaches decoder and replay past SQLite and the hashes.
void replayRecords(ByteView bytes)
{
    Unpacker in(bytes);
    CodecContext context;
    context.budget = std::size_t{16} << 20;
    RecordedState state;
    SnapshotPtr last;
    DiffOptions options;
    options.maxVisits = 100'000;
    for (int i = 0; i < 64 && !in.atEnd(); ++i) {
        const auto record = decodeStep(in, context);
        if (!record || !state.apply(*record, anyPage))
            return;
        const auto snapshot = state.snapshot();
        if (!snapshot)
            continue;
        if (last)
            (void)diffSnapshots(*last, **snapshot, options);
        last = *snapshot;
    }
}

void readFile(const std::string& path)
{
    auto recording = Recording::open(path);
    if (!recording)
        return;
    SnapshotPtr last;
    const StepNumber steps = std::min<StepNumber>((*recording)->size(), 64);
    for (StepNumber n = 0; n < steps; ++n) {
        (void)(*recording)->step(n);
        (void)(*recording)->changes(n);
        const auto snapshot = (*recording)->snapshot(n);
        if (!snapshot)
            continue;
        DiffOptions options;
        options.maxVisits = 100'000;
        if (last)
            (void)diffSnapshots(*last, **snapshot, options);
        last = *snapshot;
    }
    (void)(*recording)->symbols();
    (void)loadAnnotations(path);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const auto bytes = std::as_bytes(std::span(data, size));
    if (data[0] != 'S') {
        replayRecords(bytes);
        return 0;
    }
    static const std::string path
        = (std::filesystem::temp_directory_path() / ("fuzz-" + std::to_string(::getpid()) + ".pgtrec"))
              .string();
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    readFile(path);
    std::filesystem::remove(path);
    return 0;
}
