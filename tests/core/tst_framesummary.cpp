// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/frames/framesummary.h"
#include "core/report/frameformat.h"
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

TEST_CASE("While CR0.WP is 0 every mapping of a table frame is writable to the supervisor")
{
    Guest guest = twoTablesMapped();
    guest.cpu.control.cr0 &= ~cr0Wp;
    const FrameSummary summary = summariseFrames(guest.capture());
    CHECK(summary.writableTableMappings == 2);
    CHECK(lastLine(summary)
        == "4 table frames, mapped by 2 entries, 2 of them writable: while CR0.WP is 0 the supervisor may "
           "write "
           "all");
}
