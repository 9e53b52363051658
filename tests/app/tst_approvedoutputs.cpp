// SPDX-License-Identifier: GPL-2.0-or-later
// What every command prints of a recording, in each of its formats, is as approved: see approvedoutput.h.
#include <algorithm>

#include "tests/support/catch.h"

#include "approvedoutput.h"
#include "commandsheets.h"

using namespace pgtscope;
using namespace pgtscope::tests;

namespace {

const std::vector<Subject> subjects{
    {.name = "debian-boot",
        .steps = {"0", "23", "38", "52"},
        .addresses = {"0xffffffff81000000", "0xffff888000100000"},
        .frames = {"0x1000000", "0x4402000"}},
    {.name = "lab-buffer-high",
        .steps = {"1", "27", "65"},
        .addresses = {"0xffffffff80100000", "0x100000"},
        .frames = {"0x437c0000", "0x100000"}},
    {.name = "lab-buffer-low",
        .steps = {"0", "40", "75"},
        .addresses = {"0xffffffff80100000"},
        .frames = {"0x100000"}},
    {.name = "xen-dom0-boot",
        .steps = {"0", "18", "37"},
        .addresses = {"0xffffffff81000000", "0xffff888000100000"},
        .frames = {"0x32a10000"}},
    {.name = "xen-flip-writable",
        .steps = {"1", "52"},
        .addresses = {"0xffffffff81000000"},
        .frames = {"0x32a10000"},
        .checks = {"check @ --rule xen-types"}},
    {.name = "xen-skip-readonly",
        .steps = {"4", "33"},
        .addresses = {"0xffffffff81000000"},
        .frames = {"0x32a10000"},
        .checks = {"check @ --rule xen-ro --rule xen-types"}},
    {.name = "lab-xen-end-rule",
        .steps = {"1", "65", "66"},
        .addresses = {"0xffffffff80100000"},
        .frames = {"0x62feb000", "0x7d92c000"}},
    {.name = "stores",
        .directory = "tests/app/recordings",
        .steps = {"30", "60", "94"},
        .addresses = {"0x18578e00a000"},
        .frames = {"0x917000"},
        .symbol = "0x18578e00a000"},
    {.name = "stores-format1",
        .directory = "tests/app/recordings",
        .steps = {"94"},
        .addresses = {"0x18578e00a000"},
        .frames = {"0x917000"},
        .symbol = "0x18578e00a000"},
    {.name = "two-level",
        .directory = "tests/app/recordings",
        .steps = {"0", "39"},
        .addresses = {"0x4400123"},
        .frames = {"0x12f000"},
        .symbol = "alloc_low_pages"},
    {.name = "pae",
        .directory = "tests/app/recordings",
        .steps = {"0", "2", "3"},
        .addresses = {"0xc2003000", "0xc0000000", "0xc2015000"},
        .frames = {"0x2000"},
        .symbol = "startup_32"},
    {.name = "five-level",
        .directory = "tests/app/recordings",
        .steps = {"0", "39"},
        .addresses = {"0x94f98ea4e00000"},
        .frames = {"0x76700000"},
        .symbol = "alloc_low_pages"},
};

} // namespace

TEST_CASE("commands print of every recording what was approved")
{
    const Subject& subject = GENERATE(from_range(subjects));
    for (const Sheet& sheet : sheets) {
        INFO(subject.name << ", " << sheet.name);
        const Transcript transcript = transcriptOf(subject.path(), linesFor(subject, sheet.lines));
        CHECK(differenceFromBaseline(subject.name + "/" + sheet.name + ".txt", transcript) == "");
    }
}

TEST_CASE("every file of what was approved is compared")
{
    std::vector<std::string> forgotten;
    const std::filesystem::path baselines
        = std::filesystem::path(test::projectDirectory) / "tests/app/baselines";
    for (const auto& file : std::filesystem::recursive_directory_iterator(baselines)) {
        const auto subject = std::find_if(subjects.begin(), subjects.end(),
            [&](const Subject& s) { return s.name == file.path().parent_path().filename(); });
        const auto sheet = std::find_if(
            sheets.begin(), sheets.end(), [&](const Sheet& s) { return s.name == file.path().stem(); });
        if (file.is_regular_file() && (subject == subjects.end() || sheet == sheets.end()))
            forgotten.push_back(file.path());
    }
    CHECK(forgotten == std::vector<std::string>{});
}

TEST_CASE("a difference from what was approved is told by the lines that differ")
{
    CHECK(lineDifference("a\nb\nc\n", "a\nb\nc\n") == "");
    CHECK(
        lineDifference("a\nb\nc\n", "a\nx\nc\nd\n") == "line 2, after: a\n- b\n+ x\nline 4, after: c\n+ d\n");
    CHECK(lineDifference("a\nb\nc\n", "", 2) == "line 1\n- a\n- b\n...\n");
}

TEST_CASE("a page is compared by its text")
{
    CHECK(textOfPage("<style nonce=\"x\">p {}</style><h1>A</h1>\n\n  <p>b</p>\n<script>1 < 2</script>")
        == "A\nb\n");
}
