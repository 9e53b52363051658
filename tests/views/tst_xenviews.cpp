// SPDX-License-Identifier: GPL-2.0-or-later
// What the views show of a domain of Xen: machine frames with the guest's own numbers beside them, the
// domain, its ring and its true root, and Xen's slots as Xen's. On the shipped recordings, against core.
#include "tests/support/catch.h"

#include <QDockWidget>
#include <QFile>
#include <QLabel>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

#include "core/base/numbers.h"
#include "core/frames/framesummary.h"
#include "core/model/xenlayout.h"
#include "testpaths.h"
#include "views/address/linearbands.h"
#include "views/address/linearspaceview.h"
#include "views/cpu/cpufacts.h"
#include "views/entry/entryview.h"
#include "views/filters/filteredit.h"
#include "views/findings/findinghtml.h"
#include "views/findings/findingsmodel.h"
#include "views/findings/findingsview.h"
#include "views/frames/framemap.h"
#include "views/frames/framematches.h"
#include "views/frames/framesview.h"
#include "views/model/placelink.h"
#include "views/pgtbuf/pgtbufpage.h"
#include "views/pgtbuf/pgtbufview.h"
#include "views/tables/tablesmodel.h"
#include "views/tables/tablesview.h"
#include "views/timeline/differencesmodel.h"
#include "views/timeline/stepsearch.h"
#include "views/timeline/timelineview.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"
#include "views/window/dockarea.h"
#include "views/window/gotobox.h"
#include "views/window/mainwindow.h"
#include "views/window/messagebar.h"

using namespace pgtscope;
using namespace pgtscope::views;

namespace {

/// A window on a copy of a shipped recording.
class Shown {
public:
    explicit Shown(const QString& name, const std::string& event)
    {
        const QString copy = m_directory.filePath(name);
        QFile::copy(
            QLatin1String(test::projectDirectory) + QStringLiteral("/resources/walkthroughs/") + name, copy);
        window.resize(1600, 1000);
        window.show();
        REQUIRE(window.openRecording(copy));
        const core::Timeline& timeline = *window.document().timeline();
        core::StepNumber at = timeline.size();
        for (core::StepNumber step = 0; step < timeline.size(); ++step)
            if (timeline.step(step).value().event == event)
                at = step;
        REQUIRE(at < timeline.size());
        window.document().goTo(at);
        window.showViews();
    }

    const StepState& state() { return *window.document().state(); }
    const core::Snapshot& snapshot() { return *state().snapshot(); }
    const core::XenState& xen() { return *snapshot().xen(); }

    /// A page of PTEs that the domain counts otherwise than the machine, and that a root reaches.
    core::FrameNumber table()
    {
        for (const core::XenTable& typed : xen().tables) {
            const auto guest = xen().guestFrame(typed.frame);
            const core::TableId id = snapshot().find(core::addressOf(typed.frame), 1);
            if (typed.level() == 1 && guest && guest->value != typed.frame.value && id != core::noTable
                && snapshot().table(id).origin == core::TableOrigin::Reachable)
                return typed.frame;
        }
        FAIL("no such table");
        return {};
    }

    template <class View>
    View& view(const char* id)
    {
        QWidget* view = window.docks().view(QLatin1String(id));
        for (QWidget* holder = view; holder; holder = holder->parentWidget())
            if (auto* dock = qobject_cast<QDockWidget*>(holder)) {
                dock->show();
                dock->raise();
            }
        QCoreApplication::processEvents();
        REQUIRE(view->isVisible());
        return dynamic_cast<View&>(*view);
    }

    void select(core::FrameNumber frame)
    {
        Place place;
        place.frame = frame;
        window.selection().select(place);
    }

    void type(const QString& text)
    {
        window.gotoBox().setText(text);
        QTest::keyClick(&window.gotoBox(), Qt::Key_Return);
    }

