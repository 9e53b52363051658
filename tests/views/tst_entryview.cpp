// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QImage>
#include <QLabel>
#include <QTableView>
#include <QTest>

#include "tests/views/bufferstory.h"
#include "views/entry/entrybits.h"
#include "views/entry/entryfields.h"
#include "views/entry/entryhistorymodel.h"
#include "views/entry/entryview.h"
#include "views/model/placelink.h"
#include "views/widgets/gridmodel.h"

using namespace pgtscope;
using namespace pgtscope::tests;
using namespace pgtscope::views;

namespace {

const EntryField& fieldAt(const std::vector<EntryField>& fields, unsigned bit)
{
    const auto found = std::find_if(
        fields.begin(), fields.end(), [&](const EntryField& f) { return f.low <= bit && bit <= f.high; });
    REQUIRE(found != fields.end());
    return *found;
}

Paging pagingOf(PagingMode mode, unsigned physicalBits = 40)
{
    CpuFeatures features;
    features.physicalAddressBits = physicalBits;
    return Paging(registersFor(mode, 0x1000), features);
}

constexpr std::uint64_t directEntry = (0x3f02ULL << 12) + 0x109 * 8;

} // namespace

TEST_CASE("the fields of an entry cover every bit once")
{
    for (const PagingMode mode :
        {PagingMode::Bits32, PagingMode::Pae, PagingMode::Level4, PagingMode::Level5}) {
        const Paging paging = pagingOf(mode);
        for (unsigned level = 1; level <= paging.levels(); ++level) {
            for (const std::uint64_t raw : {0ULL, 1ULL, 0x83ULL, 0xffffffffffffffffULL}) {
                const auto fields = entryFields(paging, paging.decode(level, raw));
                REQUIRE_FALSE(fields.empty());
                CHECK(fields.front().high == paging.entryBytes() * 8 - 1);
                CHECK(fields.back().low == 0);
                for (std::size_t i = 1; i < fields.size(); ++i)
                    CHECK(fields[i].high + 1 == fields[i - 1].low);
            }
        }
    }
}

TEST_CASE("bits mean what level and kind make of them")
{
    const Paging paging = pagingOf(PagingMode::Level4);
    const auto page = entryFields(paging, paging.decode(1, 0x8000000003f11063));
    CHECK(fieldAt(page, 63).name == "NX");
    CHECK(fieldAt(page, 7).name == "PAT");
    CHECK(fieldAt(page, 1).meaning == "writable");
    CHECK(fieldAt(page, 12).value == "0x3f11000");
    const auto table = entryFields(paging, paging.decode(2, 0x3f11063));
    CHECK(fieldAt(table, 7).name == "PS");
    CHECK(fieldAt(table, 6).name == "ignored");
    const auto large = entryFields(paging, paging.decode(2, 0x2000e3));
    CHECK(fieldAt(large, 12).name == "PAT");
    CHECK(fieldAt(large, 13).name == "reserved");
    const auto absent = entryFields(paging, paging.decode(1, 0xfe));
    CHECK(fieldAt(absent, 1).name == "software");
}

TEST_CASE("a reserved bit that is set is marked as wrong")
{
    const Paging paging = pagingOf(PagingMode::Level4);
    const auto fields = entryFields(paging, paging.decode(1, 1ULL << 45 | 0x1001));
    CHECK(fieldAt(fields, 45).wrong);
    CHECK_FALSE(fieldAt(fields, 44).wrong);
}

TEST_CASE("links name places and steps, and refuse what cannot be")
{
    CHECK(parsePlaceLink(QUrl("pgtscope:pa/0x3f11000"))->place.frame == FrameNumber(0x3f11));
    CHECK(parsePlaceLink(QUrl("pgtscope:va/0xffff888003f11000"))->place.linear
        == LinearAddress(0xffff888003f11000));
    CHECK(parsePlaceLink(QUrl("pgtscope:step/52"))->step == 52U);
    CHECK_FALSE(parsePlaceLink(QUrl("pgtscope:step/52"))->live);
    CHECK(parsePlaceLink(QUrl("pgtscope:live/52"))->step == 52U);
    CHECK(parsePlaceLink(QUrl("pgtscope:live/52"))->live);
    CHECK(parsePlaceLink(QUrl(linkTo(FrameNumber(7))))->place.frame == FrameNumber(7));
    CHECK(parsePlaceLink(QUrl(linkToEntry(PhysicalAddress(0x1008))))->place.entry == PhysicalAddress(0x1008));
    for (const char* bad : {"http://pa/0x1", "pgtscope:pa", "pgtscope:pa/", "pgtscope:pa/zz", "pgtscope:x/1",
             "pgtscope:pa/0xffffffffffffffff", ""})
        CHECK_FALSE(parsePlaceLink(QUrl(QLatin1String(bad))));
}

