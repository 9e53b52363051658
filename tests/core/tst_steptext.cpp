// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/report/steptext.h"

using namespace pgtscope::core;

TEST_CASE("What a step's rules count is said with the rules' plain names")
{
    const std::vector<FindingCount> findings{{"mask-rw-end.violation", 4, 4}, {"mask-rw-end.pending", 1, 0},
        {"w-x.violation", 1'263, 0}, {"w-x.note", 0, 0}};
    CHECK(findingCountsText(findings)
        == "broken: 4 violations of mask-rw-end (Gleixner: up to pgt_buf_end); not broken: 1 pending of "
           "mask-rw-end (Gleixner: up to pgt_buf_end), 1,263 violations of w-x (writable and executable)");
    // Of a rule that this version does not know, what was recorded.
    const std::vector<FindingCount> others{{"tomorrow.violation", 2, 2}, {"something", 1, 0}};
    CHECK(findingCountsText(others) == "broken: 2 violations of tomorrow; not broken: something 1");
    CHECK(findingCountsText({}).empty());
}

TEST_CASE("A step's place says from where to where steps are numbered")
{
    CHECK(stepPlaceText(0, 66) == "step 0 of 0\u201365");
    CHECK(stepPlaceText(31, 66) == "step 31 of 0\u201365");
    CHECK(stepPlaceText(65, 66) == "step 65, the last");
}
