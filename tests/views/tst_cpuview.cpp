// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QTableView>
#include <QTest>

#include "tests/views/bufferstory.h"
#include "views/cpu/cpufacts.h"
#include "views/cpu/cpuview.h"

using namespace pgtscope;
using namespace pgtscope::tests;
using namespace pgtscope::views;

namespace {

const GridRow& rowOf(const std::vector<GridRow>& rows, const QString& name)
{
    const auto found
        = std::find_if(rows.begin(), rows.end(), [&](const GridRow& row) { return row.cells[0] == name; });
    REQUIRE(found != rows.end());
    return *found;
}

StepStatePtr stateOf(Guest& guest)
{
    return std::make_shared<const StepState>(Step{}, guest.capture(), StepChanges{});
}

} // namespace

TEST_CASE("control bits say what they mean for paging as they stand")
{
    Guest guest(PagingMode::Level4);
    auto rows = cpuRows(*stateOf(guest), nullptr);
    CHECK(rowOf(rows, "CR0.WP").cells[1] == "1");
    CHECK(rowOf(rows, "CR0.WP").cells[2].contains("read-only for the kernel too"));
    CHECK(rowOf(rows, "CR4.LA57").cells[2] == "four levels in long mode");
    CHECK(rowOf(rows, "mode").cells[1] == "4-level");
    guest.cpu.control.cr0 &= ~cr0Wp;
    rows = cpuRows(*stateOf(guest), nullptr);
    CHECK(rowOf(rows, "CR0.WP").cells[2].contains("without a fault"));
}

TEST_CASE("paging that is off is a state")
{
    Guest guest(PagingMode::Off);
    const auto rows = cpuRows(*stateOf(guest), nullptr);
    CHECK(rowOf(rows, "mode").cells[1] == "off");
    CHECK(rowOf(rows, "CR0.PG").cells[2].contains("linear addresses are physical addresses"));
}

TEST_CASE("registers and bits that changed are marked")
{
    Guest guest(PagingMode::Level4);
    CpuState before = guest.cpu;
    before.control.cr4 |= cr4Smep;
    const auto rows = cpuRows(*stateOf(guest), &before);
    CHECK(rowOf(rows, "CR4.SMEP").cells[1] == QStringLiteral("0 ◥"));
    CHECK(rowOf(rows, "CR4").current);
    CHECK_FALSE(rowOf(rows, "CR0").current);
}

TEST_CASE("CR3 leads to its root table, and RIP to its address")
{
    ViewFixture f;
    CpuView view(f.document, f.selection);
    view.resize(560, 560);
    view.show();
    auto* table = view.findChild<QTableView*>("cpuTable");
    for (int row = 0; row < table->model()->rowCount(); ++row) {
        const QModelIndex index = table->model()->index(row, 0);
        if (index.data().toString() == "CR3") {
            table->scrollTo(index);
            QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(index).center());
        }
    }
    CHECK(f.selection.place().frame == FrameNumber(BufferStory::rootTable >> 12));
}

TEST_CASE("pictures of the CPU")
{
    ViewFixture f;
    f.document.goTo(10);
    CpuView view(f.document, f.selection);
    photograph(view, "cpu", {560, 560});
    CHECK(QFile::exists("screenshots/cpu-dark.png"));
}
