// SPDX-License-Identifier: GPL-2.0-or-later
// The page of exercises in headless Chromium: it judges as the program does.
#include "tests/support/catch.h"

#include <filesystem>

#include "browser.h"
#include "core/exercises/exercise.h"
#include "pgtrunner.h"

using namespace pgtscope;
using namespace pgtscope::tests;

namespace {

constexpr unsigned exercisesOnPage = 25;

std::string quotedScript(const std::string& text) { return nlohmann::json(text).dump(); }

/// What the page makes of an answer: nothing if it is not of the form.
nlohmann::json judged(Browser& browser, std::size_t number, const std::string& answer)
{
    return browser.value("judge(exercises[" + std::to_string(number) + "], " + quotedScript(answer) + ")");
}

} // namespace

TEST_CASE("the page judges each answer as the program does, with the same sentence")
{
    const StoryFile place(1);
    const std::string page = place.beside("class.html");
    REQUIRE(
        runPgt({"exercise", "--page", page, "--seed", "1", "--count", std::to_string(exercisesOnPage)}).status
        == 0);
    Browser browser;
    browser.open(page);
    CHECK(browser.text("#score") == "0 of 25 right");
    const auto kinds = core::exerciseKinds();
    for (std::size_t number = 0; number < exercisesOnPage; ++number) {
        const core::ExerciseKind& kind = kinds[number % kinds.size()];
        const auto exercise = kind.make(kind, 1 + number);
        INFO(kind.name << ' ' << exercise->seed());
        for (const std::string& answer : exercise->explainedAnswers()) {
            const core::Verdict verdict = exercise->judge(answer).value();
            CHECK(judged(browser, number, answer)
                == nlohmann::json{{"right", verdict.right}, {"why", verdict.why}});
        }
        for (const char* answer :
            {"", "what?", "0x1 0x2", "FAULT", " 0XFFFF888000001FFF ", "7fff12345678", "0", "17",
                "nx/RO, user", "rw ro user", "0x123456789abcdef01", "ro supervisor x", "-1", "0x"}) {
            INFO(answer);
            const auto verdict = exercise->judge(answer);
            const auto onPage = judged(browser, number, answer);
            CHECK(onPage.is_null() == !verdict);
            if (verdict)
                CHECK(onPage["right"] == verdict->right);
        }
    }
    CHECK(browser.complaints().empty());
    CHECK(browser.requests() == std::vector<std::string>{"file://" + page});
}

TEST_CASE("a right answer counts once, and a wrong one has its reason below it")
{
    const StoryFile place(1);
    const std::string page = place.beside("one.html");
    REQUIRE(runPgt({"exercise", "store", "--page", page, "--seed", "4", "--count", "1"}).status == 0);
    Browser browser;
    browser.open(page);
    const auto answer = [&](const std::string& text) {
        browser.value("document.querySelector('input').value = " + quotedScript(text)
            + "; document.querySelector('form').requestSubmit()");
        return browser.text(".verdict");
    };
    const core::ExerciseKind& kind = *core::findExerciseKind("store");
    const auto exercise = kind.make(kind, 4);
    for (const std::string& guess : exercise->explainedAnswers()) {
        const core::Verdict verdict = exercise->judge(guess).value();
        CHECK(answer(guess).ends_with(verdict.why));
        CHECK(
            browser.value("document.querySelector('.verdict').classList.contains('right')") == verdict.right);
    }
    CHECK(answer("many") == "Answer with the number of a store, e.g. 4.");
    CHECK(browser.text("#score") == "1 of 1 right");
    CHECK(browser.complaints().empty());
}

TEST_CASE("the page goes to standard output where its name is a dash, as every other output does")
{
    const tests::PgtRun page = runPgt({"exercise", "--page", "-", "--seed", "1", "--count", "1", "--json"});
    CHECK(page.status == 0);
    CHECK(page.out.starts_with("<!DOCTYPE html>"));
    CHECK(page.out.ends_with("</html>\n"));
    CHECK_FALSE(std::filesystem::exists("-"));
}
