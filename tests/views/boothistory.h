// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <QTemporaryDir>

#include "core/timeline/timeline.h"
#include "tests/core/bootstory.h"

namespace pgtscope::tests {

/// A finished recording of a made-up boot, as a file and as a timeline.
class BootHistory {
public:
    explicit BootHistory(unsigned steps, unsigned writes = 0)
    {
        m_path = m_directory.filePath(QStringLiteral("boot.pgtrec"));
        auto writer = RecordingWriter::create(m_path.toStdString(), {});
        if (!writer)
            throw std::runtime_error(writer.error().message());
        BootStory story(7);
        for (unsigned i = 0; i < steps; ++i) {
            auto [step, snapshot] = story.next();
            if (i % 5 == 0) {
                step.cause = StepCause::BootEvent;
                step.event = "event_" + std::to_string(i);
            }
            if (!(*writer)->append(step, snapshot))
                throw std::runtime_error("append");
        }
        std::vector<WriteStep> stores;
        for (unsigned i = 0; i < writes; ++i)
            stores.push_back(story.nextWrite());
        if (!stores.empty() && !(*writer)->appendWrites(stores))
            throw std::runtime_error("appendWrites");
        (*writer)->setSymbols(std::vector<Symbol>{{LinearAddress(0xffffffff81000000), "_text", 'T'},
                                  {LinearAddress(0xffffffff81000100), "alloc_low_pages", 'T'}},
            0);
        if (!(*writer)->finish())
            throw std::runtime_error("finish");
    }

    const QString& path() const { return m_path; }
    std::shared_ptr<Timeline> open() const { return Timeline::open(m_path.toStdString()).value(); }

private:
    QTemporaryDir m_directory;
    QString m_path;
};

} // namespace pgtscope::tests
