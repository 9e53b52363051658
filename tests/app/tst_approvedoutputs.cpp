// SPDX-License-Identifier: GPL-2.0-or-later
// What every command prints of a recording, in each of its formats, is as approved: see approvedoutput.h.
#include <algorithm>
#include <regex>

#include <catch2/catch.hpp>

#include "approvedoutput.h"

using namespace pgtscope;
using namespace pgtscope::tests;

namespace {

/// A recording, and what of it is asked.
struct Subject {
    std::string name;
    std::string directory = "resources/walkthroughs";
    std::vector<std::string> steps; ///< Some of its steps, in ascending order.
    std::vector<std::string> addresses; ///< Linear ones.
    std::vector<std::string> frames; ///< Physical addresses.
    std::string symbol = "startup_64";
    /// Checks of all its steps, which take seconds where there are many tables.
    std::vector<std::string> checks = {"check @", "check @ --json"};

    std::filesystem::path path() const
    {
        return std::filesystem::path(test::projectDirectory) / directory / (name + ".pgtrec");
    }
};

/// Each line once for every value, where it has the mark.
std::vector<std::string> expanded(
    const std::vector<std::string>& lines, const std::string& mark, const std::vector<std::string>& values)
{
    std::vector<std::string> result;
    for (const std::string& line : lines) {
        if (line.find(mark) == std::string::npos)
            result.push_back(line);
        else
            for (const std::string& value : values)
                result.push_back(std::regex_replace(line, std::regex(mark), value));
    }
    return result;
}

std::vector<std::string> linesFor(const Subject& subject, std::vector<std::string> lines)
{
    for (const auto& [mark, values] : std::initializer_list<std::pair<std::string, std::vector<std::string>>>{
             {"STEP", subject.steps}, {"FIRST", {subject.steps.front()}}, {"LAST", {subject.steps.back()}},
             {"ADDRESS", subject.addresses}, {"FRAME", subject.frames}, {"SYMBOL", {subject.symbol}},
             {"CHECK", subject.checks}})
        lines = expanded(lines, mark, values);
    return lines;
}

/// One file of baselines: its name, and the command lines in it. In these, "@" is the recording; a line with
/// STEP, ADDRESS, FRAME or CHECK stands for one with each that the subject names, FIRST and LAST for its
/// first and last step.
struct Sheet {
    std::string name;
    std::vector<std::string> lines;
};

const std::vector<Sheet> sheets{
    {"show",
        {"show @", "show @ --json", "show @ --from FIRST --to LAST", "show @ --step STEP",
            "show @ --step STEP --json"}},
    {"check",
        {"CHECK", "check @ --step STEP", "check @ --step STEP --json",
            "check @ --step LAST --rule w-x --rule mask-rw-end"}},
    {"walk",
        {"walk @", "walk @ --format csv", "walk @ --step STEP --physical --limit 30",
            "walk @ --step STEP --format tlb --limit 12", "walk @ --step STEP --json --limit 6",
            "walk @ --step STEP --format csv --limit 6 --expand",
            "walk @ --step STEP --filter changed --limit 30", "walk @ --filter rw&&!nx --limit 20"}},
    {"levels",
        {"walk @ --step STEP --levels", "walk @ --step STEP --levels --json",
            "walk @ --step LAST --levels --names xen"}},
    {"translate",
        {"translate @ ADDRESS --step STEP", "translate @ ADDRESS --step LAST --json",
            "translate @ ADDRESS --step LAST --names xen", "translate @ ADDRESS --step LAST --names kernel",
            "translate @ SYMBOL"}},
    {"aliases",
        {"aliases @ FRAME --step STEP", "aliases @ FRAME --json", "aliases @ FRAME --format csv",
            "aliases @ FRAME --limit 2", "aliases @ FRAME --names kernel"}},
    {"frames", {"frames @ --step STEP", "frames @ --step STEP --json"}},
    {"diff",
        {"diff @ FIRST LAST", "diff @ FIRST LAST --json", "diff @ LAST FIRST --limit 3",
            "diff @ FIRST STEP --limit 10", "diff @ FIRST FIRST"}},
    {"history",
        {"blame @ ADDRESS", "blame @ ADDRESS --json", "log @ ADDRESS", "log @ ADDRESS --json",
            "blame @ ADDRESS --step FIRST", "log @ SYMBOL --names kernel", "writers @", "writers @ --json"}},
    {"info", {"info @ --step STEP", "info @ --step STEP --json"}},
    {"symbols",
        {"symbol @ SYMBOL", "symbol @ SYMBOL --json", "symbol @ ADDRESS",
            "symbol @ ADDRESS --step FIRST --json", "events @", "events @ --json"}},
    {"narration",
        {"annotate @", "annotate @ --json", "annotate @ --step FIRST --note Here --text **bold**",
            "annotate @", "annotate @ --step FIRST --remove --json"}},
    {"export",
        {"export @ --format text -o -", "export @ --format csv -o -", "export @ --format json -o -",
            "export @ --format html -o -", "export @ --format csv --from FIRST --to FIRST -o -",
            "export @ --format csv -o page.csv --json"}},
    {"refused",
        {"show @ --step 4000000000", "diff @ FIRST 4000000000", "walk @ --step 999999 --json",
            "translate @ no-such-symbol", "aliases @ no-such-symbol", "check @ --rule no-such-rule",
            "walk @ --filter no-such-field", "walk @ --format no-such-format"}},
};

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