    MainWindow window;

private:
    QTemporaryDir m_directory;
};

struct Dom0 : Shown {
    Dom0()
        : Shown(QStringLiteral("xen-dom0-boot.pgtrec"), "xen_pagetable_init")
    {
    }
};

/// "(pfn:0x1234)" of a frame that has such a number.
QString pfnOf(const core::XenState& xen, core::FrameNumber machine)
{
    const auto guest = xen.guestFrame(machine);
    REQUIRE(guest);
    return QStringLiteral("(pfn:%1)").arg(hexOf(guest->value));
}

const GridRow& rowOf(const std::vector<GridRow>& rows, const QString& name)
{
    const auto found
        = std::find_if(rows.begin(), rows.end(), [&](const GridRow& row) { return row.cells[0] == name; });
    REQUIRE(found != rows.end());
    return *found;
}

QString cell(const QAbstractItemModel& model, int row, int column)
{
    return model.index(row, column).data().toString();
}

} // namespace

TEST_CASE("the CPU view tells whose root CR3 holds, the ring, XPTI and the true root")
{
    Dom0 shown;
    const auto rows = cpuRows(shown.state(), nullptr);
    const core::PhysicalAddress root = shown.xen().root;
    CHECK(rowOf(rows, "domain").cells[1] == QString::fromStdString(core::domainText(shown.xen())));
    CHECK(rowOf(rows, "CPL").cells[2] == toText(core::placeText(core::xenPlace(shown.snapshot().cpu()))));
    CHECK(rowOf(rows, "XPTI").cells[2] == QString::fromStdString(core::isolationText(shown.xen())));
    CHECK(rowOf(rows, "true root").cells[1] == hexOf(root.value));
    CHECK(rowOf(rows, "true root").cells[2].contains(pfnOf(shown.xen(), core::frameOf(root))));
    CHECK(rowOf(rows, "true root").place->frame == core::frameOf(root));
    CHECK(rowOf(rows, "CR3").cells[2].contains("dom0"));
    const auto counts = core::countXenTypes(shown.snapshot());
    CHECK(rowOf(rows, "frame_table").cells[2].contains(QStringLiteral("%1 pinned").arg(counts.pinned)));
    const auto* control = shown.window.findChild<QLabel*>("controlBits");
    CHECK(control->text().contains("dom0's root, in its kernel (ring 3)"));
}

TEST_CASE("Frames tells a frame's pfn and Xen's type of it")
{
    Dom0 shown;
    const core::FrameNumber frame = shown.table();
    const QString tip = frameTooltip(shown.state(), frame);
    CHECK(tip.contains(hexOf(frame.value)));
    CHECK(tip.contains(pfnOf(shown.xen(), frame)));
    CHECK(tip.contains(QString::fromStdString(core::tableText(shown.xen().table(frame)))));
    shown.select(frame);
    CHECK(shown.view<FramesView>("frames").map().accessibleDescription().contains(pfnOf(shown.xen(), frame)));
}

TEST_CASE("Tables has the pfn beside each machine address, and rows that follow each other in both counts")
{
    Dom0 shown;
    auto& view = shown.view<TablesView>("tables");
    const core::XenState& xen = shown.xen();
    CHECK(cell(view.model(), 0, TablesModel::Target)
              .endsWith(pfnOf(xen, core::frameOf(shown.snapshot().root()))));
    Place place;
    place.linear = core::LinearAddress(0xffff888000000000);
    shown.window.selection().select(place);
    const QModelIndex table = view.tree().currentIndex().parent();
    int several = 0;
    for (int row = 0; row < view.model().rowCount(table); ++row) {
        const QModelIndex index = view.model().index(row, TablesModel::Index, table);
        const core::FrameNumber first = *view.model().placeAt(index).frame;
        const QString target = index.siblingAtColumn(TablesModel::Target).data().toString();
        if (!xen.guestFrame(first)) {
            CHECK_FALSE(target.contains("pfn"));
            continue;
        }
        CHECK(target.endsWith(pfnOf(xen, first)));
        const QStringList ends = index.data().toString().split(QStringLiteral("–"));
        if (ends.size() != 2)
            continue;
        ++several;
        const auto last = static_cast<std::uint64_t>(ends[1].toInt() - ends[0].toInt());
        CHECK(xen.guestFrame(first + last) == *xen.guestFrame(first) + last);
    }
    CHECK(several > 0);
}

