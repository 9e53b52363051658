// SPDX-License-Identifier: GPL-2.0-or-later
// Debian's kernel under Debian's Xen: dom0 from its first instruction to user space, a domain started in it,
// and what comes of it when somebody meddles with page tables.
#include <array>
#include <map>
#include <set>
#include <thread>

#include "tests/support/catch.h"

#include "core/frames/framesummary.h"
#include "core/rules/rule.h"
#include "core/walk/framemappings.h"
#include "core/walk/runs.h"
#include "core/walk/translation.h"
#include "gdb/boot/bootstepper.h"
#include "gdb/debian/initramfs.h"
#include "tests/support/initramfs.h"
#include "tests/support/liveguest.h"
#include "tests/support/required.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using namespace std::chrono_literals;
using test::LiveGuest;
using test::required;

namespace {

/// A guest under Xen with a debugger on it, before its first instruction.
struct Debugged {
    explicit Debugged(std::string_view name, const gdb::EventSources& sources = {},
        const std::function<void(gdb::LaunchSpec&)>& change = {})
        : guest(name, [&change](gdb::LaunchSpec& spec) {
            spec.append += " nokaslr";
            if (change)
                change(spec);
        })
    {
        const auto begun = gdb::runToBeginning(guest.guest(), gdb::WaitLimit::after(300s));
        if (!begun)
            FAIL(begun.error().message());
        gdb::SessionOptions options;
        options.endpoint = guest.guest().gdbEndpoint();
        options.guest = guest.guest();
        session = required(gdb::GuestSession::open(options, cancel));
        stepper = required(gdb::BootStepper::create(
            *session, {.sources = sources, .consoleLog = guest.guest().consoleLog()}));
    }

    /// The next stop; fails the test if there is none in time.
    gdb::BootStop next()
    {
        auto stop = required(stepper->next(240s));
        if (!stop)
            FAIL("no stop after " + last);
        last = stop->step.event;
        return std::move(*stop);
    }
    gdb::BootStop runTo(std::string_view event)
    {
        for (;;) {
            auto stop = next();
            if (stop.step.event == event)
                return stop;
        }
    }

    LiveGuest guest;
    std::string last; ///< The event before.
    core::CancelFlag cancel;
    std::unique_ptr<gdb::GuestSession> session;
    std::unique_ptr<gdb::BootStepper> stepper;
};

/// Tables that the root reaches, by level, and the pages of the linear address space that lie on their
/// frames.
struct Counts {
    std::array<unsigned, 5> tables{}; ///< By level; 0: all of them.
    unsigned mappings = 0;
    unsigned writable = 0;
};

Counts countReached(const core::Snapshot& snapshot)
{
    Counts counts;
    std::vector<core::FrameNumber> frames;
    for (const core::Table& table : snapshot.tables()) {
        if (table.origin != core::TableOrigin::Reachable || !table.page)
            continue;
        ++counts.tables[0];
        ++counts.tables[table.level];
        frames.push_back(table.frame());
    }
    auto reached = core::reachedTables(snapshot);
    std::erase_if(reached, [](const core::Reach& reach) { return reach.detached; });
    const core::FrameMappings mappings(snapshot, reached, std::move(frames));
    for (std::size_t i = 0; i < mappings.frames().size(); ++i)
        counts.writable += static_cast<unsigned>(mappings.tally(i).writable);
    // By linear address: the maps of the kernel's image and of all frames share tables.
    core::RunOptions each;
    each.merge = false;
    each.expandShared = true;
    const std::set<core::FrameNumber> tables(mappings.frames().begin(), mappings.frames().end());
    core::forEachRun(snapshot, each, [&](const core::Run& run) {
        if (run.kind == core::RunKind::Mapping && tables.contains(core::frameOf(run.physical)))
            ++counts.mappings;
        return true;
    });
    return counts;
}

/// Lets the guest run and stops it until it is there; it may have something else to do first.
core::SnapshotPtr stoppedIn(core::XenPlace place, gdb::GuestSession& session)
{
    const auto limit = gdb::WaitLimit::after(120s);
    for (auto snapshot = required(session.capture({}));; snapshot = required(session.capture({}))) {
        if (core::xenPlace(snapshot->cpu()) == place)
            return snapshot;
        REQUIRE_FALSE(limit.passed());
        required(session.target().resume());
        std::this_thread::sleep_for(20ms);
        required(session.target().interrupt());
        required(session.target().waitForStop(30s));
    }
}

core::RuleReport check(const core::SnapshotPtr& snapshot, std::string_view rule)
{
    return core::checkRules(core::RuleContext(snapshot), {core::findRule(rule)}).front();
}

std::uint64_t violations(const core::SnapshotPtr& snapshot, std::string_view rule)
{
    const auto report = check(snapshot, rule);
    for (const core::Finding& finding : report.findings)
        if (finding.state == core::FindingState::Violation)
            UNSCOPED_INFO(finding.summary);
    CHECK(report.notEvaluated().empty());
    return report.count(core::FindingState::Violation);
}

void checkClean(const gdb::BootStop& stop, std::uint16_t domain)
{
    INFO(stop.step.event << " " << stop.step.text);
    const core::XenState* xen = stop.snapshot->xen();
    REQUIRE(xen);
    CHECK(xen->domain == domain);
    CHECK(xen->complete);
    CHECK(violations(stop.snapshot, "xen-ro") == 0);
    CHECK(violations(stop.snapshot, "xen-types") == 0);
    CHECK(countReached(*stop.snapshot).writable == 0);
}

} // namespace

