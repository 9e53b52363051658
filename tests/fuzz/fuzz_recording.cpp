// SPDX-License-Identifier: GPL-2.0-or-later
// A recording as a file, through SQLite; fuzz_records is what is behind its hashes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

#include "core/recording/annotations.h"
#include "core/recording/recording.h"
#include "core/steps/diff.h"

namespace {

using namespace pgtscope::core;

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
        (void)(*recording)->code(n);
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
    static const std::string path
        = (std::filesystem::temp_directory_path() / ("fuzz-" + std::to_string(::getpid()) + ".pgtrec"))
              .string();
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    readFile(path);
    std::filesystem::remove(path);
    return 0;
}
