// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of rules as data: adding one touches its own file.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/support/catch.h"

#include "core/rules/rule.h"
#include "testpaths.h"

using namespace pgtscope::core;

TEST_CASE("the name of a rule stands in its own file and nowhere else")
{
    namespace fs = std::filesystem;
    std::vector<std::string> elsewhere;
    for (const char* room : {"core", "gdb", "views", "app"})
        for (const auto& file :
            fs::recursive_directory_iterator(fs::path(pgtscope::test::projectDirectory) / room)) {
            const std::string extension = file.path().extension();
            if (!file.is_regular_file() || (extension != ".cpp" && extension != ".h")
                || file.path().filename().string().starts_with("rule_"))
                continue;
            std::ifstream source(file.path(), std::ios::binary);
            const std::string text{std::istreambuf_iterator<char>(source), {}};
            for (const auto& rule : allRules()) {
                // "reserved-bits" is also how a translation can end.
                if (rule->name() == "reserved-bits")
                    continue;
                for (std::size_t at = 0;
                     (at = text.find("\"" + std::string(rule->name()) + "\"", at)) != text.npos; ++at) {
                    const std::size_t line = text.rfind('\n', at);
                    if (text.substr(line, at - line).find("//") == std::string::npos)
                        elsewhere.push_back(file.path().string() + ": " + std::string(rule->name()));
                }
            }
        }
    CHECK(elsewhere == std::vector<std::string>{});
}

TEST_CASE("one rule leads, and two are compared")
{
    const auto count = [](const auto& isIt) {
        return std::count_if(
            allRules().begin(), allRules().end(), [&](const auto& rule) { return isIt(rule->text()); });
    };
    CHECK(count([](const RuleText& text) { return text.leads; }) == 1);
    CHECK(count([](const RuleText& text) { return text.comparison == RuleComparison::First; }) == 1);
    CHECK(count([](const RuleText& text) { return text.comparison == RuleComparison::Second; }) == 1);
    CHECK(leadingRule().name() == "xen-ro");
    CHECK(comparedRule(RuleComparison::First).name() == "mask-rw-2012");
    CHECK(comparedRule(RuleComparison::Second).name() == "mask-rw-end");
}

TEST_CASE("findings are added up, of rules with the same question only the highest count")
{
    FindingTally tally;
    CHECK(tally.total() == 0);
    tally.add("mask-rw-2012", 5);
    tally.add("xen-ro", 7);
    tally.add("mask-rw-end", 6);
    CHECK(tally.total() == 7);
    tally.add("w-x", 2);
    tally.add("a rule that is not known", 1);
    CHECK(tally.total() == 10);
}

TEST_CASE("the identity of a rule is its name and its version")
{
    std::set<std::string> ids;
    for (const auto& rule : allRules()) {
        CHECK(rule->text().version >= 1);
        CHECK(ids.insert(rule->id()).second);
        CHECK((" " + ruleIds() + " ").find(" " + rule->id() + " ") != std::string::npos);
    }
    CHECK(findRule("xen-ro")->id() == "xen-ro/" + std::to_string(findRule("xen-ro")->text().version));
}
