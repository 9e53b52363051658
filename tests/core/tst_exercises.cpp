// SPDX-License-Identifier: GPL-2.0-or-later
// Exercises: an independent solver, which knows only raw tables, agrees with every verdict.
#include "tests/support/catch.h"

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "core/base/numbers.h"
#include "core/exercises/exercise.h"
#include "core/exercises/exercisepage.h"
#include "core/exercises/exercisetext.h"
#include "core/timeline/timeline.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::core;

namespace {

/// One mapping as the bits of raw entries give it.
struct RawMapping {
    std::uint64_t linear = 0;
    std::uint64_t physical = 0;
    std::uint64_t bytes = 0;
    std::uint64_t entry = 0;
    bool write = true, user = true, nx = false;
    bool detached = false;
};

/// The solver's own walk, by SDM vol. 3A, 4.5: nothing of pgtscope's but the bytes of the tables.
class RawTables {
public:
    explicit RawTables(const Snapshot& snapshot)
    {
        for (const Table& table : snapshot.tables()) {
            m_words[table.address.value] = &table.page->words;
            if (table.origin == TableOrigin::Detached)
                walk(table.address.value, 1, 0, {.detached = true});
        }
        walk(snapshot.cpu().control.cr3, 4, 0, {});
    }

    std::vector<RawMapping> mappings;
    std::set<std::uint64_t> tables; ///< Physical addresses.

    /// Entries that map a table and that every level permits to write.
    std::set<std::uint64_t> writableTables() const
    {
        std::set<std::uint64_t> found;
        for (const RawMapping& mapping : mappings)
            for (const std::uint64_t table : tables)
                if (mapping.write && table - mapping.physical < mapping.bytes)
                    found.insert(mapping.entry);
        return found;
    }

private:
    void walk(std::uint64_t table, int level, std::uint64_t linear, RawMapping path)
    {
        tables.insert(table);
        const auto& words = *m_words.at(table);
        for (std::uint64_t index = 0; index < 512; ++index) {
            const std::uint64_t raw = words[index];
            if ((raw & 1) == 0)
                continue;
            const int shift = 12 + 9 * (level - 1);
            RawMapping here = path;
            here.linear = linear | index << shift;
            if (level == 4 && index >= 256)
                here.linear |= 0xffff000000000000;
            here.write = path.write && (raw & 2) != 0;
            here.user = path.user && (raw & 4) != 0;
            here.nx = path.nx || raw >> 63 != 0;
            here.entry = table + index * 8;
            here.physical = raw & 0x000ffffffffff000;
            here.bytes = 1ULL << shift;
            if (level == 1 || (level < 4 && (raw & 0x80) != 0))
                mappings.push_back(here);
            else
                walk(here.physical, level - 1, here.linear, here);
        }
    }

