// SPDX-License-Identifier: GPL-2.0-or-later
// The lab guest where breakpoints and watchpoints are four in all, as under KVM.
#include "tests/lab/labboot.h"

#include <algorithm>
#include <iterator>

using namespace pgtscope;
using namespace pgtscope::test;

namespace {

constexpr gdb::EventSources everyPage{.events = true, .pgtBuf = true, .writesIn = {}};

/// Every stop of a boot up to the one that ends it: its event, or what changed.
std::vector<std::string> stopsOf(LabBoot& boot)
{
    std::vector<std::string> stops;
    boot.until([&](const gdb::BootStop& stop) {
        stops.push_back(stop.step.event.empty() ? stop.step.text : stop.step.event);
        return stop.step.event == "lab_done";
    });
    return stops;
}

const std::vector<std::string>& underTcg()
{
    static const std::vector<std::string> stops = [] {
        LabBoot boot("scenario=native", everyPage);
        return stopsOf(boot);
    }();
    return stops;
}

std::vector<std::string> changesIn(const std::vector<std::string>& stops)
{
    std::vector<std::string> changes;
    std::copy_if(stops.begin(), stops.end(), std::back_inserter(changes),
        [](const std::string& stop) { return stop.starts_with("pgt_buf_end "); });
    return changes;
}

/// The lab meets some events in another order than Linux does: such a one may pass unseen, and no other way.
void checkFollowed(const std::vector<std::string>& stops)
{
    CHECK(changesIn(stops) == changesIn(underTcg()));
    CHECK(stops.size() + 6 > underTcg().size());
    CHECK(stops.front() == "startup_64");
    auto at = underTcg().begin();
    for (const std::string& stop : stops) {
        INFO(stop);
        at = std::find(at, underTcg().end(), stop);
        REQUIRE(at != underTcg().end());
        ++at;
    }
}

} // namespace

TEST_CASE(
    "with four breakpoints and watchpoints in all each change of pgt_buf is met, and the boot in its order")
{
    LabBoot boot("scenario=native", everyPage, {}, "lab", KvmStubTraits{});
    checkFollowed(stopsOf(boot));
    CHECK(boot.kvm().maxSlotsUsed() == 4);
    CHECK(boot.kvm().refusals() == 0);
}

TEST_CASE("with software breakpoints as well hardware is kept for what needs it")
{
    gdb::EventSources sources = everyPage;
    sources.softBreakpoints = true;
    LabBoot boot("scenario=native", sources, {}, "lab", KvmStubTraits{});
    const auto stops = stopsOf(boot);
    checkFollowed(stops);
    // Functions of one byte each, side by side, have hardware ones, and are before init_top_pgt in the order
    // of Linux.
    CHECK(stops.size() + 1 >= underTcg().size());
    CHECK(boot.kvm().maxSlotsUsed() <= 4);
    CHECK(boot.kvm().refusals() == 0);
    CHECK(boot.kvm().softwareEver() >= 8);
    CHECK(boot.kvm().softwareNow() == 0); // gone before free_initmem
}

TEST_CASE("the number of breakpoints is learnt from the first refusal where nothing says it is KVM")
{
    LabBoot boot(
        "scenario=native", everyPage, {}, "lab", KvmStubTraits{.debugRegisters = 4, .saysKvm = false});
    checkFollowed(stopsOf(boot));
    CHECK(boot.session().target().budget().limit() == 4U);
    CHECK(boot.kvm().refusals() > 0);
}

TEST_CASE("run-to reaches its place with few breakpoints, and events on the way are taken notice of")
{
    LabBoot boot("scenario=native", everyPage, {}, "lab", KvmStubTraits{});
    const gdb::BootStop stop = boot.runTo("scenario_before_reserve");
    CHECK(stop.snapshot->pgtBuf().trust == core::PgtBufTrust::Live);
    CHECK(stop.step.cpu.rip == boot.address("scenario_before_reserve"));
}

TEST_CASE(
    "a breakpoint that gdb's user sets takes one of the slots, and those that follow the boot make room")
{
    LabBoot boot("scenario=native", everyPage, {}, "lab", KvmStubTraits{});
    boot.untilEvent("startup_64");
    const auto place = boot.address("scenario_before_reserve");
    const std::string said = required(boot.session().target().execute(
        "hbreak *0x" + core::hexText(place.value).substr(2), [] { return false; }));
    INFO(said);
    CHECK(said.find("Hardware assisted breakpoint") != std::string::npos);
    CHECK(boot.session().target().budget().room() == 2U); // one is the user's, one pgt_buf_end's
    const gdb::BootStop stop
        = boot.until([&](const gdb::BootStop& one) { return one.step.cpu.rip == place; });
    CHECK(stop.step.cause == core::StepCause::UserStop);
    boot.untilEvent("lab_done");
    CHECK(boot.kvm().maxSlotsUsed() == 4);
    CHECK(boot.kvm().refusals() <= 1);
}
