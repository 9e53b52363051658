// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <thread>

#include <algorithm>

#include "core/linux/pageisolation.h"
#include "core/model/assembly.h"
#include "core/report/findingformat.h"
#include "core/walk/translation.h"
#include "gdb/capture/guestsession.h"
#include "tests/support/initramfs.h"
#include "tests/support/liveguest.h"
#include "tests/support/required.h"
#include "tests/support/temporarydirectory.h"
#include "tests/support/verdict.h"

using namespace pgtscope;
using namespace std::chrono_literals;
using test::required;

namespace {

constexpr std::uint64_t userHalf = core::frameBytes; // PTI_USER_PGTABLE_BIT: the odd frame of the two

core::SnapshotPtr stoppedAt(unsigned cpl, gdb::GuestSession& session)
{
    const auto limit = gdb::WaitLimit::after(120s);
    for (auto snapshot = required(session.capture({}));; snapshot = required(session.capture({}))) {
        if (snapshot->cpu().cpl() == cpl)
            return snapshot;
        REQUIRE_FALSE(limit.passed());
        required(session.target().resume());
        std::this_thread::sleep_for(5ms);
        required(session.target().interrupt());
        required(session.target().waitForStop(30s));
    }
}

bool maps(const core::Snapshot& snapshot, core::LinearAddress address)
{
    return core::translate(snapshot, address).end == core::TranslationEnd::Mapped;
}

std::size_t countOf(const core::Snapshot& snapshot, core::TableOrigin origin)
{
    return static_cast<std::size_t>(std::ranges::count(snapshot.tables(), origin, &core::Table::origin));
}

/// Each is a small part of the kernel's half away from the other, and what is read of both is one snapshot.
void checkBothHalves(const core::Snapshot& snapshot)
{
    const auto other = core::fromOtherHalf(snapshot);
    REQUIRE(other);
    CHECK(other->root() == snapshot.otherHalf());
    CHECK(countOf(snapshot, core::TableOrigin::OtherHalf) > 0);
    CHECK(countOf(*other, core::TableOrigin::OtherHalf) > 0);
    CHECK(other->tables().size() == snapshot.tables().size());
    const bool inKernel = core::isolationHalfOf(snapshot.root()) == core::IsolationHalf::Kernel;
    const core::Snapshot& kernel = inKernel ? snapshot : *other;
    const core::Snapshot& user = inKernel ? *other : snapshot;
    CHECK(countOf(user, core::TableOrigin::Reachable) < countOf(kernel, core::TableOrigin::Reachable) / 2);
    CHECK(core::checkedHalvesText(snapshot) == "both halves of KPTI were checked");
    const core::RuleContext context(std::make_shared<const core::Snapshot>(snapshot));
    CHECK(context.tableGaps().empty());
}

} // namespace

TEST_CASE("Under KPTI the kernel's half is walked wherever the guest stops, and the other can be looked at")
{
    const test::TemporaryDirectory directory;
    const test::LiveGuest guest("debian", [&](gdb::LaunchSpec& spec) {
        spec.cpu = "Skylake-Client"; // It has what KPTI is made for.
        spec.append += " pti=on";
        // Both: user mode, and the kernel on behalf of it.
        spec.initrd = test::initramfsThatRuns("#!/bin/busybox sh\necho\necho 'here we are'\n"
                                              "while :; do echo -n; [ -e /nothing ]; done\n",
            spec.initrd, directory / "initrd");
    });
    guest.resume();
    guest.awaitConsole("here we are");
    gdb::SessionOptions options;
    options.endpoint = guest.guest().gdbEndpoint();
    options.guest = guest.guest();
    core::CancelFlag cancel;
    const auto session = required(gdb::GuestSession::open(options, cancel));

    const auto user = stoppedAt(3, *session);
    const core::PhysicalAddress loaded = user->paging().root(user->cpu().control.cr3);
    CHECK((loaded.value & userHalf) != 0);
    CHECK(user->root().value == (loaded.value & ~userHalf));
    CHECK(user->otherHalf() == loaded);
    CHECK(core::rootText(*user) == "KPTI's kernel half");
    // KASLR's slide was found from there.
    const auto banner = session->symbols().find("linux_banner");
    REQUIRE(session->placed());
    REQUIRE(banner);
    CHECK(maps(*user, *banner));
    test::checkHealthy(user);
    checkBothHalves(*user);

    gdb::CaptureRequest other;
    other.root = core::PhysicalAddress(user->cpu().control.cr3);
    const auto half = required(session->capture(other));
    CHECK(half->root() == loaded);
    CHECK(half->otherHalf() == user->root());
    CHECK(core::rootText(*half) == "KPTI's user half");
    CHECK_FALSE(maps(*half, *banner));
    CHECK(maps(*half, user->cpu().rip));
    CHECK(half->tableFrames() == user->tableFrames());
    test::checkHealthy(half);
    checkBothHalves(*half);

    const auto kernel = stoppedAt(0, *session);
    CHECK((kernel->root().value & userHalf) == 0);
    CHECK(maps(*kernel, *banner));
    test::checkHealthy(kernel);
    checkBothHalves(*kernel);
}

TEST_CASE("Under KPTI both halves are captured before the first process, as soon as the kernel has made them")
{
    const test::LiveGuest guest("debian", [](gdb::LaunchSpec& spec) {
        spec.cpu = "Skylake-Client";
        spec.append += " pti=on nokaslr";
    });
    gdb::SessionOptions options;
    options.endpoint = guest.guest().gdbEndpoint();
    options.guest = guest.guest();
    core::CancelFlag cancel;
    const auto session = required(gdb::GuestSession::open(options, cancel));
    const auto stopAt = [&](std::string_view function) {
        const auto address = session->symbols().find(function);
        REQUIRE(address);
        const auto number = required(session->target().insertHardwareBreakpoint(*address));
        required(session->target().resume());
        required(session->target().waitForStop(120s));
        required(session->target().removeBreakpoint(number));
        return required(session->capture({}));
    };
    CHECK_FALSE(stopAt("pti_init")->otherHalf());
    const auto made = stopAt("rest_init");
    CHECK(core::rootText(*made) == "KPTI's kernel half");
    test::checkHealthy(made);
    checkBothHalves(*made);
}
