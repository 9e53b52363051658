// SPDX-License-Identifier: GPL-2.0-or-later
// Pictures of the window and of each view on the shipped recordings, for a person to look at. They stand in
// screenshots/ below the test's working directory; run with QT_SCALE_FACTOR=2 they have "-2x" in their names.
#include <catch2/catch.hpp>

#include <QDir>
#include <QFile>
#include <QImage>
#include <QTemporaryDir>
#include <QTest>

#include "testpaths.h"
#include "views/timeline/stepsampler.h"
#include "views/timeline/timelineview.h"
#include "views/widgets/followingview.h"
#include "views/widgets/theme.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"

using namespace pgtscope;
using namespace pgtscope::views;

namespace {

struct Scene {
    const char* recording;
    core::StepNumber step;
    Place place;
};

/// The steps that the narrations speak of.
std::vector<Scene> scenes()
{
    Place lost;
    lost.frame = core::FrameNumber(0x437eb);
    lost.entry = core::PhysicalAddress(0x437ea000 + 491 * 8);
    lost.level = 1;
    Place direct;
    direct.linear = core::LinearAddress(0xffff888000000000);
    Place buffer;
    buffer.linear = core::LinearAddress(0xffff888004401000);
    return {{"lab-buffer-high", ~0ULL, lost}, {"lab-buffer-low", 20, {}}, {"debian-boot", 30, direct},
        {"xen-dom0-boot", ~0ULL, buffer}};
}

/// A window on a copy of a shipped recording: what a test writes there is its own.
class Shown {
public:
    Shown(const Scene& scene, QSize size)
    {
        const QString name = QLatin1String(scene.recording) + QStringLiteral(".pgtrec");
        const QString copy = m_directory.filePath(name);
        QFile::copy(
            QLatin1String(test::projectDirectory) + QStringLiteral("/resources/walkthroughs/") + name, copy);
        window.resize(size);
        window.show();
        REQUIRE(window.openRecording(copy));
        window.document().goTo(scene.step);
        window.selection().select(scene.place);
        dynamic_cast<TimelineView&>(*window.docks().view(QStringLiteral("timeline"))).sampler().finish();
        QCoreApplication::processEvents();
    }

    MainWindow window;

private:
    QTemporaryDir m_directory;
};

/// True if the picture was written and is no single plane of one colour.
bool photograph(QWidget& widget, const QString& name)
{
    QDir().mkpath(QStringLiteral("screenshots"));
    const QPixmap picture = widget.grab();
    const QString scale = picture.devicePixelRatio() > 1 ? QStringLiteral("-2x") : QString();
    const QString theme = Theme::instance().dark() ? QStringLiteral("dark") : QStringLiteral("light");
    const QImage image = picture.toImage();
    const QRgb corner = image.pixel(0, 0);
    bool plain = true;
    for (int y = 0; plain && y < image.height(); ++y)
        for (int x = 0; plain && x < image.width(); ++x)
            plain = image.pixel(x, y) == corner;
    return !plain && picture.save(QStringLiteral("screenshots/%1-%2%3.png").arg(name, theme, scale));
}

} // namespace

TEST_CASE("pictures of the window on the shipped recordings, dark and light, small and large")
{
    for (const Scene& scene : scenes())
        for (const bool dark : {true, false})
            for (const QSize size : {QSize(1280, 800), QSize(1920, 1080)}) {
                Theme::instance().apply(dark);
                Shown shown(scene, size);
                CHECK(photograph(shown.window,
                    QStringLiteral("%1-%2").arg(QLatin1String(scene.recording)).arg(size.width())));
            }
    Theme::instance().apply(true);
}

TEST_CASE("pictures of each view by itself, dark and light")
{
    for (const Scene& scene : scenes())
        for (const bool dark : {true, false}) {
            Theme::instance().apply(dark);
            Shown shown(scene, {1280, 800});
            for (QWidget* view : shown.window.docks().views()) {
                view->setParent(nullptr);
                view->resize(760, 520);
                view->show();
                QCoreApplication::processEvents();
                CHECK(photograph(
                    *view, QStringLiteral("%1-%2").arg(QLatin1String(scene.recording), view->objectName())));
                view->setParent(&shown.window.docks());
            }
        }
    Theme::instance().apply(true);
}
