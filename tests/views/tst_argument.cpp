// SPDX-License-Identifier: GPL-2.0-or-later
// The argument of August 2012 as data and as places, without a pixel.
#include "tests/support/walkthrough.h"

#include <algorithm>
#include <set>

#include "tests/views/bufferstory.h"
#include "views/argument/argumentlayout.h"
#include "views/argument/argumenttext.h"

using namespace pgtscope;
using namespace pgtscope::core;
using namespace pgtscope::tests;
using views::ArgumentItem;
using views::ArgumentLayout;

namespace {

constexpr GuestFrame fatal(0x437eb); ///< The page that lab-buffer-high dies of.

Argument argumentAt(const SnapshotPtr& snapshot, std::size_t maxCells = 1000)
{
    const RuleContext context(snapshot);
    const std::vector<RuleReport> reports{leadingRule().check(context)};
    return argumentOf(context, frameContent(context.roles(), reports, {}), maxCells);
}

Argument argumentAt(const Timeline& timeline, StepNumber step)
{
    return argumentAt(timeline.snapshot(step).value());
}

/// A fixed type: a letter is 7 pixels wide, a line 16 high.
views::ArgumentType typeOf(int width)
{
    views::ArgumentType type;
    type.width = width;
    type.line = 16;
    type.textWidth = [](const QString& text) { return static_cast<int>(7 * text.size()); };
    type.levelName = [](unsigned level) { return QStringLiteral("L%1").arg(level); };
    return type;
}

/// The buffer with these epochs in memory that nothing else is about.
SnapshotPtr withEpochs(std::vector<PgtBufEpoch> epochs, PgtBufTrust trust = PgtBufTrust::Live)
{
    BufferStory story;
    story.buffer.epochs = std::move(epochs);
    story.buffer.trust = trust;
    SnapshotBuilder builder(story.memory, story.cpu, story.features);
    REQUIRE(builder.captureTables({}));
    builder.setPgtBuf(story.buffer);
    return builder.finish();
}

std::vector<GuestFrame> pagesWith(const Argument& argument, PageAccess access)
{
    std::vector<GuestFrame> pages;
    for (const ArgumentCell& cell : argument.cells)
        if (cell.access == access)
            pages.push_back(cell.pages.begin);
    return pages;
}

/// Cells that a rule protects and that are mapped writable all the same.
std::size_t contradictions(const Argument& argument, std::size_t band)
{
    return static_cast<std::size_t>(
        std::count_if(argument.cells.begin(), argument.cells.end(), [&](const ArgumentCell& cell) {
            return cell.writable != 0 && argument.bands[band].protectedOf(cell.pages) != 0;
        }));
}

} // namespace

TEST_CASE("at the fatal step each rule protects its part, and a detached table maps the rest writable")
{
    const Walkthrough boot("lab-buffer-high");
    const Argument argument = argumentAt(*boot, boot->size() - 1);
    REQUIRE(argument.cells.size() == 66);
    CHECK(argument.order == 0);
    CHECK(argument.bands[0].name.find("Gleixner") != std::string_view::npos);
    CHECK(argument.bands[1].name.find("Stabellini") != std::string_view::npos);
    for (const ArgumentCell& cell : argument.cells) {
        CAPTURE(cell.pages.begin.value);
        CHECK(argument.bands[0].protectedOf(cell.pages) == (cell.pages.begin <= fatal ? 1 : 0));
        CHECK(argument.bands[1].protectedOf(cell.pages) == 1);
        CHECK((cell.access == PageAccess::FromDetached) == (cell.pages.begin >= fatal));
        CHECK(cell.access != PageAccess::Writable);
    }
    CHECK(contradictions(argument, 0) == 1);
    CHECK(contradictions(argument, 1) == 21);
    CHECK(argument.bands[0].unprotected == 20);
    CHECK(argument.bands[1].unprotected == 0);
    CHECK(argument.text.find("One of them is mapped writable: 0x437eb") != std::string::npos);
    CHECK(argument.text.find("20 pages from pgt_buf_end on are mapped writable") != std::string::npos);
}

TEST_CASE("the line to the fatal page begins at the detached table that maps it")
{
    const Walkthrough boot("lab-buffer-high");
    const Argument argument = argumentAt(*boot, boot->size() - 1);
    std::vector<ArgumentLink> fromDetached;
    for (const ArgumentLink& link : argument.links)
        if (link.access == PageAccess::FromDetached)
            fromDetached.push_back(link);
    REQUIRE(fromDetached.size() == 1);
    const TableGraph::Node& table = argument.tables.nodes[fromDetached[0].node];
    CHECK(table.frame == FrameNumber(0x437ea));
    CHECK(table.detached);
    CHECK(fromDetached[0].firstCell == 45);
    CHECK(fromDetached[0].lastCell == 65);
}