TEST_CASE("Xen's slots are a region of Xen's own, and no mapping of the domain's")
{
    Dom0 shown;
    auto& tables = shown.view<TablesView>("tables");
    const QModelIndex root = tables.model().index(0, 0);
    int xens = 0;
    for (int row = 0; row < tables.model().rowCount(root); ++row) {
        const QString entry = tables.model().index(row, TablesModel::Index, root).data().toString();
        const int slot = entry.split(QStringLiteral("–"))[0].toInt();
        const QString role = tables.model().index(row, TablesModel::Role, root).data().toString();
        const bool inside
            = slot >= static_cast<int>(core::xen::firstSlot) && slot < static_cast<int>(core::xen::endSlot);
        CHECK(role.contains("Xen's own") == inside);
        xens += inside ? 1 : 0;
    }
    CHECK(xens > 0);

    auto& linear = shown.view<LinearSpaceView>("address");
    Place place;
    place.linear = core::xen::directMap;
    shown.window.selection().select(place);
    const QString described = linear.findChild<LinearBands*>()->accessibleDescription();
    CHECK(described.contains("Xen's own"));
    CHECK_FALSE(described.contains("cannot be read"));

    for (const core::XenTable& typed : shown.xen().tables)
        for (const core::Alias& alias :
            shown.state().rules().mappingsOf({typed.frame}).aliases(typed.frame, 64)) {
            const core::LinearRegion* region = shown.snapshot().regionAt(alias.linear);
            CHECK((alias.reach.detached || !region || region->name != "xen"));
        }
}

TEST_CASE("Entry tells the pfn of what each entry on the path leads to, and of the mappings' tables")
{
    Dom0 shown;
    const core::FrameNumber frame = shown.table();
    const core::XenState& xen = shown.xen();
    auto& view = shown.view<EntryView>("entry");
    shown.select(frame);
    const QString head = view.findChild<QLabel*>("entryHead")->text();
    CHECK(head.contains(pfnOf(xen, frame)));
    CHECK(head.contains(QString::fromStdString(core::tableText(xen.table(frame)))));
    const core::Alias alias = shown.state().rules().mappingsOf({frame}).aliases(frame, 1).at(0);
    CHECK(head.contains(pfnOf(xen, core::frameOf(alias.entryAddress))));
    CHECK(view.findChild<QLabel*>("entryMappingsHead")->text().endsWith(pfnOf(xen, frame)));

    const auto* path = view.findChild<QTableView*>("entryPath")->model();
    const auto steps = core::translate(shown.snapshot(), alias.linear).steps;
    REQUIRE(path->rowCount() == static_cast<int>(steps.size()));
    for (int row = 0; row < path->rowCount(); ++row)
        CHECK(cell(*path, row, 5)
                  .endsWith(pfnOf(xen, core::frameOf(steps[static_cast<std::size_t>(row)].entry.target))));

    const auto* fields = view.findChild<QTableView*>("entryFields")->model();
    int addresses = 0;
    for (int row = 0; row < fields->rowCount(); ++row) {
        if (cell(*fields, row, 1) != "address")
            continue;
        ++addresses;
        CHECK(cell(*fields, row, 3).endsWith(pfnOf(xen, frame)));
    }
    CHECK(addresses == 1);
    const auto* mappings = view.findChild<QTableView*>("mappings")->model();
    CHECK(cell(*mappings, 0, 1).contains(pfnOf(xen, core::frameOf(alias.entryAddress))));
}