TEST_CASE("a place means an entry: by its own address, by a linear address, by a frame")
{
    ViewFixture f;
    f.document.goTo(10);
    const StepState& state = *f.document.state();
    Place place;
    place.entry = PhysicalAddress(directEntry);
    const auto own = chooseEntry(state, place);
    REQUIRE(own);
    CHECK(own->index == 0x109);
    CHECK(own->linear == LinearAddress(0xffff888003f09000));
    CHECK(chooseEntry(state, placeOf(LinearAddress(0xffff888003f09abc)))->address
        == PhysicalAddress(directEntry));
    CHECK(chooseEntry(state, placeOf(FrameNumber(0x3f09))));
    CHECK_FALSE(chooseEntry(state, placeOf(FrameNumber(0x10))));
    place.entry = PhysicalAddress(0x10);
    CHECK_FALSE(chooseEntry(state, place));
}

TEST_CASE("the path narrows the rights level by level and leads to each entry")
{
    ViewFixture f;
    f.document.goTo(10);
    EntryView view(f.document, f.selection);
    view.resize(520, 640);
    view.show();
    f.selection.select(placeOf(LinearAddress(0xffff888003f02000)));
    auto* path = view.findChild<QTableView*>("entryPath");
    REQUIRE(path->model()->rowCount() == 4);
    CHECK(path->model()->index(0, 4).data().toString() == "RW sup X");
    CHECK(path->model()->index(3, 4).data().toString() == "RO sup NX");
    CHECK(path->model()->index(3, 0).data(GridModel::CurrentRole).toBool());
    QTest::mouseClick(
        path->viewport(), Qt::LeftButton, {}, path->visualRect(path->model()->index(1, 2)).center());
    CHECK(f.selection.place().level == 3U);
    CHECK(view.entry()->entry.isTable());
    CHECK(path->model()->rowCount() == 4);
}

TEST_CASE("the entry's frame is shown with all its mappings")
{
    ViewFixture f;
    f.document.goTo(10);
    EntryView view(f.document, f.selection);
    view.show();
    Place place;
    place.entry = PhysicalAddress(directEntry);
    f.selection.select(place);
    CHECK(view.findChild<QLabel*>("entryHead")->text().contains("PTE"));
    CHECK(view.findChild<QLabel*>("entryHead")
              ->text()
              .contains(
                  QStringLiteral("covers <tt>0xffff888003f09000</tt> \u2013 <tt>0xffff888003f09fff</tt>")));
    const QString covers = view.findChild<QLabel*>("entryHead")->text().section("covers", 1);
    place = {};
    place.linear = pgtscope::core::LinearAddress(0xffff888003f09123);
    f.selection.select(place);
    CHECK(view.findChild<QLabel*>("entryHead")->text().section("covers", 1) == covers);
    CHECK(view.findChild<QLabel*>("entryMappingsHead")->text().contains("2 mappings"));
    emit view.findChild<QLabel*>("entryMappingsHead")->linkActivated(linkTo(FrameNumber(0x3f09)));
    CHECK(f.selection.place().frame == FrameNumber(0x3f09));
}

TEST_CASE("fields are reached by the keyboard and described")
{
    ViewFixture f;
    f.document.goTo(10);
    EntryView view(f.document, f.selection);
    view.show();
    f.selection.select(placeOf(LinearAddress(0xffff888003f09000)));
    auto* bits = view.findChild<EntryBits*>();
    QTest::keyClick(bits, Qt::Key_Right);
    CHECK(bits->field() == 0);
    CHECK(bits->accessibleDescription().startsWith("NX = 1"));
    CHECK(view.findChild<QTableView*>("entryFields")->currentIndex().row() == 0);
}

