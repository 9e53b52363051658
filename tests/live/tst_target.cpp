// SPDX-License-Identifier: GPL-2.0-or-later
#include "firmwareguest.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using namespace std::chrono_literals;

namespace {

const core::CancelFlag never;

std::unique_ptr<Target> attached(const ConnectOptions& options, const core::CancelFlag& cancel = never)
{
    auto target = Target::attach(options, &cancel);
    if (!target)
        FAIL(target.error().message());
    return std::move(*target);
}

/// A guest that has left reset far enough to be interesting, and runs.
void runAWhile(FirmwareGuest& guest)
{
    REQUIRE(guest.reaches("running"));
    std::this_thread::sleep_for(300ms);
}

double seconds(std::chrono::steady_clock::time_point since)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

} // namespace

TEST_CASE("The probe tells whether the guest ran, in every state")
{
    FirmwareGuest guest({"-S"});
    const auto probe = [&] {
        auto facts = probeStub(guest.stub(), WaitLimit::after(10s));
        REQUIRE(facts);
        CHECK(facts->packetBytes >= 4096);
        CHECK(facts->physicalMode == false);
        CHECK_FALSE(facts->version.empty());
        return *facts->wasRunning;
    };
    CHECK_FALSE(probe()); // held at reset
    REQUIRE(guest.execute("cont"));
    CHECK(probe()); // running
    CHECK_FALSE(probe()); // stopped by the probe before
    REQUIRE(guest.execute("cont"));
    REQUIRE(guest.execute("stop"));
    CHECK_FALSE(probe()); // stopped by its monitor
}

TEST_CASE("A running guest is stopped while attached, and runs again afterwards")
{
    FirmwareGuest guest;
    runAWhile(guest);
    auto target = attached(guest.options());
    CHECK(target->wasRunning());
    CHECK(guest.status() == "paused");
    CHECK(target->release());
    CHECK(guest.reaches("running"));
    CHECK_FALSE(guest.physicalMode());
}

TEST_CASE("A guest held at reset stays there")
{
    FirmwareGuest guest({"-S"});
    auto target = attached(guest.options());
    CHECK_FALSE(target->wasRunning());
    CHECK(target->release());
    CHECK(guest.status() == "prelaunch");
}

TEST_CASE("A guest that a monitor paused stays paused")
{
    FirmwareGuest guest;
    REQUIRE(guest.execute("stop"));
    CHECK(attached(guest.options())->release());
    CHECK(guest.status() == "paused");
}

TEST_CASE("The destructor puts the guest back")
{
    FirmwareGuest guest;
    runAWhile(guest);
    attached(guest.options()).reset();
    CHECK(guest.reaches("running"));
}

TEST_CASE("A switch for physical addresses that was on is on again")
{
    FirmwareGuest guest({"-S"});
    REQUIRE(restoreStub(guest.stub(), {true, false}, WaitLimit::after(10s)));
    REQUIRE(guest.physicalMode());
    CHECK(attached(guest.options())->release());
    CHECK(guest.physicalMode());
    CHECK(guest.status() == "prelaunch");
}

TEST_CASE("An attach that fails half-way puts the guest back")
{
    FirmwareGuest guest;
    runAWhile(guest);
    ConnectOptions options = guest.options();
    SECTION("no gdb") { options.gdbProgram = "/nonexistent/gdb"; }
    SECTION("not a gdb") { options.gdbProgram = "true"; }
    SECTION("no symbol file") { options.symbolFile = "/nonexistent/vmlinux"; }
    CHECK_FALSE(Target::attach(options, &never));
    CHECK(guest.reaches("running"));
}

TEST_CASE("A cancel puts the guest back, whenever it comes")
{
    FirmwareGuest guest;
    runAWhile(guest);
    for (const auto delay : {0ms, 1ms, 5ms, 20ms, 50ms, 80ms, 120ms, 160ms, 250ms}) {
        core::CancelFlag cancel;
        std::thread user([&] {
            std::this_thread::sleep_for(delay);
            cancel.cancel();
        });
        auto target = Target::attach(guest.options(), &cancel);
        user.join();
        if (target)
            CHECK_FALSE((*target)->cpus());
        else
            CHECK(target.error().happened.find("cancel") != std::string::npos);
        if (target)
            target->reset();
        CHECK(guest.reaches("running"));
    }
    CHECK_FALSE(guest.physicalMode());
}