TEST_CASE("pgt_buf is compared in the kernel's own numbers")
{
    Dom0 shown;
    const auto& epochs = shown.snapshot().pgtBuf().epochs;
    REQUIRE_FALSE(epochs.empty());
    const core::PgtBufEpoch& epoch = epochs.back();
    const core::FrameNumber page = shown.snapshot().frame(epoch.start).value();
    const core::GuestFrame pfn = epoch.start;
    CHECK(pfn == *shown.xen().guestFrame(page));
    const PgtBufPage reported = pgtBufPage(shown.state(), page);
    REQUIRE(reported.clauses.size() == 3);
    CHECK(reported.clauses[0].values
        == QStringLiteral("%1 >= %2").arg(hexOf(pfn.value), hexOf(epoch.start.value)));
    CHECK(reported.clauses[2].values
        == QStringLiteral("%1 < %2").arg(hexOf(pfn.value), hexOf(epoch.top.value)));
    CHECK(reported.clauses[0].holds);
    auto& view = shown.view<PgtBufView>("pgtbuf");
    shown.select(page);
    CHECK(view.findChild<QLabel*>("pgtBufPage")->text().contains(pfnOf(shown.xen(), page)));
}

TEST_CASE("Findings tells the pfn in the list and in the reason")
{
    Shown shown(QStringLiteral("xen-skip-readonly.pgtrec"), "xen_alloc_pte_init");
    auto& view = shown.view<FindingsView>("findings");
    auto& model = view.model();
    int reported = 0;
    for (int rule = 0; rule < model.rowCount(); ++rule) {
        const QModelIndex parent = model.index(rule, 0);
        for (int row = 0; row < std::min(model.rowCount(parent), 20); ++row) {
            const core::Finding& finding = *model.finding(model.index(row, 0, parent));
            if (!shown.xen().guestFrame(finding.frame))
                continue;
            ++reported;
            const QString pfn = pfnOf(shown.xen(), finding.frame);
            CHECK(model.index(row, FindingsModel::Frame, parent).data().toString().contains(pfn));
            CHECK(findingHtml(shown.state(), finding, shown.window.document().writes())
                      .contains(QStringLiteral("</a> %1:").arg(pfn)));
        }
    }
    CHECK(reported > 0);
}

TEST_CASE("a comparison of two steps tells the pfn of what changed")
{
    Dom0 shown;
    const core::StepNumber step = shown.window.document().step();
    const auto before = shown.window.document().timeline()->snapshot(step - 1).value();
    const auto diff = core::diffSnapshots(*before, shown.snapshot());
    REQUIRE_FALSE(diff.tables.entries.empty());
    const core::FrameNumber frame = core::frameOf(diff.tables.entries.front().address);
    shown.window.document().compareWith(step - 1);
    DifferencesModel model;
    model.show(shown.state().comparison(), {});
    bool reported = false;
    for (int row = 0; row < model.rowCount(); ++row)
        reported |= cell(model, row, DifferencesModel::Address).contains(pfnOf(shown.xen(), frame));
    CHECK(reported);
}

TEST_CASE("the window's box goes to a frame by either number, and says so if the domain has none such")
{
    Dom0 shown;
    const core::FrameNumber frame = shown.table();
    const core::GuestFrame guest = *shown.xen().guestFrame(frame);
    shown.type(QStringLiteral("pfn:%1").arg(hexOf(guest.value)));
    CHECK(shown.window.selection().place().frame == frame);
    shown.type(QStringLiteral("mfn:%1").arg(hexOf(frame.value + 1)));
    CHECK(shown.window.selection().place().frame == frame + 1);
    shown.type(QStringLiteral("pfn:0xfffffff"));
    CHECK(shown.window.messages().text().contains("no frame of dom0"));
    CHECK(shown.window.selection().place().frame == frame + 1);
}

