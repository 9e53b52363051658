// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/pageexport.h"

#include "app/manual/resources.h"
#include "core/recording/output.h"
#include "core/report/storyhtml.h"

namespace pgtscope::app {

PageExport::PageExport(const QString& recording, const QString& page, QObject* parent)
    : QObject(parent)
    , m_recording(recording)
    , m_page(page)
{
}

void PageExport::start()
{
    m_task.start([this](const core::CancelFlag& cancel) { emit finished(write(cancel)); });
}

QString PageExport::write(const core::CancelFlag& cancel)
{
    const auto timeline = core::Timeline::open(m_recording.toStdString());
    if (!timeline)
        return QString::fromStdString(timeline.error().message());
    const auto annotations = (*timeline)->annotations();
    if (!annotations)
        return QString::fromStdString(annotations.error().message());
    core::StoryPageOptions options;
    options.page = storyPage();
    options.maker = "pgtscope " PGTSCOPE_VERSION;
    options.to = (*timeline)->size() - 1;
    options.progress
        = [this](std::string_view, std::uint64_t done, std::uint64_t total) { emit progressed(done, total); };
    options.cancel = &cancel;
    // The file dialog has asked for the name, and whether to replace an existing file.
    const auto done = core::writeOutput(m_page.toStdString(), core::Existing::Replace,
        [&](std::ostream& out) { return core::writeStoryHtml(out, **timeline, *annotations, options); });
    return done ? QString() : QString::fromStdString(done.error().message());
}

} // namespace pgtscope::app
