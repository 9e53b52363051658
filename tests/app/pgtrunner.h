// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "app/pgt/command.h"
#include "tests/core/bootstory.h"
#include "tests/support/temporarydirectory.h"

namespace pgtscope::tests {

struct PgtRun {
    int status = -1;
    std::string out;
};

/// Runs a command line in this process; its exit status.
inline int runWords(std::vector<std::string> words)
{
    words.insert(words.begin(), "pgt");
    std::vector<char*> arguments;
    for (std::string& word : words)
        arguments.push_back(word.data());
    return pgt::runCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

/// The same, and keeps what it prints.
inline PgtRun runPgt(const std::vector<std::string>& words)
{
    std::ostringstream out;
    std::streambuf* const before = std::cout.rdbuf(out.rdbuf());
    const int status = runWords(words);
    std::cout.rdbuf(before);
    return {status, out.str()};
}

/// A finished recording of `steps` steps of a BootStory, in a directory of its own.
class StoryFile {
public:
    explicit StoryFile(unsigned steps, unsigned seed = 7)
    {
        core::GuestDescription guest;
        guest.guest = "story";
        guest.granularity = "pgt_buf";
        auto writer = core::RecordingWriter::create(path(), guest).value();
        BootStory story(seed);
        for (unsigned i = 0; i < steps; ++i) {
            const auto [step, snapshot] = story.next();
            if (!writer->append(step, snapshot))
                throw std::runtime_error("append failed");
        }
        const std::vector<core::Symbol> symbols{
            {core::LinearAddress(0xffffffff81000000), "alloc_low_pages", 'T'},
            {core::LinearAddress(0xffffffff81000100), "init_mem_mapping", 'T'}};
        if (!writer->setSymbols(symbols, 0) || !writer->finish())
            throw std::runtime_error("finish failed");
    }
    std::string path() const { return (m_directory / "story.pgtrec").string(); }
    std::string beside(const std::string& name) const { return (m_directory / name).string(); }

private:
    test::TemporaryDirectory m_directory;
};

} // namespace pgtscope::tests
