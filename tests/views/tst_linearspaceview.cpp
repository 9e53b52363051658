// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QTest>

#include "tests/views/bufferstory.h"
#include "views/address/linearbands.h"
#include "views/address/linearspaceview.h"

using namespace pgtscope;
using namespace pgtscope::tests;
using namespace pgtscope::views;

TEST_CASE("each band is the slot of the band above it")
{
    ViewFixture f;
    f.document.goTo(10);
    const auto bands = LinearSummary(f.document.state()).bands(LinearAddress(0xffff888003f09000));
    REQUIRE(bands.size() == 4);
    CHECK(bands[0].level == 4);
    CHECK(bands[0].chosen == 273U);
    CHECK(bands[1].begin == LinearAddress(0xffff888000000000));
    CHECK(bands[3].level == 1);
    CHECK(bands[3].begin == LinearAddress(0xffff888003e00000));
    CHECK(bands[3].chosen == 0x109U);
    CHECK(bands[3].slotBytes == 4096);
}

TEST_CASE("a slot sums up what lies below it with effective rights")
{
    ViewFixture f;
    f.document.goTo(10);
    const auto bands = LinearSummary(f.document.state()).bands(LinearAddress(0xffff888003f09000));
    CHECK(bands[0].cells[273].writable);
    CHECK(bands[0].cells[273].readOnly);
    CHECK_FALSE(bands[0].cells[273].executable);
    CHECK(bands[0].cells[511].executable);
    CHECK_FALSE(bands[0].cells[0].mapped);
    CHECK(bands[3].cells[0x109].writable);
    CHECK(bands[3].cells[0x102].readOnly);
    CHECK_FALSE(bands[3].cells[0x102].writable);
}

TEST_CASE("what changed is marked on every level above it")
{
    ViewFixture f;
    f.document.goTo(10);
    const auto bands = LinearSummary(f.document.state()).bands(LinearAddress(0xffffffffff5ff000));
    REQUIRE(bands.size() == 4);
    CHECK(bands[0].cells[511].changed);
    CHECK(bands[1].cells[511].changed);
    CHECK(bands[2].cells[506].changed);
    CHECK(bands[3].cells[255].changed);
    CHECK_FALSE(bands[3].cells[254].changed);
}

TEST_CASE("a table's sum is that of its slots")
{
    ViewFixture f;
    for (const quint64 step : {6U, 10U, 13U}) {
        f.document.goTo(step);
        const auto bands = LinearSummary(f.document.state()).bands(LinearAddress(0xffff888003f09000));
        REQUIRE(bands.size() == 4);
        SlotSummary sum;
        for (const SlotSummary& slot : bands[3].cells)
            sum.add(slot);
        SlotSummary reported = bands[2].cells[*bands[2].chosen];
        // The entry of the table above may have changed when nothing in the table did.
        reported.changed = sum.changed;
        CHECK(reported == sum);
    }
}

TEST_CASE("tables that alias without end are summed up in no time")
{
    Guest guest(PagingMode::Level4);
    for (unsigned i = 0; i < 512; ++i)
        guest.set(0x1000, i, 0x1000 | rw);
    const auto state = std::make_shared<const StepState>(Step{}, guest.capture(), StepChanges{});
    const auto bands = LinearSummary(state).bands(LinearAddress(0));
    REQUIRE(bands.size() == 4);
    CHECK(bands[0].cells[511].writable);
}

TEST_CASE("every paging mode has its bands, and none while paging is off")
{
    for (const PagingMode mode :
        {PagingMode::Off, PagingMode::Bits32, PagingMode::Pae, PagingMode::Level4, PagingMode::Level5}) {
        Guest guest(mode);
        guest.set(0x1000, 0, mode == PagingMode::Pae ? 0x2001 : 0x2000 | rw);
        guest.set(0x2000, 0, 0x3000 | rw);
        guest.set(0x3000, 0, 0x4000 | rw);
        guest.set(0x4000, 0, 0x5000 | rw);
        guest.set(0x5000, 0, 0x6000 | rw);
        const auto state = std::make_shared<const StepState>(Step{}, guest.capture(), StepChanges{});
        LinearBands widget;
        widget.setState(state);
        CHECK(widget.bands().size() == state->snapshot()->paging().levels());
        widget.resize(300, 200);
        widget.grab();
    }
}

TEST_CASE("clicks and keys move through the address space")
{
    ViewFixture f;
    f.document.goTo(10);
    LinearSpaceView view(f.document, f.selection);
    view.resize(900, 420);
    view.show();
    f.selection.select(placeOf(LinearAddress(0xffff888003f09000)));
    LinearBands& bands = view.bands();
    QTest::mouseClick(bands.viewport(), Qt::LeftButton, {}, bands.slotRect(0, 511).center());
    CHECK(f.selection.place().linear == LinearAddress(0xffffff8000000000));
    CHECK(f.selection.place().level == 4U);
    QTest::keyClick(&bands, Qt::Key_Down);
    QTest::keyClick(&bands, Qt::Key_End);
    CHECK(f.selection.place().linear == LinearAddress(0xffffffffc0000000));
    QTest::keyClick(&bands, Qt::Key_Left);
    CHECK(f.selection.place().linear == LinearAddress(0xffffffff80000000));
    CHECK(bands.accessibleDescription().contains("PDPTE"));
    QTest::keyClick(&bands, Qt::Key_Up);
    QTest::keyClick(&bands, Qt::Key_Home);
    CHECK(f.selection.place().linear == LinearAddress(0));
}

TEST_CASE("pictures of the linear address space")
{
    ViewFixture f;
    f.document.goTo(10);
    f.selection.select(placeOf(LinearAddress(0xffff888003f09000)));
    LinearSpaceView view(f.document, f.selection);
    photograph(view, "linear-space", {900, 400});
    CHECK(QFile::exists("screenshots/linear-space-dark.png"));
}