TEST_CASE("before the burst nothing maps the pages from the end on")
{
    const Walkthrough boot("lab-buffer-high");
    const StepNumber placed = stepOf(*boot, "kernel_physical_mapping_init");
    const Argument argument = argumentAt(*boot, placed);
    CHECK(pagesWith(argument, PageAccess::NotMapped).size() == 66);
    CHECK(argument.bands[0].protects.bytes() == 0);
    CHECK(argument.bands[1].protects.bytes() == 66);
    CHECK(argument.text.find("No page from pgt_buf_end on is mapped.") != std::string::npos);
}

TEST_CASE("under the rule up to the top no page is ever mapped writable, under Xen too")
{
    const Walkthrough boot("lab-xen-top-rule");
    std::size_t live = 0;
    for (StepNumber step = 0; step < boot->size(); ++step) {
        const Argument argument = argumentAt(*boot, step);
        if (!argument.rulesApply() || !argument.epoch)
            continue;
        ++live;
        CAPTURE(step);
        CHECK(contradictions(argument, 1) == 0);
        CHECK(argument.bands[0].unprotected == 0);
    }
    CHECK(live > 40);
}

TEST_CASE("a buffer whose pages lie anywhere in the machine is drawn in the kernel's order")
{
    const Walkthrough boot("lab-xen-end-rule");
    const SnapshotPtr snapshot = boot->snapshot(boot->size() - 1).value();
    REQUIRE(snapshot->xen());
    const Argument argument = argumentAt(snapshot);
    REQUIRE(argument.cells.size() == 66);
    const auto cell = argument.cellOf(fatal);
    REQUIRE(cell);
    CHECK(argument.cells[*cell].access == PageAccess::FromDetached);
    const auto frame = views::frameOf(*snapshot, argument, {ArgumentItem::Kind::Cell, *cell});
    REQUIRE(frame);
    CHECK(snapshot->guestFrame(*frame) == fatal);
    CHECK(argument.text.find("pfn 0x437eb") != std::string::npos);
}

TEST_CASE("after free_initmem the values are dead, and no rule protects anything")
{
    const Walkthrough boot("debian-boot");
    const Argument argument = argumentAt(*boot, boot->size() - 1);
    CHECK(argument.trust == PgtBufTrust::Stale);
    CHECK(argument.text.find("The values are dead") == 0);
    for (std::size_t band = 0; band < argument.bands.size(); ++band) {
        CHECK(argument.bands[band].protects.bytes() == 0);
        CHECK(views::bandText(argument, band).contains("no longer applies"));
    }
}

TEST_CASE("a view without a buffer has the text of what it waits for, and nothing is placed")
{
    const Argument notYet = argumentAt(withEpochs({}, PgtBufTrust::NotYet));
    CHECK(notYet.text.find("find_early_table_space") != std::string::npos);
    CHECK(argumentAt(withEpochs({}, PgtBufTrust::Absent)).text.find("no symbols") != std::string::npos);
    const ArgumentLayout layout(notYet, typeOf(600));
    CHECK(layout.empty());
    CHECK_FALSE(layout.at({100, 60}));
    const ArgumentItem first;
    CHECK(layout.moved(first, ArgumentLayout::Direction::Right) == first);
}

TEST_CASE("values that make no sense are no buffer")
{
    for (const PgtBufEpoch& epoch :
        {PgtBufEpoch{GuestFrame(0x9000), GuestFrame(~0ULL), GuestFrame(0x10), false},
            PgtBufEpoch{GuestFrame(0x10), GuestFrame(0), GuestFrame(~0ULL), false},
            PgtBufEpoch{GuestFrame(0x10), GuestFrame(0x10), GuestFrame(0x10), false}}) {
        const Argument argument = argumentAt(withEpochs({epoch}));
        CHECK_FALSE(argument.epoch);
        CHECK(argument.cells.empty());
        CHECK(argument.text.find("make no sense") != std::string::npos);
    }
    // These do, as far as one can see: the whole space of frame numbers.
    const Argument huge
        = argumentAt(withEpochs({{GuestFrame(0), GuestFrame(1), GuestFrame(~0ULL), false}}), 50);
    CHECK(huge.cells.size() <= 50);
    CHECK(ArgumentLayout(huge, typeOf(600)).cells().size() == huge.cells.size());
}

