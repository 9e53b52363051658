// SPDX-License-Identifier: GPL-2.0-or-later
// A finding has one label, whichever command tells of it; and what it names can be given back to a command.
#include "tests/support/catch.h"

#include <map>
#include <regex>
#include <set>

#include <nlohmann/json.hpp>

#include "core/timeline/timeline.h"
#include "core/walk/translation.h"
#include "pgtrunner.h"
#include "tests/support/walkthrough.h"

using namespace pgtscope;
using namespace pgtscope::tests;

namespace {

using nlohmann::json;

/// State and standing by key.
using Labels = std::map<std::string, std::string>;

std::string labelOf(const json& reported)
{
    return reported["standing"].get<std::string>() + ' ' + reported["state"].get<std::string>();
}

Labels labelsOf(const json& reports)
{
    Labels labels;
    for (const json& report : reports)
        for (const json& finding : report["findings"])
            labels[finding["key"]] = labelOf(finding);
    return labels;
}

/// What "pgt check FILE" says of one step.
Labels labelsAt(const json& stays, core::StepNumber step)
{
    Labels labels;
    for (const json& stay : stays) {
        const bool gone = !stay["went"].is_null() && stay["went"] <= step;
        const bool unseen = !stay["unseenSince"].is_null() && stay["unseenSince"] <= step;
        if (stay["appeared"] > step || gone || unseen)
            continue;
        for (const json& change : stay["states"])
            if (change["step"] <= step)
                labels[stay["key"]] = labelOf(change);
    }
    return labels;
}

/// The lines that name findings, "hypothetical violation xen-ro: …", up to their colons.
std::vector<std::string> headingsIn(const std::string& text)
{
    static const std::regex heading(
        R"(^((?:(?:expected|hypothetical) )?(?:violation|pending|transient|stale|note) [a-z0-9-]+):)");
    std::vector<std::string> headings;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (std::smatch match; std::regex_search(line, match, heading))
            headings.push_back(match[1]);
    return headings;
}

json answer(const std::vector<std::string>& words)
{
    const PgtRun run = runPgt(words);
    REQUIRE(run.status != 2);
    return json::parse(run.out);
}

std::string shipped(const std::string& name)
{
    return std::string(test::projectDirectory) + "/resources/walkthroughs/" + name + ".pgtrec";
}

/// Some steps of a recording, spread over it.
std::vector<core::StepNumber> someSteps(const core::Timeline& timeline)
{
    std::vector<core::StepNumber> steps;
    for (unsigned i = 0; i < 6; ++i)
        steps.push_back((timeline.size() - 1) * i / 5);
    return steps;
}

std::vector<std::string> wordsOf(const json& finding)
{
    std::vector<std::string> words{finding["summary"], finding["remedy"]};
    for (const json& clause : finding["clauses"])
        words.push_back(clause["values"]);
    return words;
}

std::vector<std::string> matches(const std::string& text, const std::regex& wanted)
{
    std::vector<std::string> found;
    for (auto at = std::sregex_iterator(text.begin(), text.end(), wanted); at != std::sregex_iterator(); ++at)
        found.push_back(at->str());
    return found;
}

/// "frame:0x1234", "pa:0x1234000".
std::vector<std::string> placesIn(const std::string& words)
{
    static const std::regex place("(?:pa|frame|pfn):0x[0-9a-f]+");
    return matches(words, place);
}

/// Numbers that name a place and do not say of which space. A linear address needs no prefix, nor does what
/// an entry holds.
std::vector<std::string> bareNumbersIn(const std::string& words)
{
    static const std::regex spelt("(?:pa|frame|pfn):0x[0-9a-f]+");
    static const std::regex value("(?:= |sets reserved bits |saw |exp )0x[0-9a-f]+");
    static const std::regex linear("(?:^|at |from )0x[0-9a-f]+|0x[0-9a-f]+ >= 0x[0-9a-f]+"
                                   "|\\[0x[0-9a-f]+, 0x[0-9a-f]+\\)");
    std::string rest = words;
    for (const std::regex* known : {&spelt, &value, &linear})
        rest = std::regex_replace(rest, *known, "");
    return matches(rest, std::regex("[A-Za-z]*:?0x[0-9a-f]+"));
}

/// Addresses that a sentence gives as linear ones.
std::vector<core::LinearAddress> linearAddressesIn(const std::string& words)
{
    static const std::regex linear("(?:at|from) (0x[0-9a-f]+)");
    std::vector<core::LinearAddress> found;
    for (auto at = std::sregex_iterator(words.begin(), words.end(), linear); at != std::sregex_iterator();
         ++at)
        found.emplace_back(std::stoull((*at)[1], nullptr, 16));
    return found;
}

} // namespace

