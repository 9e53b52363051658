// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tests/core/bootstory.h"

namespace pgtscope::tests {

/// A boot at the grain of single stores: stops, and between them stores of four functions, function_0 to
/// function_3, some of which change nothing; tables appear, are filled, hooked and unhooked.
class MixedStory {
public:
    explicit MixedStory(unsigned seed)
        : m_story(seed)
    {
    }

    void appendStops(RecordingWriter& writer, unsigned count)
    {
        for (unsigned i = 0; i < count; ++i) {
            auto [step, snapshot] = m_story.next();
            step.cause = step.event.empty() ? step.cause : StepCause::BootEvent;
            if (const auto done = writer.append(step, snapshot); !done)
                throw std::runtime_error(done.error().message());
        }
    }

    void appendStores(RecordingWriter& writer, unsigned count)
    {
        std::vector<WriteStep> stores;
        for (unsigned i = 0; i < count; ++i) {
            stores.push_back(m_story.nextWrite());
            // The first functions are the busiest.
            const unsigned function = std::min(m_story.pick(4), m_story.pick(4));
            stores.back().change.writer->symbol = "function_" + std::to_string(function) + "+0x10";
            // The same value once more changes nothing.
            if (m_story.pick(4) == 0)
                stores.push_back(stores.back());
        }
        if (const auto done = writer.appendWrites(stores); !done)
            throw std::runtime_error(done.error().message());
    }

private:
    BootStory m_story;
};

inline void recordMixedStory(
    const std::string& path, unsigned seed, unsigned rounds = 12, unsigned stores = 20)
{
    auto writer = RecordingWriter::create(path, {});
    if (!writer)
        throw std::runtime_error(writer.error().message());
    MixedStory story(seed);
    story.appendStops(**writer, 8); // until there is a table to store into
    for (unsigned round = 0; round < rounds; ++round) {
        story.appendStops(**writer, 4);
        story.appendStores(**writer, stores);
    }
    if (const auto done = (*writer)->finish(); !done)
        throw std::runtime_error(done.error().message());
}

} // namespace pgtscope::tests
