// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "core/exercises/exercisetext.h"
#include "core/linux/events.h"
#include "core/rules/rule.h"
#include "core/timeline/timeline.h"
#include "pgtrunner.h"
#include "tests/core/isolatedguest.h"

using namespace pgtscope;
using namespace pgtscope::tests;

namespace {

nlohmann::json parsed(const PgtRun& run) { return nlohmann::json::parse(run.out); }

std::string contentOf(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("every command that looks at a guest looks at a step of a recording")
{
    const StoryFile file(12);
    const auto timeline = core::Timeline::open(file.path()).value();

    SECTION("walk tells the mappings of the step that is named, of the last without a name")
    {
        const auto last = parsed(runPgt({"walk", file.path(), "--levels", "--json"}));
        const auto named = parsed(runPgt({"walk", file.path(), "--levels", "--json", "--step", "11"}));
        const auto first = parsed(runPgt({"walk", file.path(), "--levels", "--json", "--step", "0"}));
        CHECK(last == named);
        CHECK_FALSE(first["tables"] == last["tables"]);
    }
    SECTION("'changed' compares with the step before")
    {
        for (unsigned step = 1; step < 12; ++step) {
            const auto changes = timeline->changes(step).value();
            const auto run = runPgt(
                {"walk", file.path(), "--step", std::to_string(step), "--filter", "changed", "--json"});
            REQUIRE(run.status == 0);
            if (changes.entries.empty())
                CHECK(parsed(run)["runs"].empty());
        }
    }
    SECTION("translate takes the file, then the address")
    {
        const auto run = runPgt({"translate", file.path(), "0x1000", "--json"});
        CHECK(run.status == 0);
        CHECK(parsed(run).contains("outcome"));
    }
    SECTION("symbols are the recording's own")
    {
        const auto run = runPgt({"symbol", file.path(), "init_mem_mapping", "--json"});
        REQUIRE(run.status == 0);
        CHECK(parsed(run)["address"] == "0xffffffff81000100");
    }
    SECTION("frames, aliases and info answer too")
    {
        CHECK(parsed(runPgt({"frames", file.path(), "--json"})).contains("roles"));
        CHECK(runPgt({"aliases", file.path(), "0x5000"}).status == 0);
        CHECK(parsed(runPgt({"info", file.path(), "--json"}))["root"] == "0x1000");
    }
}

TEST_CASE("--cr3 chooses among the roots that a step of a recording has")
{
    IsolatedGuest guest;
    const test::TemporaryDirectory directory;
    const std::string file = (directory / "halves.pgtrec").string();
    record(file, {guest.both()});
    const auto rootOf = [&](const std::string& cr3) {
        return parsed(runPgt({"info", file, "--cr3", cr3, "--json"}))["rootOf"];
    };
    CHECK(parsed(runPgt({"info", file, "--json"}))["rootOf"] == "KPTI's kernel half");
    CHECK(rootOf("0x4000") == "KPTI's kernel half");
    CHECK(rootOf("0x8000000000005800") == "KPTI's user half"); // as CR3 has it: no flush, and a PCID
    CHECK(rootOf("frame:0x5") == "KPTI's user half");
    CHECK(contains(runPgt({"walk", file, "--levels"}).out, "root of KPTI's user half: PML4 table at 0x5000"));
    CHECK(runPgt({"walk", file, "--cr3", "0x7000"}).status == 2);
    CHECK(runPgt({"check", file, "--cr3", "0x5000"}).status == 2);
    std::string checked = runPgt({"check", file, "--step", "0"}).out;
    std::replace(checked.begin(), checked.end(), '\n', ' ');
    CHECK(contains(checked, "both halves of KPTI were checked"));
}

TEST_CASE("check of a whole recording says which tables and roots it has looked at, and at which steps")
{
    IsolatedGuest isolated;
    Guest plain(PagingMode::Level4);
    plain.set(0x1000, 0, 0x2000 | rw);
    const test::TemporaryDirectory directory;
    const std::string file = (directory / "roots.pgtrec").string();
    record(file, {plain.capture(), isolated.both(), isolated.both()});
    const auto coverage = parsed(runPgt({"check", file, "--json"}))["coverage"];
    // Two of the first step, six of both halves.
    CHECK(coverage["tables"] == 8);
    CHECK(coverage["tableFrames"] == 8);
    std::string roots;
    for (const auto& root : coverage["roots"])
        roots += root["address"].get<std::string>() + ' ' + root["of"].get<std::string>()
            + (root["checked"] == true ? "" : " unchecked") + ' ' + root["first"].dump() + ' '
            + root["last"].dump() + ' ' + root["steps"].dump() + '\n';
    CHECK(roots == "0x1000 CR3 0 0 1\n0x4000 KPTI's kernel half 1 2 2\n0x5000 KPTI's user half 1 2 2\n");
    CHECK(coverage["moreRoots"] == 0);
    CHECK(coverage["gaps"].empty());
}

TEST_CASE("what could not be read is exit status 3, wherever a frame or an address is looked for")
{
    Guest guest(PagingMode::Level4);
    guest.set(0x1000, 0, 0xfee00000 | rw);
    const test::TemporaryDirectory directory;
    const std::string file = (directory / "gap.pgtrec").string();
    record(file, {guest.capture()});
    for (const std::vector<std::string>& words :
        std::vector<std::vector<std::string>>{{"aliases", file, "frame:0x9"},
            {"aliases", file, "frame:0x9", "--json"}, {"frames", file}, {"translate", file, "0x1000"}}) {
        INFO(words[0]);
        CHECK(runPgt(words).status == 3);
    }
    // What is listed is not what was asked for: the gap is said beside it.
    CHECK(runPgt({"walk", file, "--filter", "pfn == 9"}).status == 0);
    CHECK(runPgt({"aliases", file, "va:0x1000"}).status == 2);
    CHECK(runPgt({"translate", file, "0xffff800000000000"}).status == 0);
}

TEST_CASE("a link to a moment is a file with its step, and gives the place where none is typed")
{
    const StoryFile file(12);
    const std::string link = file.path() + "#step=4";
    for (const char* command : {"walk", "info", "frames", "check"}) {
        INFO(command);
        const auto named = runPgt({command, file.path(), "--step", "4", "--json"});
        const auto linked = runPgt({command, link, "--json"});
        CHECK(linked.status == named.status);
        CHECK(linked.out == named.out);
        CHECK(linked.out != runPgt({command, file.path(), "--step", "9", "--json"}).out);
    }
    CHECK(runPgt({"show", link}).out == runPgt({"show", file.path(), "--step", "4"}).out);
    CHECK(runPgt({"show", link, "--step", "4"}).status == 0);
    CHECK(runPgt({"walk", link + "&view=tables", "--json"}).status == 0);

    const std::string place = "0x1000";
    CHECK(runPgt({"translate", link + "&address=" + place}).out
        == runPgt({"translate", file.path(), place, "--step", "4"}).out);
    CHECK(runPgt({"aliases", link + "&frame=0x1000"}).out
        == runPgt({"aliases", file.path(), "frame:0x1000", "--step", "4"}).out);
    CHECK(runPgt({"translate", link + "&address=0x1", place}).out
        == runPgt({"translate", file.path(), place, "--step", "4"}).out);

    SECTION("and is refused where it cannot be meant")
    {
        CHECK(runPgt({"walk", link, "--step", "5"}).status == 2);
        CHECK(runPgt({"show", link, "--step", "5"}).status == 2);
        CHECK(runPgt({"walk", file.path() + "#step=12"}).status == 2);
        CHECK(runPgt({"walk", file.path() + "#garbage"}).status == 2);
        CHECK(runPgt({"show", file.path() + "#step=x"}).status == 2);
        CHECK(runPgt({"translate", link}).status == 2);
        for (const char* command : {"diff @ 1 2", "writers @", "export @ -o -", "recording verify @"}) {
            INFO(command);
            std::vector<std::string> words;
            std::istringstream in(command);
            for (std::string word; in >> word;)
                words.push_back(word == "@" ? link : word);
            CHECK(runPgt(words).status == 2);
        }
    }
    SECTION("a file whose name has a '#' opens")
    {
        const std::string odd = file.beside("a#step=1.pgtrec");
        std::filesystem::copy_file(file.path(), odd);
        CHECK(runPgt({"walk", odd, "--json"}).out == runPgt({"walk", file.path(), "--json"}).out);
        CHECK(runPgt({"walk", odd + "#step=4", "--json"}).out == runPgt({"walk", link, "--json"}).out);
    }
}

TEST_CASE("an exercise is asked, judged, recorded and put on a page")
{
    const StoryFile place(1);
    CHECK(parsed(runPgt({"exercise", "--json"}))["exercises"].size() == core::exerciseKinds().size());
    for (const core::ExerciseKind& kind : core::exerciseKinds()) {
        INFO(kind.name);
        const std::string name(kind.name);
        const auto exercise = kind.make(kind, 7);
        CHECK(runPgt({"exercise", name, "--seed", "7"}).out == core::exerciseText(*exercise));
        CHECK(
            parsed(runPgt({"exercise", name, "--seed", "7", "--json"}))["question"] == exercise->question());
        for (const std::string& answer : exercise->explainedAnswers()) {
            const auto judged = runPgt({"exercise", name, "--seed", "7", "--answer", answer, "--json"});
            const auto verdict = exercise->judge(answer).value();
            CHECK(judged.status == (verdict.right ? 0 : 1));
            CHECK(parsed(judged)["why"] == verdict.why);
        }
        CHECK(runPgt({"exercise", name, "--seed", "7", "--answer", "what?"}).status == 2);
        const std::string recording = place.beside(name + ".pgtrec");
        CHECK(runPgt({"exercise", name, "--seed", "7", "--record", recording}).status == 0);
        CHECK(runPgt({"exercise", name, "--seed", "7", "--record", recording}).status == 2);
        CHECK(runPgt({"walk", recording}).status == 0);
    }
    CHECK(contains(runPgt({"exercise", "store"}).out, "seed "));
    CHECK(runPgt({"exercise", "nothing"}).status == 2);
    CHECK(runPgt({"exercise", "store", "--answer", "4"}).status == 2);
    const std::string page = place.beside("class.html");
    CHECK(runPgt({"exercise", "--page", page, "--seed", "1", "--count", "5"}).status == 0);
    CHECK(runPgt({"exercise", "--page", page, "--seed", "1", "--count", "5"}).status == 2);
    CHECK(runPgt({"exercise", "--page", page, "--seed", "1", "--count", "5", "--force"}).status == 0);
}

TEST_CASE("what cannot be is refused with status 2")
{
    const StoryFile file(3);
    CHECK(runPgt({"walk", file.path(), "--step", "3"}).status == 2);
    CHECK(runPgt({"walk", file.path(), "--cpu", "1"}).status == 2);
    CHECK(runPgt({"walk", "--step", "1"}).status == 2);
    CHECK(runPgt({"show", file.beside("absent.pgtrec")}).status == 2);
    CHECK(runPgt({"check", file.path(), "--rule", "no-such-rule"}).status == 2);
    CHECK(runPgt({"diff", file.path(), "0", "9"}).status == 2);
    CHECK(runPgt({"annotate", file.path(), "--note", "no step named"}).status == 2);
    // No linear address is taken for a physical one, by its number or by its symbol.
    CHECK(runPgt({"aliases", file.path(), "0xffffffff81000100"}).status == 2);
    CHECK(runPgt({"aliases", file.path(), "init_mem_mapping"}).status == 2);
}

TEST_CASE("show tells every step with its narration")
{
    const StoryFile file(6);
    REQUIRE(runPgt({"annotate", file.path(), "--step", "2", "--chapter", "The buffer grows", "--text",
                       "The **first** page\n\n- one\n- two"})
                .status
        == 0);
    const auto run = runPgt({"show", file.path()});
    REQUIRE(run.status == 0);
    CHECK(contains(run.out, "The buffer grows\n================"));
    CHECK(contains(run.out, "The first page"));
    CHECK(contains(run.out, "\n  - one\n  - two"));
    for (int step = 0; step < 6; ++step)
        CHECK(contains(run.out, "stop " + std::to_string(step)));

    SECTION("no line is wider than the terminal")
    {
        std::istringstream lines(run.out);
        for (std::string line; std::getline(lines, line);)
            CHECK(line.size() <= 80);
    }
    SECTION("a part of it, and one step in detail")
    {
        const auto part = runPgt({"show", file.path(), "--from", "1", "--to", "2"});
        CHECK(contains(part.out, "stop 2"));
        CHECK_FALSE(contains(part.out, "stop 3"));
        const auto detail = parsed(runPgt({"show", file.path(), "--step", "4", "--json"}));
        CHECK(detail["step"] == 4);
        CHECK(detail["reports"].size() >= 7);
    }
    SECTION("JSON has everything that the text has")
    {
        const auto json = parsed(runPgt({"show", file.path(), "--json"}));
        CHECK(json["steps"].size() == 6);
        CHECK(json["annotations"][0]["title"] == "The buffer grows");
        CHECK(json["guest"]["guest"] == "story");
    }
}

TEST_CASE("diff has status 1 where two steps differ, and 0 where they do not")
{
    const StoryFile file(8);
    CHECK(runPgt({"diff", file.path(), "3", "3"}).status == 0);
    const auto run = runPgt({"diff", file.path(), "0", "7", "--json"});
    CHECK(run.status == 1);
    const auto json = parsed(run);
    CHECK(json["from"] == 0);
    CHECK_FALSE((json["entries"].empty() && json["tables"].empty()));
}

TEST_CASE("diff turned round tells the opposite")
{
    const StoryFile file(8);
    const auto there = parsed(runPgt({"diff", file.path(), "1", "6", "--json"}));
    const auto back = parsed(runPgt({"diff", file.path(), "6", "1", "--json"}));
    CHECK(there["findings"]["appeared"] == back["findings"]["went"]);
    CHECK(there["findings"]["went"] == back["findings"]["appeared"]);
    REQUIRE(there["entries"].size() == back["entries"].size());
    for (std::size_t i = 0; i < there["entries"].size(); ++i) {
        CHECK(there["entries"][i]["before"] == back["entries"][i]["after"]);
        CHECK(there["entries"][i]["after"] == back["entries"][i]["before"]);
    }
}

TEST_CASE("check follows findings over the steps, and agrees with a check of each step")
{
    const StoryFile file(10);
    const auto all = parsed(runPgt({"check", file.path(), "--json"}));
    CHECK(all["steps"] == 10);
    for (unsigned step = 0; step < 10; ++step) {
        const auto one = parsed(runPgt({"check", file.path(), "--step", std::to_string(step), "--json"}));
        std::map<std::string, std::uint64_t> expected;
        for (const auto& report : one["reports"])
            for (const auto& total : report["totals"])
                expected[report["rule"]] += total.get<std::uint64_t>();
        std::map<std::string, std::uint64_t> followed;
        for (const auto& finding : all["findings"])
            if (finding["appeared"] <= step && (finding["went"].is_null() || finding["went"] > step))
                ++followed[finding["rule"]];
        for (const auto& [rule, count] : expected) {
            INFO(rule << " at step " << step);
            CHECK(followed[rule] == count);
        }
    }
}

TEST_CASE("check lists its rules, and puts the two readings of 2012 side by side")
{
    const auto rules = parsed(runPgt({"check", "--rules", "--json"}))["rules"];
    CHECK(rules.size() == core::allRules().size());
    const StoryFile file(4);
    const auto json = parsed(runPgt({"check", file.path(), "--step", "3", "--json"}));
    CHECK(json["difference"]["first"] == "mask-rw-2012");
    CHECK(json["difference"]["second"] == "mask-rw-end");
}

TEST_CASE("narration goes to an editor and comes back the same")
{
    const StoryFile file(5);
    REQUIRE(runPgt({"annotate", file.path(), "--step", "1", "--chapter", "One", "--text", "# [3] no heading"})
                .status
        == 0);
    REQUIRE(
        runPgt({"annotate", file.path(), "--step", "4", "--note", "Two", "--text", "a\n\nb"}).status == 0);
    const auto before = runPgt({"annotate", file.path(), "--json"});
    CHECK(parsed(before)["annotations"].size() == 2);
    const std::string notes = file.beside("notes.md");
    REQUIRE(runPgt({"annotate", file.path(), "--to", notes}).status == 0);
    REQUIRE(runPgt({"annotate", file.path(), "--step", "1", "--remove"}).status == 0);
    CHECK_FALSE(runPgt({"annotate", file.path(), "--json"}).out == before.out);
    REQUIRE(runPgt({"annotate", file.path(), "--from", notes}).status == 0);
    CHECK(runPgt({"annotate", file.path(), "--json"}).out == before.out);

    SECTION("a file that means a step that is not there changes nothing")
    {
        std::ofstream(notes) << "# [99] Nowhere\n";
        CHECK(runPgt({"annotate", file.path(), "--from", notes}).status == 2);
        std::ofstream(notes) << "text before any heading\n";
        CHECK(runPgt({"annotate", file.path(), "--from", notes}).status == 2);
        CHECK(runPgt({"annotate", file.path(), "--json"}).out == before.out);
    }
}

TEST_CASE("export writes a page that needs nothing from elsewhere and runs nothing of the guest's")
{
    const StoryFile file(5);
    REQUIRE(runPgt({"annotate", file.path(), "--step", "1", "--chapter", "<script>alert(1)</script>",
                       "--text", "<img src=x> & `<b>`"})
                .status
        == 0);
    const std::string page = file.beside("page.html");
    REQUIRE(runPgt({"export", file.path(), "-o", page}).status == 0);
    const std::string html = contentOf(page);
    CHECK(contains(html, "id=\"step-4\""));
    CHECK(contains(html, "<svg"));
    CHECK(contains(html, "max=\"4\""));
    CHECK(contains(html, "@media print"));
    CHECK_FALSE(contains(html, "@STEPS@"));
    CHECK_FALSE(contains(html, "<script>alert"));
    CHECK_FALSE(contains(html, "<img"));
    CHECK_FALSE(contains(html, "src=\""));
    CHECK_FALSE(contains(html, "http:"));
    CHECK_FALSE(contains(html, "https:"));
}

TEST_CASE("what is written replaces a file only if told to, and never a recording")
{
    const StoryFile file(3);
    const StoryFile other(2);
    const std::string there = file.beside("there.txt");
    std::ofstream(there) << "mine";
    const std::string before = contentOf(file.path());
    const std::string otherBefore = contentOf(other.path());
    const auto everyWay = [&](const std::string& output, bool force) {
        std::vector<std::vector<std::string>> ways{{"annotate", file.path(), "--to", output},
            {"annotate", file.path(), "--step", "1", "--note", "lost", "--to", output}};
        for (const char* format : {"html", "json", "csv", "text"})
            ways.push_back({"export", file.path(), "--format", format, "-o", output});
        for (auto& way : ways)
            if (force)
                way.emplace_back("--force");
        return ways;
    };
    for (const auto& way : everyWay(there, false)) {
        CHECK(runPgt(way).status == 2);
        CHECK(contentOf(there) == "mine");
    }
    for (const bool force : {false, true})
        for (const std::string& recording : {file.path(), other.path()})
            for (const auto& way : everyWay(recording, force))
                CHECK(runPgt(way).status == 2);
    CHECK(contentOf(file.path()) == before);
    CHECK(contentOf(other.path()) == otherBefore);
    for (const auto& way : everyWay(there, true)) {
        CHECK(runPgt(way).status == 0);
        CHECK_FALSE(contentOf(there) == "mine");
        std::ofstream(there) << "mine";
    }
}

TEST_CASE("export to CSV has a line a step; to JSON and text what show tells")
{
    const StoryFile file(5);
    const auto csv = runPgt({"export", file.path(), "--format", "csv", "-o", "-"});
    CHECK(std::count(csv.out.begin(), csv.out.end(), '\n') == 6);
    CHECK(parsed(runPgt({"export", file.path(), "--format", "json", "-o", "-"}))
        == parsed(runPgt({"show", file.path(), "--json"})));
    CHECK(contains(runPgt({"export", file.path(), "--format", "text", "-o", "-"}).out, "stop 4"));
}

TEST_CASE("events of a recording are those whose symbols it kept")
{
    const StoryFile file(2);
    const auto events = parsed(runPgt({"events", file.path(), "--json"}));
    CHECK(events["available"].size() == 2);
    CHECK(events["available"][0]["event"] == "init_mem_mapping");
    CHECK(events["missing"].size() + 2 == core::bootEvents().size());
}
