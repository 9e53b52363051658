// SPDX-License-Identifier: GPL-2.0-or-later
// What an earlier version left in the user's settings and beside his recordings: it opens, and nothing of it
// is lost.
#include "tests/support/catch.h"

#include <QCryptographicHash>
#include <QDockWidget>
#include <QFile>
#include <QMainWindow>
#include <QSettings>

#include "tests/views/boothistory.h"
#include "views/filters/colourrules.h"
#include "views/start/startpage.h"
#include "views/timeline/timelineview.h"
#include "views/window/mainwindow.h"

using namespace pgtscope::views;
using namespace pgtscope::tests;

namespace {

/// A settings file as 0.1.0 wrote it, in place of the tests' own until the end.
class Settings010 {
public:
    explicit Settings010(const QString& recording)
        : m_file(QSettings().fileName())
    {
        // Its docks, at its version of the layout, which is not this one's.
        QMainWindow window;
        for (const char* id : {"tables", "frames", "findings", "timeline", "entry", "cpu", "code"}) {
            auto* dock = new QDockWidget(&window);
            dock->setObjectName(QLatin1String(id));
            window.addDockWidget(Qt::LeftDockWidgetArea, dock);
        }
        QSettings settings;
        settings.clear();
        settings.setValue(QStringLiteral("window/layout"), window.saveState(3));
        settings.setValue(QStringLiteral("window/layoutShared"), true);
        settings.setValue(QStringLiteral("window/geometry"), window.saveGeometry());
        settings.setValue(QStringLiteral("window/grain"), 1);
        settings.sync();
        QFile file(m_file);
        REQUIRE(file.open(QIODevice::Append));
        const QByteArray path = QFile::encodeName(recording);
        file.write("\n[start]\nrecent=" + path
            + ", /gone/with/its/directory.pgtrec\n"
              "connections=\"unix:/tmp/guest.sock\", \"127.0.0.1:1234\"\n"
              "\n[colourRules]\n1\\name=Mine\n1\\filter=eff.rw and not eff.nx\n1\\colour=#ff0000\n1\\mark=w\n"
              "1\\on=true\n2\\name=Off\n2\\filter=level == "
              "2\n2\\colour=#00ff00\n2\\mark=\n2\\on=false\nsize=2\n"
              "\n[console]\nhistory=info registers, x/4i $pc\n"
              "\n[bookmarks]\n"
            + QCryptographicHash::hash(path, QCryptographicHash::Sha1).toHex() + "=3, 7\n");
    }
    ~Settings010()
    {
        QFile::remove(m_file);
        QSettings().clear();
    }
    Settings010(const Settings010&) = delete;
    Settings010& operator=(const Settings010&) = delete;

private:
    QString m_file;
};

} // namespace

TEST_CASE(
    "settings of 0.1.0 open: recent files, connections, colour rules, bookmarks; the layout begins anew")
{
    const BootHistory history(30);
    const Settings010 settings(history.path());
    MainWindow window;
    window.show();
    const auto* page = window.findChild<StartPage*>();
    REQUIRE(page);
    CHECK(page->recent() == QStringList{history.path(), QStringLiteral("/gone/with/its/directory.pgtrec")});
    CHECK(page->connections()
        == QStringList{QStringLiteral("unix:/tmp/guest.sock"), QStringLiteral("127.0.0.1:1234")});

    REQUIRE(window.openRecording(history.path()));
    // What this version shows first is there, wherever the docks of the earlier one were.
    const auto* timeline = window.findChild<TimelineView*>();
    REQUIRE(timeline);
    CHECK(timeline->isVisible());
    CHECK(timeline->width() > 200);
    CHECK(timeline->bookmarks() == QSet<quint64>{3, 7});

    const std::vector<ColourRule> rules = ColourRules::stored();
    REQUIRE(rules.size() == 2);
    CHECK(rules[0].name == "Mine");
    CHECK(rules[0].filter == "eff.rw and not eff.nx");
    CHECK(rules[0].on);
    CHECK_FALSE(rules[1].on);
}
