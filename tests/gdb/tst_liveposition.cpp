// SPDX-License-Identifier: GPL-2.0-or-later
// Where a guest that was made live from a recording is, and what is before that.
#include "tests/support/catch.h"

#include "core/recording/recordingwriter.h"
#include "core/timeline/branchparent.h"
#include "gdb/recorder/branch.h"
#include "gdb/relive/liveposition.h"
#include "tests/core/bootstory.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using gdb::BackTo;

namespace {

/// Steps of the causes given, each at an instruction of its own.
class Recorded {
public:
    explicit Recorded(const std::vector<core::StepCause>& causes)
    {
        core::GuestDescription guest;
        guest.guest = "story";
        guest.granularity = "event,pgt_buf";
        guest.recipe = "{}";
        auto writer = core::RecordingWriter::create(path(), guest).value();
        tests::BootStory story(7);
        for (std::size_t i = 0; i < causes.size(); ++i) {
            auto [step, snapshot] = story.next();
            step.cause = causes[i];
            step.cpu.rip = core::LinearAddress(0x1000 + i * 0x100);
            step.cpu.rsp = core::LinearAddress(0x8000);
            REQUIRE(writer->append(step, snapshot));
        }
        REQUIRE(writer->finish());
        m_timeline = core::Timeline::open(path()).value();
    }

    const core::Timeline& timeline() const { return *m_timeline; }
    core::CpuState at(core::StepNumber number) const { return m_timeline->step(number)->cpu; }
    std::string path() const { return beside("a.pgtrec"); }
    std::string beside(const std::string& name) const { return (m_directory / name).string(); }

private:
    test::TemporaryDirectory m_directory;
    std::shared_ptr<core::Timeline> m_timeline;
};

constexpr auto start = core::StepCause::Start;
constexpr auto event = core::StepCause::BootEvent;
constexpr auto pgtBuf = core::StepCause::PgtBufChange;

} // namespace

TEST_CASE("A guest is found by its registers, from the step on where it was made live")
{
    const Recorded recorded({start, event, pgtBuf, event, event});
    CHECK(gdb::livePosition(recorded.timeline(), 1, recorded.at(1)) == 1);
    CHECK(gdb::livePosition(recorded.timeline(), 1, recorded.at(3)) == 3);
    CHECK(gdb::livePosition(recorded.timeline(), 3, recorded.at(1)) == std::nullopt);
    core::CpuState elsewhere = recorded.at(3);
    elsewhere.rip = elsewhere.rip + 1;
    CHECK(gdb::livePosition(recorded.timeline(), 1, elsewhere) == std::nullopt);
    core::CpuState called = recorded.at(3);
    called.rsp = called.rsp - 8;
    CHECK(gdb::livePosition(recorded.timeline(), 1, called) == std::nullopt);
}

TEST_CASE("Back is the previous step of a kind, or where the recording was left")
{
    const Recorded recorded({start, event, pgtBuf, event, event});
    const auto back = [&](std::optional<core::StepNumber> position, BackTo kind) {
        return gdb::stepBackFrom(recorded.timeline(), 3, position, kind);
    };
    CHECK(back(4, BackTo::Event).value() == 3);
    CHECK(back(3, BackTo::Event).value() == 1);
    CHECK(back(4, BackTo::PgtBuf).value() == 2);
    CHECK(back(1, BackTo::Event).value() == 0);
    CHECK_FALSE(back(0, BackTo::Event));
    CHECK_FALSE(back(4, BackTo::Write));
    CHECK(back(std::nullopt, BackTo::Event).value() == 3);
    CHECK(gdb::backToNamed("write") == BackTo::Write);
    CHECK(gdb::backToNamed("instruction") == std::nullopt);
}

TEST_CASE("A branch has its parent's steps up to one, and names it instead of a recipe")
{
    const Recorded recorded({start, event, pgtBuf, event, event});
    const std::string path = recorded.beside("b.pgtrec");
    REQUIRE(gdb::makeBranch(recorded.timeline(), 3, path, "test"));
    const auto branch = core::Timeline::open(path).value();
    REQUIRE(branch->size() == 4);
    for (core::StepNumber number = 0; number < 4; ++number) {
        CHECK(branch->step(number).value() == recorded.timeline().step(number).value());
        CHECK(branch->changes(number).value() == recorded.timeline().changes(number).value());
    }
    CHECK(core::branchParent(branch->guest()) == core::BranchParent{recorded.path(), 3});
    CHECK(core::branchParent(recorded.timeline().guest()) == std::nullopt);
    CHECK_FALSE(gdb::makeBranch(recorded.timeline(), 3, path, "test"));
    CHECK(core::Timeline::open(path).value()->size() == 4);
}