TEST_CASE("dom0 boots with every page table read-only at every event, and Xen's books agree with the walk")
{
    Debugged dom0("xen", {.events = true, .pgtBuf = false});
    std::map<std::string, Counts> seen;
    const auto note = [&seen](const gdb::BootStop& stop, const std::string& name) {
        checkClean(stop, 0);
        seen.emplace(name, countReached(*stop.snapshot));
    };
    const auto first = dom0.runTo("startup_xen");
    note(first, "startup_xen");
    CHECK(core::xenPlace(first.step.cpu) == core::XenPlace::Kernel);
    CHECK(first.step.cpu.cs == 0xe033);
    CHECK_FALSE(first.snapshot->xen()->isolated);
    CHECK(first.snapshot->pgtBuf().enforced);
    for (;;) {
        const auto stop = dom0.next();
        note(stop, stop.step.event);
        if (stop.step.event == "xen_pagetable_init") {
            // Each frame of the domain has two numbers, and both directions say the same.
            const core::XenState& xen = *stop.snapshot->xen();
            REQUIRE(xen.p2mFrames == 131'072);
            for (std::uint64_t frame = 0; frame < xen.p2mFrames; frame += 997)
                if (const auto machine = xen.machineFrame(core::GuestFrame(frame)))
                    CHECK(xen.guestFrame(*machine) == core::GuestFrame(frame));
        }
        if (stop.step.event == "free_initmem")
            break;
    }
    auto userspace = required(dom0.stepper->runUntilConsole(gdb::userspaceMessage, 240s));
    REQUIRE(userspace);
    note(*userspace, "userspace");

    const auto numbers = [&](const char* event) {
        const Counts& c = seen.at(event);
        return std::array<unsigned, 6>{
            c.tables[0], c.tables[4], c.tables[3], c.tables[2], c.tables[1], c.mappings};
    };
    using Row = std::array<unsigned, 6>; // tables, L4, L3, L2, L1, mappings of table frames
    CHECK(numbers("startup_xen") == Row{44, 1, 2, 2, 39, 41});
    CHECK(numbers("init_mem_mapping") == Row{50, 1, 3, 4, 42, 56});
    CHECK(numbers("xen_pagetable_init") == Row{524, 1, 3, 4, 516, 549});
    // What a process has is not the kernel's doing alone: about as many, and as many mappings at least.
    const Counts& last = seen.at("userspace");
    CHECK(last.tables[0] > 600);
    CHECK(last.mappings >= last.tables[0]);
}

TEST_CASE("a table made writable behind Xen's back is found at the next step, and nothing else notices")
{
    Debugged dom0("xen", {.events = true, .pgtBuf = false});
    const auto before = dom0.runTo("xen_pagetable_init");
    checkClean(before, 0);
    // The entry that maps the kernel's own root, which stays a table for good.
    const auto tables = before.snapshot->tables();
    const auto table = std::find_if(tables.begin(), tables.end(),
        [&](const core::Table& t) { return t.address == before.snapshot->root(); });
    REQUIRE(table != tables.end());
    const auto reached = core::reachedTables(*before.snapshot);
    const core::FrameMappings mappings(*before.snapshot, reached, {table->frame()});
    REQUIRE(mappings.listed(0) > 0);
    const core::Alias alias = mappings.alias(0, 0);
    REQUIRE_FALSE(alias.rights.write);
    const auto replaced = dom0.session->replaceEntry(
        {alias.entryAddress, 8, 1, alias.entry.raw, alias.entry.raw | core::bit::rw});
    if (!replaced)
        FAIL(replaced.error().message());

    const auto after = dom0.next();
    const auto report = check(after.snapshot, "xen-ro");
    REQUIRE(report.count(core::FindingState::Violation) == 1);
    const core::Finding& finding = report.findings.front();
    CHECK(finding.frame == table->frame());
    CHECK(finding.entry.address == alias.entryAddress);
    CHECK(finding.standing == core::Standing::Broken);
    CHECK(finding.summary.find("written bypassing Xen") != std::string::npos);
    CHECK(violations(after.snapshot, "xen-types") == 0);
    // The guest goes on as if nothing had been.
    auto userspace = required(dom0.stepper->runUntilConsole(gdb::userspaceMessage, 240s));
    REQUIRE(userspace);
    CHECK(userspace->step.console.find("kernel BUG") == std::string::npos);
    CHECK(violations(userspace->snapshot, "xen-ro") >= 1);
}

TEST_CASE("a page that stays writable cannot be pinned: dom0 dies, and its last words stand at their step")
{
    gdb::EventSources sources{.events = true, .pgtBuf = false};
    // The first calls are made before the kernel has a console to die on.
    sources.skips = "make_lowmem_page_readonly";
    sources.skipCall = 5;
    Debugged dom0("xen", sources);
    std::string console;
    bool skipped = false;
    // The kernel that died runs no further event: the wait ends, and the guest is stopped where it is.
    while (auto stop = required(dom0.stepper->next(skipped ? 60s : 240s))) {
        skipped = skipped || stop->step.text.find("is skipped") != std::string::npos;
        console += stop->step.console;
    }
    REQUIRE(skipped);
    const auto last = required(dom0.stepper->captureNow(core::StepCause::UserStop, {}));
    console += last.step.console;
    CHECK(console.find("kernel BUG at arch/x86/xen/mmu_pv.c") != std::string::npos);
    CHECK(console.find("Hardware Dom0") != std::string::npos);
}

TEST_CASE("a PV domain is debugged from its first instruction, and its tables are read-only too")
{
    Debugged domain("xen-domu", {.events = true, .pgtBuf = false});
    const auto first = domain.runTo("startup_xen");
    checkClean(first, 1);
    CHECK(core::domainText(*first.snapshot->xen()) == "domain 1");
    CHECK(first.step.cpu.cs == 0xe033);
    for (;;) {
        const auto stop = domain.next();
        checkClean(stop, 1);
        if (stop.step.event == "xen_pagetable_init")
            break;
    }
    // dom0's kernel has the same function at the same address, and runs it all the time.
    const auto schedule = domain.session->symbols().find("schedule");
    REQUIRE(schedule);
    const auto there = required(domain.stepper->runTo(*schedule, 240s));
    REQUIRE(there);
    CHECK(there->step.cpu.rip == *schedule);
    CHECK(core::domainText(*there->snapshot->xen()) == "domain 1");
}

TEST_CASE("under XPTI the true root is found, and all of the rest with it")
{
    Debugged dom0("xen", {.events = true, .pgtBuf = false},
        [](gdb::LaunchSpec& spec) { spec.hypervisorAppend += " xpti=true"; });
    const auto stop = dom0.runTo("startup_xen");
    const core::XenState* xen = stop.snapshot->xen();
    REQUIRE(xen);
    CHECK(xen->isolated);
    CHECK(xen->rootKnown);
    CHECK(stop.snapshot->root() != stop.snapshot->paging().root(stop.step.cpu.control.cr3));
    checkClean(stop, 0);
    const auto later = dom0.runTo("init_mem_mapping");
    checkClean(later, 0);

    // Attached to a QEMU of which nothing is known, neither its RAM's file nor the kernel's symbols.
    dom0.stepper.reset();
    dom0.session.reset();
    gdb::SessionOptions options;
    options.endpoint = dom0.guest.guest().gdbEndpoint();
    const auto session = required(gdb::GuestSession::open(options, dom0.cancel));
    const auto snapshot = required(session->capture({}));
    REQUIRE(snapshot->xen());
    CHECK(snapshot->xen()->isolated);
    CHECK(snapshot->xen()->rootKnown);
    CHECK(snapshot->root() == later.snapshot->root());
    CHECK(core::domainText(*snapshot->xen()) == "dom0");
}

TEST_CASE("stopped in a process of dom0, the kernel's half and Xen's books are found all the same")
{
    const bool isolated = GENERATE(false, true);
    CAPTURE(isolated);
    const test::TemporaryDirectory directory;
    const LiveGuest guest("xen", [&](gdb::LaunchSpec& spec) {
        spec.append += " nokaslr";
        spec.hypervisorAppend += isolated ? " xpti=true" : " xpti=false";
        spec.initrd
            = test::initramfsThatRuns("#!/bin/busybox sh\necho\necho 'here we are'\nwhile :; do :; done\n",
                spec.initrd, directory / "initrd");
    });
    guest.resume();
    guest.awaitConsole("here we are");
    gdb::SessionOptions options;
    options.endpoint = guest.guest().gdbEndpoint();
    options.guest = guest.guest();
    core::CancelFlag cancel;
    const auto session = required(gdb::GuestSession::open(options, cancel));
    const auto snapshot = stoppedIn(core::XenPlace::Process, *session);
    const core::XenState* xen = snapshot->xen();
    REQUIRE(xen);
    CHECK(xen->domain == 0);
    CHECK(xen->isolated == isolated);
    CHECK(xen->rootKnown);
    CHECK(xen->complete);
    CHECK(snapshot->root() != snapshot->paging().root(snapshot->cpu().control.cr3));
    const auto banner = session->symbols().find("linux_banner");
    REQUIRE(banner);
    CHECK(core::translate(*snapshot, *banner).end == core::TranslationEnd::Mapped);
    const auto reports = core::checkAllRules(core::RuleContext(snapshot));
    for (const auto& report : *reports) {
        CAPTURE(report.rule);
        CHECK(report.answer() != core::RuleAnswer::Gap);
        for (const core::Finding& finding : report.findings)
            CHECK(finding.standing != core::Standing::Broken);
    }
}

TEST_CASE("a QEMU that idles in Xen is recognised too")
{
    LiveGuest guest("xen");
    guest.bootToUserspace();
    gdb::SessionOptions options;
    options.endpoint = guest.guest().gdbEndpoint();
    options.guest = guest.guest();
    core::CancelFlag cancel;
    const auto session = required(gdb::GuestSession::open(options, cancel));
    const auto snapshot = stoppedIn(core::XenPlace::Hypervisor, *session);
    REQUIRE(snapshot->xen());
    CHECK(snapshot->xen()->complete);
}
