// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <initializer_list>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "testpaths.h"

/// Command lines that together are every command that works on a recording, in each of its formats.
namespace pgtscope::tests {

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
inline std::vector<std::string> expanded(
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

inline std::vector<std::string> linesFor(const Subject& subject, std::vector<std::string> lines)
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

inline const std::vector<Sheet> sheets{
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

} // namespace pgtscope::tests