TEST_CASE("pages of a large buffer share cells; the end may lie within one")
{
    const Argument argument
        = argumentAt(withEpochs({{GuestFrame(0x100), GuestFrame(0x10a), GuestFrame(0x104), false},
                         {GuestFrame(0x1000), GuestFrame(0x100a), GuestFrame(0x1000 + 5000), false}}),
            90);
    CHECK(argument.epochs == 2);
    CHECK(argument.order == 6);
    REQUIRE(argument.cells.size() == 79);
    CHECK(argument.cells.back().pages.bytes() == 5000 % 64);
    CHECK(argument.cellOf(GuestFrame(0x1000 + 4999)) == 78);
    CHECK_FALSE(argument.cellOf(GuestFrame(0x1000 + 5000)));
    CHECK(argument.bands[0].protectedOf(argument.cells[0].pages) == 10);

    const ArgumentLayout layout(argument, typeOf(800));
    const QRect part = layout.protectedPart(argument, 0, 0);
    CHECK(part.width() < layout.cells()[0].width());
    CHECK(part.width() >= 1);
    CHECK(layout.protectedPart(argument, 0, 1).isNull());
    CHECK(layout.protectedPart(argument, 1, 1) == layout.bandCell(1, 1));
}

TEST_CASE("cells fill the width without gaps, and each band has the same ones")
{
    const Walkthrough boot("lab-buffer-high");
    const Argument argument = argumentAt(*boot, boot->size() - 1);
    for (const int width : {480, 640, 1440}) {
        CAPTURE(width);
        const ArgumentLayout layout(argument, typeOf(width));
        CHECK(layout.strip().width() >= width - 20);
        CHECK(layout.cells().front().left() == layout.strip().left());
        CHECK(layout.cells().back().right() == layout.strip().right());
        for (std::size_t i = 1; i < layout.cells().size(); ++i)
            CHECK(layout.cells()[i].left() == layout.cells()[i - 1].right() + 1);
        for (std::size_t band = 0; band < 2; ++band) {
            CHECK(layout.band(band).left() == layout.strip().left());
            CHECK(layout.band(band).right() == layout.strip().right());
            CHECK(layout.band(band).top() > layout.strip().bottom());
        }
        CHECK(layout.band(1).top() > layout.band(0).bottom());
    }
}

TEST_CASE("start, end and top are written beside each other wherever the end is")
{
    for (const std::uint64_t used : {0U, 1U, 20U, 47U, 48U}) {
        CAPTURE(used);
        const std::uint64_t start = BufferStory::start;
        const Argument argument = argumentAt(
            withEpochs({{GuestFrame(start), GuestFrame(start + used), GuestFrame(BufferStory::top), false}}));
        const ArgumentLayout layout(argument, typeOf(480));
        const auto& marks = layout.marks();
        CHECK(marks[0].label.right() < marks[1].label.left());
        CHECK(marks[1].label.right() < marks[2].label.left());
        CHECK(marks[2].label.right() < 480);
        CHECK(marks[1].text == QStringLiteral("end 0x%1").arg(start + used, 0, 16));
        const int border = used == 48 ? layout.strip().right() + 1 : layout.cells()[used].left();
        CHECK(marks[1].x == border);
    }
}

TEST_CASE("what a side of the tables shows is written whole, in as many lines as it takes")
{
    const Walkthrough recording("lab-buffer-high");
    const Argument argument = argumentAt(*recording, 65);
    for (const int width : {320, 420, 640, 1200}) {
        CAPTURE(width);
        const ArgumentLayout layout(argument, typeOf(width));
        for (const bool detached : {false, true}) {
            const QRect title = layout.sideTitle(detached);
            const auto letters = views::sideText(argument, detached).size();
            CHECK(title.width() / 7 * (title.height() / 16) >= letters);
            CHECK(title.right() < width);
            CHECK(title.bottom() < layout.height());
        }
        CHECK(layout.sideTitle(false).right() < layout.sideTitle(true).left());
    }
    CHECK(ArgumentLayout(argument, typeOf(1200)).sideTitle(true).height() == 16);
}

TEST_CASE("detached tables are apart, and their lines lead to the cells")
{
    const Walkthrough boot("lab-buffer-high");
    const Argument argument = argumentAt(*boot, boot->size() - 1);
    const ArgumentLayout layout(argument, typeOf(640));
    std::set<std::size_t> drawn;
    for (const ArgumentLayout::Row& row : layout.rows())
        for (const ArgumentLayout::Box& box : row.boxes) {
            const TableGraph::Node& node = argument.tables.nodes[box.node];
            CHECK(layout.detachedSide().contains(box.rect) == node.detached);
            CHECK(box.rect.right() < 640);
            CHECK(box.rect.bottom() < layout.height());
            CHECK(drawn.insert(box.node).second);
        }
    const auto& lines = layout.lines();
    const auto fromDetached = std::find_if(lines.begin(), lines.end(),
        [](const ArgumentLayout::Line& line) { return line.access == PageAccess::FromDetached; });
    REQUIRE(fromDetached != lines.end());
    CHECK(layout.at(fromDetached->from + QPoint(0, 3))->kind == ArgumentItem::Kind::Table);
    CHECK(fromDetached->left >= layout.cells()[45].left());
    CHECK(fromDetached->right <= layout.cells()[65].right());
    CHECK(fromDetached->to.y() > layout.band(1).bottom());
}