TEST_CASE("When gdb is killed the guest is put back without it")
{
    FirmwareGuest guest;
    runAWhile(guest);
    auto target = attached(guest.options());
    REQUIRE(target->setPhysicalMode(true));
    ::kill(static_cast<pid_t>(target->gdbProcessId()), SIGKILL);
    auto cpus = target->cpus();
    REQUIRE_FALSE(cpus);
    CHECK(cpus.error().happened.find("signal 9") != std::string::npos);
    CHECK(target->release());
    CHECK(guest.reaches("running"));
    CHECK_FALSE(guest.physicalMode());
}

TEST_CASE("When our thread ends without a word, gdb lets a running guest run on")
{
    FirmwareGuest guest;
    runAWhile(guest);
    // Kept where leak checkers see it to the very end; its destructor must not run.
    static auto* const abandoned = new std::vector<Target*>;
    std::thread worker([&] { abandoned->push_back(attached(guest.options()).release()); });
    worker.join();
    CHECK(guest.reaches("running"));
}

TEST_CASE("When QEMU is killed every call fails at once")
{
    FirmwareGuest guest;
    auto target = attached(guest.options());
    SECTION("while stopped")
    {
        guest.kill();
        CHECK_FALSE(target->cpus());
        CHECK_FALSE(target->monitor("info status"));
    }
    SECTION("while running")
    {
        REQUIRE(target->resume());
        guest.kill();
        CHECK_FALSE(target->waitForStop(20s));
    }
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(target->release());
    CHECK(seconds(begin) < 10);
}

TEST_CASE("A stub that stops answering costs no more than the deadlines")
{
    FirmwareGuest guest;
    ConnectOptions options = guest.options();
    // gdb starts within it on a busy machine, too.
    options.commandTime = 2s;
    auto target = attached(guest.options());
    target.reset();
    target = attached(options);
    guest.signal(SIGSTOP);
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(target->cpus());
    CHECK_FALSE(target->monitor("info status"));
    CHECK_FALSE(target->release());
    CHECK(seconds(begin) < 20);
    CHECK_FALSE(Target::attach(options, &never));
    guest.signal(SIGCONT);
}

TEST_CASE("A stub that another debugger holds is an Error that says so")
{
    FirmwareGuest guest;
    auto first = attached(guest.options());
    ConnectOptions options = guest.options();
    options.commandTime = 300ms;
    auto second = Target::attach(options, &never);
    REQUIRE_FALSE(second);
    CHECK(second.error().advice.find("another debugger") != std::string::npos);
}

TEST_CASE("Registers of every processor are found by name")
{
    FirmwareGuest guest({"-S", "-smp", "3"});
    auto target = attached(guest.options());
    auto cpus = target->cpus();
    REQUIRE(cpus);
    REQUIRE(cpus->size() == 3);
    for (unsigned id = 0; id < 3; ++id)
        CHECK((*cpus)[id].id == id);
    // State at reset; SDM vol. 3, table 10-1.
    CHECK((*cpus)[0].control.cr0 == 0x60000010U);
    CHECK((*cpus)[0].control.cr3 == 0);
    CHECK((*cpus)[0].control.efer == 0);
    CHECK((*cpus)[0].cs == 0xf000U);
    CHECK((*cpus)[0].rflags == 2U);
}

TEST_CASE("The processor's paging features come from QEMU")
{
    {
        FirmwareGuest guest({"-S", "-cpu", "max,phys-bits=46,host-phys-bits=off"});
        const auto features = attached(guest.options())->features();
        CHECK(features.known);
        CHECK(features.physicalAddressBits == 46);
        CHECK(features.page1Gb);
    }
    FirmwareGuest guest({"-S", "-cpu", "qemu64,-pdpe1gb,-pse36"});
    const auto features = attached(guest.options())->features();
    CHECK(features.known);
    CHECK(features.physicalAddressBits == 40);
    CHECK_FALSE(features.page1Gb);
    CHECK_FALSE(features.pse36);
}

TEST_CASE("The RAM map follows the firmware while paging is off")
{
    FirmwareGuest guest({"-S"});
    auto target = attached(guest.options());
    const core::PhysicalAddress shadow(0xf0000);
    auto map = target->ram();
    REQUIRE(map);
    CHECK_FALSE(ramMapOf(*map).contains(shadow, 16));
    REQUIRE(target->resume());
    CHECK_FALSE(target->waitForStop(1500ms));
    REQUIRE(target->interrupt());
    auto stop = target->waitForStop(10s);
    REQUIRE(stop);
    CHECK(stop->reason == StopEvent::Reason::Interrupted);
    map = target->ram();
    REQUIRE(map);
    CHECK(ramMapOf(*map).contains(shadow, 16));
}