    std::map<std::uint64_t, const std::array<std::uint64_t, 512>*> m_words;
};

std::set<std::string> solveAddress(const Exercise& exercise, const RawTables& tables)
{
    std::set<std::string> answers;
    const std::uint64_t frame = exercise.asked().frame->value * 4096;
    for (const RawMapping& mapping : tables.mappings)
        if (frame - mapping.physical < mapping.bytes)
            answers.insert(hexText(mapping.linear + frame - mapping.physical));
    return answers;
}

std::set<std::string> solveTranslate(const Exercise& exercise, const RawTables& tables)
{
    const std::uint64_t linear = exercise.asked().linear->value;
    for (const RawMapping& mapping : tables.mappings)
        if (linear - mapping.linear < mapping.bytes)
            return {hexText(mapping.physical + linear - mapping.linear)};
    return {"fault"};
}

std::set<std::string> solveRights(const Exercise& exercise, const RawTables& tables)
{
    const std::uint64_t linear = exercise.asked().linear->value;
    for (const RawMapping& mapping : tables.mappings)
        if (linear - mapping.linear < mapping.bytes)
            return {std::string(mapping.write ? "RW" : "RO") + (mapping.user ? " user" : " sup")
                + (mapping.nx ? " NX" : " X")};
    return {};
}

std::set<std::string> solveWritable(const Exercise&, const RawTables& tables)
{
    std::set<std::string> answers;
    for (const std::uint64_t entry : tables.writableTables())
        answers.insert(hexText(entry));
    return answers;
}

std::set<std::string> solveStore(const Exercise& exercise, const RawTables&)
{
    for (std::size_t step = 0; step < exercise.steps().size(); ++step)
        if (!RawTables(*exercise.steps()[step].tables).writableTables().empty())
            return {std::to_string(step)};
    return {};
}

std::set<std::string> solve(const Exercise& exercise)
{
    static const std::map<std::string_view, std::set<std::string> (*)(const Exercise&, const RawTables&)>
        solvers{{"address", solveAddress}, {"translate", solveTranslate}, {"rights", solveRights},
            {"writable", solveWritable}, {"store", solveStore}};
    return solvers.at(exercise.kind().name)(exercise, RawTables(exercise.tables()));
}

std::unique_ptr<Exercise> made(std::string_view kind, std::uint64_t seed)
{
    const ExerciseKind* found = findExerciseKind(kind);
    REQUIRE(found);
    return found->make(*found, seed);
}

/// Answers that a student might give, right or wrong.
std::vector<std::string> guesses(
    const Exercise& exercise, const std::set<std::string>& right, std::mt19937_64& random)
{
    std::vector<std::string> all = exercise.explainedAnswers();
    all.insert(all.end(), right.begin(), right.end());
    if (exercise.kind().form == AnswerForm::Number) {
        all.insert(all.end(), {"0", "99"});
    } else if (exercise.kind().form != AnswerForm::Rights) {
        const RawTables tables(exercise.tables());
        for (const RawMapping& mapping : tables.mappings) {
            all.push_back(hexText(mapping.linear + random() % mapping.bytes));
            all.push_back(hexText(mapping.physical + random() % mapping.bytes));
        }
        all.push_back(hexText(random()));
    }
    return all;
}

/// "" or what is wrong with the verdicts on one instance.
std::string disagreement(const Exercise& exercise, std::mt19937_64& random)
{
    const std::set<std::string> right = solve(exercise);
    const std::vector<std::string> explained = exercise.explainedAnswers();
    const std::string name = std::string(exercise.kind().name) + '/' + std::to_string(exercise.seed()) + ": ";
    if (right.empty())
        return name + "there is no right answer";
    for (const std::string& answer : right)
        if (!std::binary_search(explained.begin(), explained.end(), answer))
            return name + "no sentence for the right answer " + answer;
    for (const std::string& answer : guesses(exercise, right, random)) {
        const auto canonical = canonicalAnswer(exercise.kind().form, answer);
        const auto verdict = exercise.judge(answer);
        if (!canonical || !verdict)
            return name + answer + " is not read";
        if (verdict->right != right.contains(*canonical))
            return name + answer + " is judged " + (verdict->right ? "right" : "wrong");
        if (verdict->why.size() < 20 || !verdict->why.ends_with('.'))
            return name + answer + " has no sentence: " + verdict->why;
    }
    return {};
}

} // namespace

TEST_CASE("Exercises of ten thousand seeds are made and solved, and no verdict is wrong")
{
    std::mt19937_64 random(1);
    const auto kinds = exerciseKinds();
    std::vector<std::string> wrong;
    for (std::uint64_t seed = 0; seed < 10'000 && wrong.size() < 5; ++seed) {
        const ExerciseKind& kind = kinds[seed % kinds.size()];
        if (std::string what = disagreement(*kind.make(kind, seed), random); !what.empty())
            wrong.push_back(std::move(what));
    }
    CHECK(wrong == std::vector<std::string>{});
}

// Not run by ctest: the same for every seed and kind, five times as long.
TEST_CASE("Exercises of every kind and of ten thousand seeds", "[.]")
{
    std::mt19937_64 random(2);
    for (const ExerciseKind& kind : exerciseKinds())
        for (std::uint64_t seed = 0; seed < 10'000; ++seed)
            REQUIRE(disagreement(*kind.make(kind, seed), random).empty());
}

TEST_CASE("An exercise is the same for its seed on every machine")
{
    const std::map<std::string_view, std::uint64_t> expected{{"address", 0xe1d7144692db4261},
        {"translate", 0x761b7bd71ce68da9}, {"rights", 0xb79eeec296c3265a}, {"writable", 0xb77d7cb5fb557e3f},
        {"store", 0x77d5dde62ebdefb2}};
    for (const ExerciseKind& kind : exerciseKinds()) {
        INFO(kind.name);
        const std::string text = exerciseText(*kind.make(kind, 2012));
        std::uint64_t hash = 0xcbf29ce484222325;
        for (const char c : text)
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        CHECK(hexText(hash) == hexText(expected.at(kind.name)));
        CHECK(text == exerciseText(*kind.make(kind, 2012)));
        CHECK(text != exerciseText(*kind.make(kind, 2013)));
    }
}

TEST_CASE("Instances differ in what they are about")
{
    std::set<std::string> addressWords, translateEnds, rights, storeReasons;
    std::size_t detached = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        translateEnds.insert(solve(*made("translate", seed)).contains("fault") ? "fault" : "page");
        const auto address = made("address", seed);
        addressWords.insert(std::to_string(std::min<std::size_t>(solve(*address).size(), 2)));
        rights.merge(solve(*made("rights", seed)));
        const auto store = made("store", seed);
        const std::string why = store->judge(*solve(*store).begin()).value().why;
        for (const char* reason : {"the mapping is older", "was missing above", "every R/W on the path"})
            if (why.find(reason) != std::string::npos) {
                storeReasons.insert(reason);
                break;
            }
        const auto writable = made("writable", seed);
        const std::string found = writable->judge(*solve(*writable).begin()).value().why;
        detached += found.find("a walk from CR3 does not find it") != std::string::npos ? 1U : 0U;
    }
    CHECK(translateEnds.size() == 2);
    CHECK(addressWords.size() == 2);
    CHECK(rights.size() == 8);
    CHECK(storeReasons.size() == 3);
    CHECK(detached > 30);
    CHECK(detached < 170);
}

