// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/frames/framesummary.h"
#include "core/model/regionnames.h"
#include "core/report/frameformat.h"
#include "core/report/framelooks.h"
#include "tests/core/tablebuilder.h"

using namespace pgtscope::tests;

namespace {

/// The root is mapped read-only, the PDPT writable, the other tables not at all.
Guest twoTablesMapped()
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0x2000 | rw);
    guest.set(0x2000, 0, 0x3000 | rw);
    guest.set(0x3000, 0, 0x4000 | rw);
    guest.set(0x4000, 1, 0x1000 | p);
    guest.set(0x4000, 2, 0x2000 | rw);
    return guest;
}

std::string lastLine(const FrameSummary& summary)
{
    std::ostringstream out;
    writeFramesText(out, summary);
    std::string text = out.str();
    text.pop_back();
    return text.substr(text.rfind('\n') + 1);
}

} // namespace

TEST_CASE("Mappings of table frames, and those that the supervisor may write through")
{
    const FrameSummary summary = summariseFrames(twoTablesMapped().capture());
    CHECK(lastLine(summary) == "4 table frames, mapped by 2 entries, 1 of them writable");
}

TEST_CASE("What could not be read is said beside the counts")
{
    Guest guest = twoTablesMapped();
    guest.set(0x1000, 5, 0x7000'0000'0000 | rw);
    guest.features.physicalAddressBits = 52;
    CHECK(lastLine(summariseFrames(guest.capture()))
        == "incomplete: the table at pa:0x700000000000 of level 3 was not read: outside RAM");
}

TEST_CASE("pages of pgt_buf that are no tables yet have a role of their own")
{
    Guest guest = twoTablesMapped();
    SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
    REQUIRE(builder.captureTables({}));
    PageTableBuffer buffer;
    buffer.trust = PgtBufTrust::Live;
    // Frames 3 and 4 are tables, 5 is handed out and empty, 6 to 9 are reserved.
    buffer.epochs = {{GuestFrame(3), GuestFrame(6), GuestFrame(10), false}};
    builder.setPgtBuf(buffer);
    std::uint64_t ram = 0;
    std::string waiting;
    for (const RoleCount& role : summariseFrames(builder.finish()).roles) {
        ram += role.frames;
        if (role.role == "pgt_buf")
            waiting += role.title + ": " + std::to_string(role.frames) + '\n';
    }
    CHECK(waiting == "pgt_buf, handed out and not filled: 1\npgt_buf, reserved for tables: 4\n");
    CHECK(ram == (1ULL << 30) / frameBytes);
}

TEST_CASE("frames of ROM have a role of their own, and are no part of a picture of RAM")
{
    Guest guest = twoTablesMapped();
    SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
    REQUIRE(builder.captureTables({}));
    const PhysicalRange rom{PhysicalAddress(0xfffc0000), PhysicalAddress(0x100000000)};
    builder.setPhysicalRegions({{std::string(region::rom), "ROM or flash", rom}});
    const auto snapshot = builder.finish();
    const FrameRoles roles(snapshot);
    CHECK(roles.at(FrameNumber(0xfffff)).name() == "rom");
    CHECK(roles.at(FrameNumber(0xfffbf)).name() == "mmio");
    std::uint64_t inRom = 0;
    for (const RoleCount& role : summariseFrames(snapshot).roles)
        inRom += role.title == "ROM or flash" ? role.frames : 0;
    CHECK(inRom == 0x40);
    const FrameContent picture = frameContent(roles, {}, StepChanges{});
    REQUIRE_FALSE(picture.ranges.empty());
    CHECK(picture.ranges.back().end == FrameNumber((1ULL << 30) / frameBytes));
    CHECK(picture.end == picture.ranges.back().end);
}

TEST_CASE("While CR0.WP is 0 every mapping of a table frame is writable to the supervisor")
{
    Guest guest = twoTablesMapped();
    guest.cpu.control.cr0 &= ~cr0Wp;
    const FrameSummary summary = summariseFrames(guest.capture());
    CHECK(summary.writableTableMappings == 2);
    CHECK(lastLine(summary)
        == "4 table frames, mapped by 2 entries, 2 of them writable: while CR0.WP is 0 the supervisor may "
           "write through all of them");
}

TEST_CASE("A size for a person is in its largest unit, with two decimals where it is no whole number of them")
{
    CHECK(roundedSizeText(0) == "0B");
    CHECK(roundedSizeText(4096) == "4K");
    CHECK(roundedSizeText(284 << 10) == "284K");
    CHECK(roundedSizeText(2 << 20) == "2M");
    CHECK(roundedSizeText(9132 << 10) == "8.92M");
    CHECK(roundedSizeText(2050580ULL << 10) == "1.96G");
    CHECK(roundedSizeText(~0ULL).back() == 'E');
}