TEST_CASE("bits that could not be read are set in shorter lines, or not drawn at all")
{
    EntryBits bits;
    bits.setEntry(0x8000000000001063, 64, {}, 0);
    bits.show();
    const auto linesAt = [&](int width) {
        bits.resize(width, bits.height());
        QApplication::processEvents();
        return std::pair(bits.bitsInLine(), bits.sizeHint().height());
    };
    const auto wide = linesAt(440);
    const auto narrow = linesAt(310); // the view's width at 1280 by 800
    const auto none = linesAt(120);
    CHECK(wide.first == 32);
    CHECK(narrow.first == 16);
    CHECK(none.first == 0);
    CHECK(narrow.second > wide.second);
    CHECK(none.second < wide.second);
    const QImage empty = bits.grab().toImage();
    bits.setEntry(0, 64, {}, 0);
    CHECK(bits.grab().toImage() == empty);
    QTest::mouseClick(&bits, Qt::LeftButton, {}, {2, 2});
    CHECK(bits.field() == -1);
}

TEST_CASE("without an entry there is a sentence and no empty table")
{
    ViewFixture f;
    f.document.goTo(10);
    EntryView view(f.document, f.selection);
    view.resize(420, 500);
    view.show();
    f.selection.select(placeOf(FrameNumber(0xfffff)));
    QApplication::processEvents();
    for (const QTableView* table : view.findChildren<QTableView*>())
        CHECK_FALSE(table->isVisible());
    CHECK(view.findChild<QLabel*>("entryHead")->text() == "No entry maps it at this step.");
    f.selection.select(placeOf(LinearAddress(0xffff888003f09000)));
    QApplication::processEvents();
    CHECK(view.findChild<QTableView*>("entryFields")->isVisible());
    CHECK(view.findChild<QTableView*>("entryPath")->isVisible());
}

TEST_CASE("the history of an entry has the columns that some event has something for")
{
    ViewFixture f;
    EntryView view(f.document, f.selection);
    view.resize(300, 600);
    view.show();
    auto* history = view.findChild<QTableView*>("entryHistory");
    const auto shown = [&](std::uint64_t entry) {
        Place place;
        place.entry = PhysicalAddress(entry);
        f.selection.select(place);
        REQUIRE(QTest::qWaitFor([&] { return history->model()->rowCount() != 0; }));
        std::vector<int> columns;
        for (int column = 0; column < history->model()->columnCount(); ++column)
            if (!history->isColumnHidden(column))
                columns.push_back(column);
        return columns;
    };
    f.document.goTo(12);
    // The slot is written at every step, by an unknown writer; the entry appeared with its table.
    CHECK(shown(BufferStory::slotTable + 255 * 8)
        == std::vector<int>{EntryHistoryModel::StepColumn, EntryHistoryModel::What, EntryHistoryModel::Before,
            EntryHistoryModel::After});
    CHECK(shown(((BufferStory::start + 3) << 12) + 5 * 8)
        == std::vector<int>{EntryHistoryModel::StepColumn, EntryHistoryModel::What});
}

TEST_CASE("an unpinned view stays on its entry while the selection moves on")
{
    ViewFixture f;
    f.document.goTo(10);
    EntryView view(f.document, f.selection);
    view.show();
    f.selection.select(placeOf(LinearAddress(0xffff888003f09000)));
    view.setFollowing(false);
    f.selection.select(placeOf(LinearAddress(0xffffffff81000000)));
    CHECK(view.entry()->address == PhysicalAddress(directEntry));
    f.document.goTo(12);
    CHECK(view.entry()->address == PhysicalAddress(directEntry));
    view.setFollowing(true);
    CHECK(view.entry()->address != PhysicalAddress(directEntry));
}

TEST_CASE("the model of grids keeps the rules of models")
{
    GridModel model({"a", "b"}, 0, 0);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.setRows({{{"1", "2"}, {}, {}, true, false},
        {{"3"}, placeOf(FrameNumber(1)), FindingState::Violation, false, false}});
    CHECK(model.rowCount() == 2);
    CHECK(model.index(1, 0).data(GridModel::PlaceRole).value<Place>() == placeOf(FrameNumber(1)));
    CHECK_FALSE(model.index(0, 0).data(GridModel::PlaceRole).isValid());
    model.setRows({});
}

TEST_CASE("pictures of an entry")
{
    ViewFixture f;
    f.document.goTo(10);
    f.selection.select(placeOf(LinearAddress(0xffff888003f09000)));
    EntryView view(f.document, f.selection);
    photograph(view, "entry", {520, 620});
    CHECK(QFile::exists("screenshots/entry-dark.png"));
}
