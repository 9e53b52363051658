// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/pageexport.h"

#include <sstream>

#include <QSaveFile>

#include "app/pgt/resources.h"
#include "core/report/storyhtml.h"

namespace pgtscope::app {

PageExport::PageExport(const QString& recording, const QString& page, QObject* parent)
    : QObject(parent)
    , m_recording(recording)
    , m_page(page)
{
}

PageExport::~PageExport()
{
    m_cancel.cancel();
    if (m_thread)
        m_thread->wait();
}

void PageExport::start()
{
    m_thread.reset(QThread::create([this] { emit finished(write()); }));
    m_thread->start();
}

QString PageExport::write()
{
    const auto timeline = core::Timeline::open(m_recording.toStdString());
    if (!timeline)
        return QString::fromStdString(timeline.error().message());
    const auto annotations = (*timeline)->annotations();
    if (!annotations)
        return QString::fromStdString(annotations.error().message());
    core::StoryPageOptions options;
    options.page = pgt::storyPage();
    options.maker = "pgtscope " PGTSCOPE_VERSION;
    options.to = (*timeline)->size() - 1;
    options.progress
        = [this](std::string_view, std::uint64_t done, std::uint64_t total) { emit progressed(done, total); };
    options.cancel = &m_cancel;
    // At most 64 MiB, which writeStoryHtml() sees to.
    std::ostringstream text;
    if (const auto done = core::writeStoryHtml(text, **timeline, *annotations, options); !done)
        return QString::fromStdString(done.error().message());
    QSaveFile file(m_page);
    const std::string bytes = std::move(text).str();
    if (!file.open(QIODevice::WriteOnly)
        || file.write(bytes.data(), static_cast<qint64>(bytes.size())) != static_cast<qint64>(bytes.size())
        || !file.commit())
        return QStringLiteral("Could not write %1: %2").arg(m_page, file.errorString());
    return {};
}

} // namespace pgtscope::app
