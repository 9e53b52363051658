// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QAction>
#include <QTemporaryDir>

#include "tests/core/isolatedguest.h"
#include "views/mappings/mappingsmodel.h"
#include "views/model/document.h"
#include "views/tables/tablesmodel.h"
#include "views/window/mainwindow.h"

using namespace pgtscope;
using namespace pgtscope::tests;
using namespace pgtscope::views;

namespace {

/// A recording of one stop with both halves, and one of a guest that does not use KPTI.
class Halves {
public:
    Halves()
    {
        IsolatedGuest guest;
        guest.set(0x11000, 0, 0x16000 | rw);
        guest.set(0x16000, 0, 0x17000 | rw);
        guest.set(0x17000, 0, 0x20000 | p);
        Guest plain(PagingMode::Level4);
        record(path(), {guest.both(), plain.capture()});
    }
    std::shared_ptr<Timeline> open() const { return Timeline::open(path()).value(); }
    std::string path() const { return m_directory.filePath(QStringLiteral("halves.pgtrec")).toStdString(); }

private:
    QTemporaryDir m_directory;
};

QStringList rootsOf(TablesModel& model)
{
    model.fetchMore({});
    QStringList roots;
    for (int row = 0; row < model.rowCount(); ++row)
        roots += model.index(row, TablesModel::Index).data().toString();
    return roots;
}

} // namespace

TEST_CASE("Tables has the root of each half of KPTI, and addresses of the other half lead nowhere by mistake")
{
    const Halves halves;
    Document document;
    document.setTimeline(halves.open(), false);
    document.goTo(0);
    TablesModel model;
    model.setState(document.state(), {});
    CHECK(rootsOf(model) == QStringList{"PML4 of KPTI's kernel half", "PML4 of KPTI's user half"});
    const QModelIndex user = model.index(1, 0);
    model.fetchMore(user);
    REQUIRE(model.rowCount(user) == 2);
    CHECK_FALSE(model.placeAt(model.index(0, 0, user)).linear);
    CHECK(model.placeAt(model.index(0, 0, user)).entry == PhysicalAddress(IsolatedGuest::userRoot));
}

TEST_CASE("A step can be shown from either half of KPTI")
{
    const Halves halves;
    Document document;
    document.setTimeline(halves.open(), false);
    document.goTo(0);
    CHECK(document.state()->snapshot()->root() == PhysicalAddress(IsolatedGuest::kernelRoot));
    document.showOtherHalf(true);
    CHECK(document.state()->snapshot()->root() == PhysicalAddress(IsolatedGuest::userRoot));
    // What has one root only is shown from there.
    document.goTo(1);
    CHECK(document.state()->snapshot()->root() == PhysicalAddress(0x1000));
    document.goTo(0);
    CHECK(document.state()->snapshot()->root() == PhysicalAddress(IsolatedGuest::userRoot));
    document.showOtherHalf(false);
    CHECK(document.state()->snapshot()->root() == PhysicalAddress(IsolatedGuest::kernelRoot));
}

TEST_CASE("Who maps a frame says which mappings are in the half that is not shown")
{
    const Halves halves;
    Document document;
    document.setTimeline(halves.open(), false);
    document.goTo(0);
    MappingsModel model;
    model.setMappings(document.state(), judgedMappings(*document.state(), FrameNumber(0x20)).list);
    REQUIRE(model.rowCount() == 1);
    CHECK(model.index(0, 0).data().toString() == "0xfffffe0000000000 in KPTI's user half");
}

TEST_CASE("The window's menu shows the other half where there is one, and says why not elsewhere")
{
    const Halves halves;
    MainWindow window;
    window.openRecording(QString::fromStdString(halves.path()));
    QAction& action = window.action(ActionId::OtherHalf);
    window.document().goTo(0);
    CHECK(action.isEnabled());
    action.trigger();
    CHECK(window.document().state()->snapshot()->root() == PhysicalAddress(IsolatedGuest::userRoot));
    CHECK(action.isChecked());
    window.document().goTo(1);
    CHECK_FALSE(action.isEnabled());
    CHECK(action.toolTip().contains("one root only"));
}
