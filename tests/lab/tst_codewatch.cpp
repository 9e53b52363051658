// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lab/labboot.h"

#include <fstream>
#include <string>
#include <vector>

#include "core/base/numbers.h"
#include "tests/support/catch/run.h"

using namespace pgtscope;
using core::hexText;

namespace {

std::string lineOf(const gdb::BootStop& stop)
{
    return std::string(core::causeText(stop.step.cause)) + " " + stop.step.event + " at "
        + hexText(stop.step.cpu.rip.value) + ", root " + hexText(stop.snapshot->root().value) + ", "
        + std::to_string(stop.snapshot->tables().size()) + " tables; " + stop.step.text;
}

std::vector<std::string> linesOf(test::LabBoot& boot)
{
    std::vector<std::string> lines;
    boot.until([&](const gdb::BootStop& stop) {
        lines.push_back(lineOf(stop));
        const core::BootEvent* event = core::findBootEvent(stop.step.event);
        return event && event->halts;
    });
    return lines;
}

} // namespace

TEST_CASE("a boot that the plugin stops has the stops of one with breakpoints, at the same instructions")
{
    const bool pgtBuf = GENERATE(false, true);
    const gdb::EventSources sources{.events = true, .pgtBuf = pgtBuf, .writesIn = {}};
    test::LabBoot withBreakpoints(
        "scenario=top-rule", sources, {}, "lab", {}, [](gdb::LaunchSpec& spec) { spec.stopsPlugin.clear(); });
    test::LabBoot withPlugin("scenario=top-rule", sources);
    const auto expected = linesOf(withBreakpoints);
    CHECK(expected.size() > 8);
    CHECK(linesOf(withPlugin) == expected);
}

TEST_CASE("a breakpoint in code that has never run is not in the guest, and is met all the same")
{
    if (std::ifstream("/proc/self/syscall").peek() == std::ifstream::traits_type::eof())
        tests::skipCase("/proc/PID/syscall cannot be read here");
    test::LabBoot boot("scenario=top-rule", {.events = false, .pgtBuf = false, .writesIn = {}});
    auto& target = boot.session().target();
    const auto place = boot.address("map_memory"); // no event
    const auto number = test::required(target.insertHardwareBreakpoint(place));
    CHECK_FALSE(target.budget().enabled(number));
    gdb::StopEvent stop;
    while (stop.number != number) {
        test::required(target.resume());
        stop = test::required(target.waitForStop(std::chrono::seconds(60)));
    }
    CHECK(stop.rip == place);
    CHECK(stop.reason == gdb::StopEvent::Reason::Breakpoint);
    test::required(target.resume());
    CHECK(target.budget().enabled(number)); // it may come again
}
