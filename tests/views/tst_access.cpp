// SPDX-License-Identifier: GPL-2.0-or-later
// For who cannot see or cannot point: names on everything that paints itself, and a way to it by keyboard.
#include "tests/support/catch.h"

#include <memory>

#include <QAbstractItemModelTester>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QSet>
#include <QTabBar>
#include <QTest>
#include <QToolButton>

#include "tests/views/bufferstory.h"
#include "views/tables/tablesmodel.h"
#include "views/widgets/followingview.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"

using namespace pgtscope::tests;
using namespace pgtscope::views;

namespace {

struct Shown {
    Shown()
    {
        window.resize(1500, 900);
        window.document().setTimeline(story.document.timeline(), false);
        window.showViews();
        window.show();
        window.document().goTo(10);
        window.selection().select(placeOf(FrameNumber(0x3f02)));
        for (QWidget* view : window.docks().views())
            if (auto* following = qobject_cast<FollowingView*>(view))
                following->refresh();
    }
    ViewFixture story;
    MainWindow window;
};

/// What a screen reader has a word for by itself.
bool namesItself(const QWidget& widget)
{
    if (const auto* button = qobject_cast<const QAbstractButton*>(&widget))
        return !button->text().isEmpty() || !button->accessibleName().isEmpty();
    return false;
}

void collect(const QMenu& menu, QSet<const QAction*>& actions)
{
    for (const QAction* action : menu.actions()) {
        actions.insert(action);
        if (action->menu())
            collect(*action->menu(), actions);
    }
}

} // namespace

TEST_CASE("everything that takes the keyboard has a name")
{
    Shown shown;
    for (QWidget* view : shown.window.docks().views())
        for (QWidget* widget : view->findChildren<QWidget*>()) {
            const bool inside = QLatin1String(widget->metaObject()->className())
                                    .startsWith(QLatin1String("QComboBoxListView"))
                || qobject_cast<QLabel*>(widget) || widget->objectName().startsWith("qt_")
                || qobject_cast<QComboBox*>(widget->parentWidget())
                || qobject_cast<QAbstractSpinBox*>(widget->parentWidget());
            if (widget->focusPolicy() == Qt::NoFocus || inside || namesItself(*widget))
                continue;
            CAPTURE(view->objectName().toStdString(), widget->metaObject()->className(),
                widget->objectName().toStdString());
            CHECK_FALSE(widget->accessibleName().isEmpty());
        }
}

TEST_CASE("widgets that paint themselves have a name and say what they show")
{
    Shown shown;
    for (const char* name : {"frameMap", "frameLegend", "argumentPicture", "argumentLegend", "pgtBufStrip",
             "linearBands", "entryBits", "timelineStrip"}) {
        CAPTURE(name);
        auto* widget = shown.window.findChild<QWidget*>(QLatin1String(name));
        REQUIRE(widget);
        CHECK_FALSE(widget->accessibleName().isEmpty());
        CHECK_FALSE(widget->accessibleDescription().isEmpty());
    }
}

TEST_CASE("Tab reaches everything in a view that takes the keyboard")
{
    Shown shown;
    for (QWidget* view : shown.window.docks().views()) {
        CAPTURE(view->objectName().toStdString());
        bool any = false;
        for (QWidget* widget : view->findChildren<QWidget*>())
            any = any || (widget->focusPolicy() & Qt::TabFocus) != 0;
        CHECK(any);
        for (const QToolButton* button : view->findChildren<QToolButton*>())
            if (!button->objectName().startsWith("qt_") && !qobject_cast<QLineEdit*>(button->parentWidget())
                && !qobject_cast<QTabBar*>(button->parentWidget()))
                CHECK((button->focusPolicy() & Qt::TabFocus) != 0);
    }
}

TEST_CASE("every action stands in a menu or has a key")
{
    Shown shown;
    QSet<const QAction*> inMenus;
    for (const QAction* top : shown.window.menuBar()->actions())
        if (top->menu())
            collect(*top->menu(), inMenus);
    for (const ActionRow& row : actionTable()) {
        CAPTURE(row.text);
        CHECK((inMenus.contains(&shown.window.action(row.id)) || *row.shortcut != 0));
    }
}

TEST_CASE("every model keeps the rules of models while steps go by")
{
    Shown shown;
    std::vector<std::unique_ptr<QAbstractItemModelTester>> testers;
    QStringList classes;
    for (QAbstractItemModel* model : shown.window.findChildren<QAbstractItemModel*>()) {
        // Models of Qt's own, such as a completer's, are Qt's to test.
        if (!QLatin1String(model->metaObject()->className()).startsWith(QLatin1String("pgtscope::")))
            continue;
        // A tester fetches rows from within the reset that tells it of a new step; the model of the tables
        // has a test of its own that spares it that.
        if (qobject_cast<TablesModel*>(model))
            continue;
        classes += QLatin1String(model->metaObject()->className());
        testers.push_back(std::make_unique<QAbstractItemModelTester>(
            model, QAbstractItemModelTester::FailureReportingMode::Fatal));
    }
    for (const char* name :
        {"pgtscope::views::StepsModel", "pgtscope::views::FindingsModel", "pgtscope::views::FindingsFilter",
            "pgtscope::views::GridModel", "pgtscope::views::MappingsModel"})
        CHECK(classes.contains(QLatin1String(name)));
    for (const quint64 step : std::initializer_list<quint64>{0, 3, 13, 10}) {
        shown.window.document().goTo(step);
        for (const pgtscope::core::FrameNumber frame : {FrameNumber(0x3f02), FrameNumber(0x3f14)})
            shown.window.selection().select(placeOf(frame));
    }
    CHECK(shown.window.document().step() == 10);
}