TEST_CASE("a filter by pfn leaves what one by mfn leaves, in each view")
{
    Dom0 shown;
    const core::FrameNumber frame = shown.table();
    auto& tables = shown.view<TablesView>("tables");
    const auto rows = [&] {
        QStringList texts;
        for (int row = 0; row < tables.model().rowCount(); ++row)
            texts += cell(tables.model(), row, TablesModel::Index);
        return texts;
    };
    shown.type(QStringLiteral("mfn == %1").arg(hexOf(frame.value)));
    const QStringList byMachine = rows();
    shown.type(QStringLiteral("pfn == %1").arg(hexOf(shown.xen().guestFrame(frame)->value)));
    CHECK(rows() == byMachine);
    CHECK_FALSE(byMachine.isEmpty());
    const core::Filter& filter = tables.findChild<FilterEdit*>()->filter();
    const Document& document = shown.window.document();
    CHECK(
        frameMatches(document.state(), filter, document.symbols()).shown == FrameRanges{{frame, frame + 1}});
    for (const char* id : {"tables", "frames", "findings", "timeline"}) {
        CAPTURE(id);
        const auto* edit = shown.window.docks().view(QLatin1String(id))->findChild<FilterEdit*>();
        CHECK(edit->text().startsWith("pfn == "));
        CHECK(edit->errorText().isEmpty());
    }
}

TEST_CASE("the timeline finds the steps that change entries of a frame by either number")
{
    Dom0 shown;
    auto& timeline = shown.view<TimelineView>("timeline");
    // The page that the step's first new entry maps.
    const auto& changes = shown.state().changes().entries;
    const auto change = std::find_if(changes.begin(), changes.end(), [&](const core::EntryChange& c) {
        const core::Entry entry = shown.snapshot().paging().decode(c.level(), c.after);
        const auto guest = shown.xen().guestFrame(core::frameOf(entry.target));
        return c.level() == 1 && entry.present() && guest
            && guest->value != core::frameOf(entry.target).value;
    });
    REQUIRE(change != changes.end());
    const core::FrameNumber frame = core::frameOf(shown.snapshot().paging().decode(1, change->after).target);
    const auto found = [&](const QString& filter) {
        timeline.setFilterText(filter);
        timeline.search().finish();
        return timeline.search().found();
    };
    const auto byMachine = found(QStringLiteral("mfn == %1").arg(hexOf(frame.value)));
    CHECK(std::count(byMachine.begin(), byMachine.end(), shown.window.document().step()) == 1);
    CHECK(found(QStringLiteral("pfn == %1").arg(hexOf(shown.xen().guestFrame(frame)->value))) == byMachine);
}

TEST_CASE("links of a narration mean the guest's own numbers, links of a view the machine's")
{
    Dom0 shown;
    const core::FrameNumber frame = shown.table();
    const QString pfn = hexOf(shown.xen().guestFrame(frame)->value);
    CHECK(parsePlaceLink(QUrl("pgtscope:pfn/" + pfn), &shown.xen())->place.frame == frame);
    CHECK_FALSE(parsePlaceLink(QUrl("pgtscope:pfn/0xfffffff"), &shown.xen()));
    CHECK(parsePlaceLink(QUrl(linkTo(frame)), &shown.xen())->place.frame == frame);
    CHECK(parsePlaceLink(QUrl(linkTo(frame)))->place.frame == frame);
}

TEST_CASE("where no Xen runs there is no word of pfns")
{
    Shown shown(QStringLiteral("debian-boot.pgtrec"), "paging_init");
    CHECK(pfnBeside(shown.snapshot(), core::frameOf(shown.snapshot().root())).isEmpty());
    auto& tables = shown.view<TablesView>("tables");
    CHECK_FALSE(cell(tables.model(), 0, TablesModel::Target).contains("pfn"));
    const QString tip = frameTooltip(shown.state(), core::frameOf(shown.snapshot().root()));
    CHECK_FALSE(tip.contains("(pfn:"));
    CHECK_FALSE(tip.contains("to Xen:"));
}