TEST_CASE("A breakpoint and a step stop where they should")
{
    FirmwareGuest guest({"-S"});
    auto target = attached(guest.options());
    // The first instruction after reset is a jump to the segment's own top; SeaBIOS goes to f000:e05b.
    auto number = target->insertHardwareBreakpoint(core::LinearAddress(0xfe05b));
    REQUIRE(number);
    auto step = target->stepInstruction();
    REQUIRE(step);
    CHECK((step->reason == StopEvent::Reason::Step || step->reason == StopEvent::Reason::Breakpoint));
    const auto cpus = target->cpus();
    REQUIRE(cpus);
    CHECK((*cpus)[0].rip.value == 0xe05bU);
    CHECK(target->removeBreakpoint(*number));
    CHECK(target->release());
    CHECK(guest.status() != "running");
}

TEST_CASE("A breakpoint set where int3 lies for now is left as any other")
{
    FirmwareGuest guest({"-S"});
    auto target = attached(guest.options());
    const core::PhysicalAddress place(0x1000);
    REQUIRE(target->writePhysical(place, 0xcccccccc, 4));
    REQUIRE(target->insertHardwareBreakpoint(core::LinearAddress(place.value)));
    REQUIRE(target->writePhysical(place, 0x9090feeb07b0, 8)); // mov $7,%al; jmp .
    for (const char* change : {"$cs = 0", "$al = 0", "$rip = 0xff8"})
        REQUIRE(target->evaluate(change));
    REQUIRE(target->writePhysical(core::PhysicalAddress(0xff8), 0x9090909090909090, 8)); // nop
    REQUIRE(target->resume());
    const auto stop = target->waitForStop(30s);
    REQUIRE(stop);
    CHECK(stop->rip == core::LinearAddress(place.value));
    REQUIRE(target->stepInstruction());
    CHECK(target->evaluate("$rip").value() == 0x1002U);
    CHECK(target->evaluate("$al").value() == 7U);
}

TEST_CASE("A watchpoint tells the old and the new value")
{
    FirmwareGuest guest({"-S"});
    auto target = attached(guest.options());
    // The BIOS data area's timer ticks: the firmware's own clock, 18.2 a second.
    auto number = target->insertWatchpoint(core::LinearAddress(0x46c), 4, WatchKind::Write);
    if (!number)
        FAIL(number.error().message());
    for (int hit = 0; hit < 3; ++hit) {
        REQUIRE(target->resume());
        auto stop = target->waitForStop(30s);
        if (!stop)
            FAIL(stop.error().message());
        CHECK(stop->reason == StopEvent::Reason::Watchpoint);
        CHECK(stop->number == *number);
        REQUIRE(stop->oldValue);
        REQUIRE(stop->newValue);
        CHECK(*stop->oldValue != *stop->newValue);
    }
    CHECK_FALSE(target->insertWatchpoint(core::LinearAddress(0x46d), 4, WatchKind::Write));
    CHECK_FALSE(target->insertWatchpoint(core::LinearAddress(0x46c), 3, WatchKind::Write));
}

TEST_CASE("The user decides how a guest that was resumed is left")
{
    FirmwareGuest guest({"-S"});
    auto target = attached(guest.options());
    REQUIRE(target->insertWatchpoint(core::LinearAddress(0x9f000), 8, WatchKind::Access));
    REQUIRE(target->resume());
    SECTION("running")
    {
        CHECK(target->release(EndState::Running));
        CHECK(guest.reaches("running"));
    }
    SECTION("stopped")
    {
        CHECK(target->release(EndState::Stopped));
        CHECK(guest.status() == "paused");
    }
}

TEST_CASE("A guest that somebody else resumes is noticed")
{
    FirmwareGuest guest;
    runAWhile(guest);
    auto target = attached(guest.options());
    REQUIRE(target->cpus());
    CHECK(target->checkStillStopped());
    REQUIRE(guest.execute("cont"));
    auto still = target->checkStillStopped();
    REQUIRE_FALSE(still);
    CHECK(still.error().happened.find("resumed") != std::string::npos);
    CHECK(target->release());
    CHECK(guest.reaches("running"));
}

TEST_CASE("Asking a running guest is refused")
{
    FirmwareGuest guest({"-S"});
    auto target = attached(guest.options());
    REQUIRE(target->resume());
    CHECK_FALSE(target->cpus());
    CHECK_FALSE(target->monitor("info status"));
    CHECK_FALSE(target->insertHardwareBreakpoint(core::LinearAddress(0x1000)));
    CHECK(target->release());
    CHECK(guest.status() == "paused");
}

TEST_CASE("No guest at the endpoint is an Error that says what to check")
{
    ConnectOptions options;
    options.endpoint.path = "/nonexistent/gdb.sock";
    auto target = Target::attach(options, &never);
    REQUIRE_FALSE(target);
    CHECK_FALSE(target.error().advice.empty());
}