TEST_CASE("where tables have no room, those that map the buffer are drawn and the rest is counted")
{
    const Walkthrough boot("lab-buffer-high");
    const Argument argument = argumentAt(*boot, boot->size() - 1);
    const ArgumentLayout layout(argument, typeOf(320));
    std::size_t tables = 0;
    std::size_t hidden = 0;
    bool mapper = false;
    for (const ArgumentLayout::Row& row : layout.rows()) {
        tables += row.boxes.size() + row.hidden;
        hidden += row.hidden;
        for (const ArgumentLayout::Box& box : row.boxes)
            mapper = mapper || argument.tables.nodes[box.node].frame == FrameNumber(0x437ea);
    }
    std::size_t all = 0;
    for (const TableGraph::Level& level : argument.tables.levels)
        all += level.tables();
    CHECK(tables == all);
    CHECK(hidden > 0);
    CHECK(mapper);
}

TEST_CASE("keys reach every cell and every table")
{
    const Walkthrough boot("lab-buffer-high");
    const Argument argument = argumentAt(*boot, boot->size() - 1);
    const ArgumentLayout layout(argument, typeOf(640));
    using Direction = ArgumentLayout::Direction;
    ArgumentItem at;
    CHECK(layout.moved(at, Direction::Left) == at);
    CHECK(layout.moved(at, Direction::Up) == at);
    at = layout.moved(at, Direction::Right);
    CHECK(at == ArgumentItem{ArgumentItem::Kind::Cell, 1});
    at = layout.moved(at, Direction::Last);
    CHECK(at == ArgumentItem{ArgumentItem::Kind::Cell, 65});
    CHECK(layout.moved(at, Direction::Right) == at);

    std::set<std::size_t> seen;
    for (ArgumentItem below = layout.moved(at, Direction::Down); below != at;
         at = below, below = layout.moved(at, Direction::Down))
        for (ArgumentItem along = layout.moved(below, Direction::First), last; along != last;
             last = along, along = layout.moved(along, Direction::Right)) {
            CHECK(along.kind == ArgumentItem::Kind::Table);
            seen.insert(along.index);
        }
    std::size_t boxes = 0;
    for (const ArgumentLayout::Row& row : layout.rows())
        boxes += row.boxes.size();
    CHECK(seen.size() == boxes);
    for (int i = 0; i < 10; ++i)
        at = layout.moved(at, Direction::Up);
    CHECK(at.kind == ArgumentItem::Kind::Cell);
}

TEST_CASE("a cell is hit in the strip and in either band")
{
    const Walkthrough boot("lab-buffer-high");
    const Argument argument = argumentAt(*boot, boot->size() - 1);
    const ArgumentLayout layout(argument, typeOf(640));
    const ArgumentItem cell{ArgumentItem::Kind::Cell, 45};
    CHECK(layout.at(layout.rectOf(cell).center()) == cell);
    CHECK(layout.at(layout.bandCell(0, 45).center()) == cell);
    CHECK(layout.at(layout.bandCell(1, 45).center()) == cell);
    CHECK_FALSE(layout.at(layout.bandLabel(0).center()));
    CHECK_FALSE(layout.at({-5, layout.strip().center().y()}));
}

TEST_CASE("of a level with hundreds of tables the detached ones and those that are wanted are kept")
{
    BufferStory story;
    for (unsigned i = 0; i < 400; ++i)
        story.set(0x2a12000, 20 + i, (0x100000ULL + i * 0x1000ULL) | rw);
    SnapshotPtr snapshot;
    for (unsigned step = 0; step < 5; ++step)
        snapshot = story.next().second;
    const auto tables = snapshot->tables();
    TableId last = noTable;
    for (TableId id = 0; id < tables.size(); ++id)
        if (tables[id].level == 1 && tables[id].origin == TableOrigin::Reachable)
            last = id;
    const TableGraph graph = tableGraph(*snapshot, [last](TableId id) { return id == last; });
    CHECK(graph.nodeOf(last) < graph.nodes.size());
    const auto lowest = std::find_if(graph.levels.begin(), graph.levels.end(),
        [](const TableGraph::Level& level) { return level.level == 1; });
    REQUIRE(lowest != graph.levels.end());
    CHECK(lowest->tables() > 400);
    CHECK(lowest->detached > 0);
    const auto position = static_cast<std::size_t>(lowest - graph.levels.begin());
    CHECK(std::count_if(graph.nodes.begin(), graph.nodes.end(), [&](const TableGraph::Node& node) {
        return node.level == position;
    }) == 256);
    CHECK(static_cast<std::size_t>(std::count_if(graph.nodes.begin(), graph.nodes.end(),
              [&](const TableGraph::Node& node) { return node.level == position && node.detached; }))
        == lowest->detached);
}