TEST_CASE("An answer is read as people spell it, and what is none says what one looks like")
{
    const auto page = [](const char* text) { return canonicalAnswer(AnswerForm::Page, text); };
    CHECK(page("0xFFFF888000001234").value() == "0xffff888000001000");
    CHECK(page(" ffff888000001000 ").value() == "0xffff888000001000");
    CHECK(canonicalAnswer(AnswerForm::Physical, "Fault").value() == "fault");
    CHECK(canonicalAnswer(AnswerForm::Physical, "12345").value() == "0x12345");
    CHECK(canonicalAnswer(AnswerForm::Entry, "0x5ffc").value() == "0x5ff8");
    CHECK(canonicalAnswer(AnswerForm::Rights, "nx, RO / Supervisor").value() == "RO sup NX");
    CHECK(canonicalAnswer(AnswerForm::Number, "04").value() == "4");
    CHECK_FALSE(page(""));
    CHECK_FALSE(page("0x1 0x2"));
    CHECK_FALSE(page("0x12345678123456781"));
    CHECK_FALSE(canonicalAnswer(AnswerForm::Rights, "RW RO user"));
    CHECK_FALSE(canonicalAnswer(AnswerForm::Rights, "RW user"));
    CHECK_FALSE(canonicalAnswer(AnswerForm::Number, "0x4"));
    CHECK_FALSE(canonicalAnswer(AnswerForm::Number, "-1"));
    CHECK(page("frame").error().message().find("e.g. 0xffff888000001000") != std::string::npos);
}

TEST_CASE("A recording of an exercise has its steps and asks its question")
{
    const pgtscope::test::TemporaryDirectory directory;
    for (const ExerciseKind& kind : exerciseKinds()) {
        INFO(kind.name);
        const auto exercise = kind.make(kind, 7);
        const std::string file = (directory / (std::string(kind.name) + ".pgtrec")).string();
        REQUIRE(writeExerciseRecording(*exercise, file, "test"));
        CHECK_FALSE(writeExerciseRecording(*exercise, file, "test"));
        const auto timeline = Timeline::open(file).value();
        REQUIRE(timeline->size() == exercise->steps().size());
        const Annotations notes = timeline->annotations().value();
        REQUIRE(notes.size() == 1);
        CHECK(notes.front().text == exercise->question());
        for (StepNumber step = 0; step < timeline->size(); ++step)
            CHECK(
                tablesText(*timeline->snapshot(step).value()) == tablesText(*exercise->steps()[step].tables));
    }
}

TEST_CASE("The page has the tables and no answer in plain words")
{
    std::vector<std::unique_ptr<Exercise>> exercises;
    for (const ExerciseKind& kind : exerciseKinds())
        for (std::uint64_t seed = 0; seed < 4; ++seed)
            exercises.push_back(kind.make(kind, seed));
    std::ostringstream out;
    writeExercisePage(out, exercises, {"<t>@TITLE@</t>@SECTIONS@|@DATA@|@MAKER@ @media @", "pgt <test>"});
    const std::string page = out.str();
    CHECK(page.starts_with("<t>Exercises on page tables</t>"));
    CHECK(page.ends_with("|pgt &lt;test&gt; @media @"));
    for (const auto& exercise : exercises) {
        INFO(exercise->kind().name << ' ' << exercise->seed());
        for (const std::string& answer : solve(*exercise)) {
            CHECK(page.find(exercise->judge(answer).value().why) == std::string::npos);
            // Entries, stores and rights are in the tables: any of them may be the right one.
            if (exercise->kind().form == AnswerForm::Page || exercise->kind().form == AnswerForm::Physical)
                CHECK((answer == "fault" || page.find(answer.substr(2)) == std::string::npos));
        }
    }
    std::ostringstream again;
    writeExercisePage(again, exercises, {"@DATA@", ""});
    CHECK(page.find(again.str()) != std::string::npos);
}

TEST_CASE("A sealed verdict differs for each exercise and each answer")
{
    const Verdict verdict{true, "The sentence."};
    const SealedVerdict sealed = sealVerdict("store/1", "4", verdict);
    CHECK(sealed.lock.size() == 16);
    CHECK(sealed.text.size() == 2 * (1 + verdict.why.size()));
    CHECK(sealVerdict("store/1", "5", verdict).lock != sealed.lock);
    CHECK(sealVerdict("store/2", "4", verdict).lock != sealed.lock);
    CHECK(sealVerdict("store/2", "4", verdict).text != sealed.text);
}
