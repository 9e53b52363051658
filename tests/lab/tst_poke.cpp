// SPDX-License-Identifier: GPL-2.0-or-later
// Changing an entry of a live guest: asked for, recorded, and taken back.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "tests/support/catch.h"

#include "core/timeline/timeline.h"
#include "core/walk/translation.h"
#include "gdb/capture/guestsession.h"
#include "tests/app/pgtrunner.h"
#include "tests/support/liveguest.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using namespace std::chrono_literals;

namespace {

/// The lab guest after its boot, with an address whose entry a test may change.
class PokedLab {
public:
    PokedLab()
        : m_guest("lab")
    {
        m_guest.resume();
        m_guest.awaitConsole("LAB: done");
    }

    /// The entry of kernel text, read by a session of its own.
    core::TranslationStep entry()
    {
        gdb::SessionOptions options;
        options.endpoint = m_guest.guest().gdbEndpoint();
        options.guest = m_guest.guest();
        core::CancelFlag cancel;
        auto session = gdb::GuestSession::open(options, cancel);
        REQUIRE(session);
        const auto snapshot = (*session)->capture({});
        REQUIRE(snapshot);
        const auto address = (*session)->symbols().find("panic");
        REQUIRE(address);
        const auto translation = core::translate(**snapshot, *address);
        REQUIRE(translation.end == core::TranslationEnd::Mapped);
        REQUIRE((*session)->close());
        return translation.steps.back();
    }

    tests::PgtRun poke(std::vector<std::string> words)
    {
        words.insert(words.begin(),
            {"poke", "--connect", m_guest.guest().gdbEndpoint().text(), "--kernel",
                m_guest.guest().spec.kernel.string()});
        return tests::runPgt(std::move(words));
    }
    std::string file(const std::string& name) const { return (m_directory / name).string(); }

private:
    test::LiveGuest m_guest;
    test::TemporaryDirectory m_directory;
};

/// What a user types, for the duration of a test.
class Typed {
public:
    explicit Typed(const std::string& text)
        : m_text(text)
        , m_before(std::cin.rdbuf(m_text.rdbuf()))
    {
        std::cin.clear();
    }
    ~Typed()
    {
        std::cin.rdbuf(m_before);
        std::cin.clear();
    }
    Typed(const Typed&) = delete;
    Typed& operator=(const Typed&) = delete;

private:
    std::istringstream m_text;
    std::streambuf* m_before;
};

} // namespace

TEST_CASE("an entry is changed only after a yes, its change is a step, and it can be taken back")
{
    PokedLab lab;
    const core::TranslationStep before = lab.entry();
    const std::string level = std::to_string(before.entry.level);
    const std::vector<std::string> words{
        "panic", "--level", level, "--clear", "rw,d", "-o", lab.file("a.pgtrec")};
    {
        const Typed no(GENERATE(as<std::string>(), "", "n\n", "maybe\n"));
        CHECK(lab.poke(words).status == 2);
        CHECK(lab.entry().entry.raw == before.entry.raw);
        CHECK_FALSE(std::filesystem::exists(lab.file("a.pgtrec")));
    }
    {
        const Typed yes("y\n");
        const auto done = lab.poke(words);
        CHECK(done.status == 0);
        CHECK(done.out.find("--undo") != std::string::npos);
    }
    const std::uint64_t poked = before.entry.raw & ~(core::bit::rw | core::bit::d);
    CHECK(lab.entry().entry.raw == poked);

    const auto timeline = core::Timeline::open(lab.file("a.pgtrec"));
    REQUIRE(timeline);
    REQUIRE((*timeline)->size() == 2);
    CHECK((*timeline)->step(1)->cause == core::StepCause::Poke);
    const auto changes = (*timeline)->changes(1);
    REQUIRE(changes->entries.size() == 1);
    CHECK(changes->entries[0].address == before.entryAddress);
    CHECK(changes->entries[0].before == before.entry.raw);
    CHECK(changes->entries[0].after == poked);
    for (const core::StepNumber step : {0U, 1U}) {
        const auto code = (*timeline)->code(step).value();
        CHECK(std::any_of(code.begin(), code.end(), [&](const core::CodeLine& line) {
            return line.address == (*timeline)->step(step)->cpu.rip && !line.text.empty();
        }));
    }

    CHECK(lab.poke({"--undo", lab.file("a.pgtrec"), "--yes", "-o", lab.file("b.pgtrec")}).status == 0);
    CHECK(lab.entry().entry.raw == before.entry.raw);
    // What has been taken back holds something else by now.
    CHECK(lab.poke({"--undo", lab.file("a.pgtrec"), "--yes", "-o", lab.file("c.pgtrec")}).status == 2);
}

TEST_CASE("a poke that says nothing, or what no entry can hold, is refused")
{
    PokedLab lab;
    CHECK(lab.poke({"panic"}).status == 2);
    CHECK(lab.poke({"panic", "0x1", "--set", "rw"}).status == 2);
    CHECK(lab.poke({"panic", "--set", "shiny", "--yes"}).status == 2);
    CHECK(lab.poke({"panic", "--level", "5", "--set", "rw", "--yes"}).status == 2);
    CHECK(lab.poke({}).status == 2);
}