TEST_CASE("show, check of a recording and check of a step label every finding alike")
{
    const std::string name = GENERATE(from_range(std::begin(walkthroughNames), std::end(walkthroughNames)));
    INFO(name);
    const std::string file = shipped(name);
    const auto timeline = core::Timeline::open(file).value();
    const json whole = answer({"check", file, "--json"});
    REQUIRE(whole["incomplete"] == false);
    for (const core::StepNumber step : someSteps(*timeline)) {
        INFO("step " << step);
        const std::string number = std::to_string(step);
        const json checked = answer({"check", file, "--step", number, "--json"});
        const json shown = answer({"show", file, "--step", number, "--json"});
        CHECK(shown["reports"] == checked["reports"]);
        const Labels labels = labelsOf(checked["reports"]);
        const Labels overAll = labelsAt(whole["findings"], step);
        // Of very many, one step explains the first only.
        for (const auto& [key, label] : labels)
            CHECK((overAll.contains(key) ? overAll.at(key) : "none of it: " + key) == label);
        std::uint64_t total = 0;
        for (const json& report : checked["reports"])
            for (const auto& [state, count] : report["totals"].items())
                total += count.get<std::uint64_t>();
        CHECK(overAll.size() == total);
        // The counts that the recording keeps of the step.
        for (const auto& [counted, count] : shown["findings"].items()) {
            INFO(counted);
            const auto of = [&, which = counted](std::string_view standing) {
                return std::count_if(overAll.begin(), overAll.end(), [&](const auto& known) {
                    const std::string rule = known.first.substr(0, known.first.find('/'));
                    const std::string state = known.second.substr(known.second.find(' ') + 1);
                    return rule + '.' + state == which && known.second.starts_with(standing);
                });
            };
            CHECK(of("") == count);
            CHECK(of("broken") == shown["broken"].value(counted, 0));
        }
        // In words: what "show" lists is the beginning of what "check" lists.
        const auto all = headingsIn(runPgt({"check", file, "--step", number, "--all"}).out);
        for (const std::string& heading : headingsIn(runPgt({"show", file, "--step", number}).out))
            CHECK(std::find(all.begin(), all.end(), heading) != all.end());
        CHECK(all.empty() == labels.empty());
    }
}

TEST_CASE("every number in a finding's words is spelt as commands take it")
{
    const std::string name = GENERATE(from_range(std::begin(walkthroughNames), std::end(walkthroughNames)));
    INFO(name);
    const std::string file = shipped(name);
    const auto timeline = core::Timeline::open(file).value();
    std::set<std::string> places;
    for (const core::StepNumber step : someSteps(*timeline)) {
        const std::string number = std::to_string(step);
        const auto snapshot = timeline->snapshot(step).value();
        const json checked = answer({"check", file, "--step", number, "--json"});
        for (const json& report : checked["reports"])
            for (const json& finding : report["findings"])
                for (const std::string& words : wordsOf(finding)) {
                    INFO(words);
                    for (const std::string& bare : bareNumbersIn(words))
                        CHECK(bare == "");
                    for (const core::LinearAddress linear : linearAddressesIn(words))
                        CHECK(core::translate(*snapshot, linear).end == core::TranslationEnd::Mapped);
                    for (const std::string& place : placesIn(words))
                        if (places.insert(place.substr(0, place.find(':'))).second)
                            CHECK(runPgt({"aliases", file, place, "--step", number}).status == 0);
                }
    }
    CHECK(places.contains("pa"));
}
