// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <algorithm>

#include <QAction>
#include <QDir>
#include <QFile>
#include <QImage>
#include <QMenu>
#include <QSignalSpy>
#include <QStandardItemModel>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

#include <nlohmann/json.hpp>

#include "tests/support/gui/gui.h"
#include "tests/views/boothistory.h"
#include "views/window/dockarea.h"
#include "views/window/exportactions.h"
#include "views/window/exporttable.h"
#include "views/window/exportview.h"
#include "views/window/mainwindow.h"
#include "views/window/messagebar.h"

using namespace pgtscope::views;
using namespace pgtscope::tests;

namespace {

std::string contentOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll().toStdString() : std::string();
}

/// Exports and waits; what the export said in the end.
QString exported(QAbstractItemView& table, const QString& path)
{
    auto* work = new TableExport(table, path);
    QSignalSpy finished(work, &TableExport::finished);
    work->start();
    if (finished.isEmpty() && !finished.wait(60'000))
        return QStringLiteral("never finished");
    return finished.first().first().toString();
}

QList<QStandardItem*> row(const char* a, const char* b)
{
    return {new QStandardItem(QString::fromUtf8(a)), new QStandardItem(QString::fromUtf8(b))};
}

} // namespace

TEST_CASE("a table is written as it is shown: CSV with its headers, JSON with them as keys")
{
    const QTemporaryDir directory;
    QStandardItemModel model;
    model.setHorizontalHeaderLabels({"frame", "what, and why"});
    model.appendRow(row("0x10", "says \"no\""));
    model.appendRow(row("0x11", "two\nlines, \u2715"));
    QTableView table;
    table.setModel(&model);
    const QString csv = directory.filePath("t.csv");
    REQUIRE(exported(table, csv).isEmpty());
    CHECK(
        contentOf(csv) == "frame,\"what, and why\"\n0x10,\"says \"\"no\"\"\"\n0x11,\"two\nlines, \u2715\"\n");
    const QString json = directory.filePath("t.json");
    REQUIRE(exported(table, json).isEmpty());
    const auto rows = nlohmann::json::parse(contentOf(json));
    REQUIRE(rows.size() == 2);
    CHECK(rows[1]["what, and why"] == "two\nlines, \u2715");
}

TEST_CASE("of a tree what is unfolded is written, with its depth")
{
    const QTemporaryDir directory;
    QStandardItemModel model;
    model.setHorizontalHeaderLabels({"entry", "rights"});
    const auto top = row("PML4E 0", "RW");
    model.appendRow(top);
    top[0]->appendRow(row("PDPTE 3", "ro"));
    model.appendRow(row("PML4E 1", "RW"));
    QTreeView tree;
    tree.setModel(&model);
    const QString path = directory.filePath("t.csv");
    REQUIRE(exported(tree, path).isEmpty());
    CHECK(contentOf(path) == "depth,entry,rights\n0,PML4E 0,RW\n0,PML4E 1,RW\n");
    tree.expandAll();
    REQUIRE(exported(tree, path).isEmpty());
    CHECK(contentOf(path) == "depth,entry,rights\n0,PML4E 0,RW\n1,PDPTE 3,ro\n0,PML4E 1,RW\n");
}

TEST_CASE("a table that changes while it is written, or a place that nobody may write to, leaves no file")
{
    const QTemporaryDir directory;
    QStandardItemModel model(100'000, 3);
    QTableView table;
    table.setModel(&model);
    const QString path = directory.filePath("t.csv");
    auto* work = new TableExport(table, path);
    QSignalSpy finished(work, &TableExport::finished);
    work->start();
    model.clear();
    REQUIRE(finished.size() == 1);
    CHECK(finished.first().first().toString().contains("changed"));
    CHECK_FALSE(QFile::exists(path));
    CHECK_FALSE(exported(table, QStringLiteral("/nowhere/at/all.csv")).isEmpty());
}

TEST_CASE("every table of the window can be written, by its menu, and the timeline's as a whole")
{
    const BootHistory history(30);
    const QTemporaryDir directory;
    MainWindow window;
    window.show();
    REQUIRE(window.openRecording(history.path()));
    window.document().goTo(20);
    int tables = 0;
    for (QWidget* view : window.docks().views()) {
        for (QAbstractItemView* table : view->findChildren<QAbstractItemView*>()) {
            // The list that a box drops down is no table.
            if (table->inherits("QComboBoxListView"))
                continue;
            CAPTURE(view->objectName().toStdString(), table->objectName().toStdString());
            const QString path = directory.filePath(QString::number(++tables) + ".json");
            REQUIRE(exported(*table, path).isEmpty());
            CHECK(nlohmann::json::parse(contentOf(path)).is_array());
            if (!table->isVisible())
                continue;
            QMenu menu;
            window.exports().addToMenu(menu, *view);
            CHECK_FALSE(menu.isEmpty());
            // One for each table, and none for its headings.
            for (const QAction* action : menu.actions())
                CHECK(std::ranges::count(menu.actions(), action->text(), &QAction::text) == 1);
        }
    }
    CHECK(tables >= 6);
    auto* list = window.docks().view("timeline")->findChild<QTreeView*>();
    REQUIRE(list);
    list->setFocus();
    REQUIRE(window.exports().focusedTable() == list);
    const QString steps = directory.filePath("steps.csv");
    window.exports().writeTable(*list, steps);
    CHECK(QTest::qWaitFor([&] { return window.messages().text().contains("30 rows"); }, 60'000));
    const std::string text = contentOf(steps);
    CHECK(std::count(text.begin(), text.end(), '\n') == 31);
    CHECK(text.find("event_5") != std::string::npos);
}

TEST_CASE("a picture of each view shows what the view shows, as pixels and as lines")
{
    const BootHistory history(30);
    const QTemporaryDir directory;
    MainWindow window;
    window.resize(1600, 1000);
    window.show();
    REQUIRE(window.openRecording(history.path()));
    window.document().goTo(20);
    QTest::qWait(300);
    QDir().mkpath(QStringLiteral("screenshots"));
    const auto colours = [](const QImage& image) {
        std::set<QRgb> seen;
        for (int y = 0; y < image.height(); y += 3)
            for (int x = 0; x < image.width(); x += 3)
                seen.insert(image.pixel(x, y));
        return seen.size();
    };
    for (QWidget* view : window.docks().views()) {
        CAPTURE(view->objectName().toStdString());
        // A recording has no gdb to prompt for.
        if (view->objectName() == "consoleView")
            continue;
        const QString name = directory.filePath(view->objectName());
        REQUIRE(exportView(*view, name + ".png").has_value());
        REQUIRE(exportView(*view, name + ".svg").has_value());
        const QImage png(name + ".png");
        CHECK(png.size() == view->size() * 2);
        CHECK(colours(png) >= 3);
        // Read again by Qt's plugin for SVG, as any other program would draw it.
        const QImage drawn(name + ".svg");
        REQUIRE_FALSE(drawn.isNull());
        CHECK(colours(drawn) >= 3);
        CHECK(drawn.save(QStringLiteral("screenshots/export-%1.png").arg(view->objectName())));
    }
}
