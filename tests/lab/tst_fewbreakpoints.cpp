// SPDX-License-Identifier: GPL-2.0-or-later
// The lab guest where breakpoints and watchpoints are four in all, as under KVM.
#include "tests/lab/labboot.h"

using namespace pgtscope;
using namespace pgtscope::test;

namespace {

constexpr gdb::StepGrains everyPage{.events = true, .pgtBuf = true, .writesIn = {}};

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

} // namespace

TEST_CASE("a boot is followed with four breakpoints and watchpoints in all, and none of its stops is lost")
{
    LabBoot boot("scenario=native", everyPage, {}, "lab", KvmStubTraits{});
    CHECK(stopsOf(boot) == underTcg());
    CHECK(boot.kvm().mostSlotsUsed() == 4);
    CHECK(boot.kvm().refusals() == 0);
}

TEST_CASE("the number of breakpoints is learnt from the first refusal where nothing says it is KVM")
{
    LabBoot boot(
        "scenario=native", everyPage, {}, "lab", KvmStubTraits{.debugRegisters = 4, .saysKvm = false});
    CHECK(stopsOf(boot) == underTcg());
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

TEST_CASE("a breakpoint of gdb's user gets a slot from those that follow the boot")
{
    LabBoot boot("scenario=native", everyPage, {}, "lab", KvmStubTraits{});
    boot.untilEvent("setup_arch");
    gdb::Target& target = boot.session().target();
    const std::string place = core::hexText(boot.address("scenario_before_reserve").value);
    for (const std::string& command : {"hbreak *" + place, "hbreak *" + place + "+1"})
        required(target.execute(command, [] { return false; }));
    const gdb::BootStop stop = boot.until([&](const gdb::BootStop& seen) {
        return seen.step.cpu.rip == boot.address("scenario_before_reserve");
    });
    CHECK(stop.snapshot->pgtBuf().trust == core::PgtBufTrust::Live);
    CHECK(boot.kvm().mostSlotsUsed() == 4);
}
