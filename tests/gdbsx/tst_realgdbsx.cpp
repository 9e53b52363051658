// SPDX-License-Identifier: GPL-2.0-or-later
// Xen's own gdbsx in dom0 of a Xen with developer checks, and a PV domain behind it. QEMU's stub, which sees
// the whole machine, says of the same domain at the same stop what is true.
#include <map>

#include <catch2/catch.hpp>

#include "core/base/numbers.h"
#include "core/rules/rule.h"
#include "core/walk/aliases.h"
#include "gdb/capture/guestsession.h"
#include "gdb/debian/initramfs.h"
#include "tests/support/gdbsxdom0.h"
#include "tests/support/required.h"

using namespace pgtscope;
using namespace std::chrono_literals;
using test::GdbsxDom0;
using test::required;

namespace {

core::CancelFlag noCancel;

std::unique_ptr<gdb::GuestSession> attach(const GdbsxDom0& dom0)
{
    gdb::SessionOptions options;
    options.endpoint = dom0.startGdbsx();
    options.kernelFile = dom0.guest().guest().spec.kernel.string();
    return required(gdb::GuestSession::open(options, noCancel));
}

/// The tables that the root reaches, as QEMU's stub sees them. The machine runs on afterwards.
core::SnapshotPtr seenFromOutside(const GdbsxDom0& dom0, core::PhysicalAddress root)
{
    gdb::SessionOptions options;
    options.endpoint = dom0.guest().guest().gdbEndpoint();
    options.guest = dom0.guest().guest();
    const auto session = required(gdb::GuestSession::open(options, noCancel));
    gdb::CaptureRequest request;
    request.root = root;
    auto snapshot = required(session->capture(request));
    required(session->close());
    return snapshot;
}

struct Seen {
    core::TablePagePtr page;
    core::LinearAddress first; ///< The lowest that leads there.
};
using Tables = std::map<std::pair<std::uint64_t, unsigned>, Seen>; // by frame and level

Tables tablesOf(const core::Snapshot& snapshot)
{
    Tables tables;
    for (const core::Reach& reach : core::reachedTables(snapshot)) {
        const core::Table& table = snapshot.tables()[reach.table];
        if (table.page && !reach.detached)
            tables.try_emplace({table.frame().value, table.level}, Seen{table.page, reach.first});
    }
    return tables;
}

/// Where the one who makes a domain puts its P2M, apart from all that the kernel maps at its beginning.
bool mapsFirstP2m(core::LinearAddress address) { return address.value >> 39U == 1; }

/// Every table that either sees is seen by both, with the same entries. `early`: no map of the domain's leads
/// to the tables of that P2M yet.
void checkSame(const core::Snapshot& domain, const core::Snapshot& machine, bool early = false)
{
    const Tables ours = tablesOf(domain);
    Tables theirs = tablesOf(machine);
    if (early)
        std::erase_if(theirs, [&ours](const auto& table) {
            return mapsFirstP2m(table.second.first) && !ours.contains(table.first);
        });
    CHECK(ours.size() == theirs.size());
    for (const auto& [place, seen] : theirs) {
        INFO("frame " << core::hexText(place.first) << " at level " << place.second);
        const auto same = ours.find(place);
        CHECK(same != ours.end());
        if (same != ours.end())
            CHECK(same->second.page->words == seen.page->words);
    }
}

std::uint64_t violations(const core::SnapshotPtr& snapshot)
{
    const core::RuleContext context(snapshot);
    return core::findRule("xen-ro")->check(context).count(core::FindingState::Violation);
}

} // namespace

TEST_CASE("A domain is followed through gdbsx from its first instruction, as the machine's own stub sees it")
{
    const GdbsxDom0 dom0;
    auto session = attach(dom0);
    gdb::Target& target = session->target();
    auto snapshot = required(session->capture({}));
    CHECK(snapshot->ripSymbol() == "startup_xen");
    CHECK(snapshot->cpu().cs == 0xe033);
    checkSame(*snapshot, *seenFromOutside(dom0, snapshot->root()), true);
    core::LinearAddress place;
    // It is paused twice, by the one who made it and by gdbsx, and runs nevertheless.
    for (const char* function : {"init_mem_mapping", "xen_alloc_pte_init", "xen_pagetable_init"}) {
        INFO(function);
        const auto address = session->symbols().find(function);
        REQUIRE(address);
        place = *address;
        const unsigned breakpoint = required(target.insertHardwareBreakpoint(place));
        required(target.resume());
        CHECK(required(target.waitForStop(120s)).rip == place);
        // From the other one the domain goes on by a single step.
        if (std::string_view(function) != "init_mem_mapping")
            required(target.removeBreakpoint(breakpoint));
        snapshot = required(session->capture({}));
        CHECK(snapshot->ripSymbol() == function);
        const bool early = std::string_view(function) != "xen_pagetable_init";
        checkSame(*snapshot, *seenFromOutside(dom0, snapshot->root()), early);
        // The one that makes a page read-only has only begun.
        if (std::string_view(function) != "xen_alloc_pte_init")
            CHECK(violations(snapshot) == 0);
    }
    const auto stepped = required(target.stepInstruction());
    CHECK(stepped.reason == gdb::StopEvent::Reason::Step);
    CHECK(stepped.rip != place);

    CHECK(session->close());
    CHECK(dom0.endOfGdbsx().find("Detaching from guest") != std::string::npos);
    dom0.guest().awaitConsole(gdb::userspaceMessage);
    CHECK_FALSE(dom0.domainIsPaused());
}

TEST_CASE("A domain that runs stands still while gdbsx serves, is read whole, and runs on")
{
    const GdbsxDom0 dom0;
    dom0.run("xl unpause domain");
    dom0.guest().awaitConsole(gdb::userspaceMessage);
    for (int time = 0; time < 2; ++time) {
        auto session = attach(dom0);
        CHECK(dom0.domainIsPaused());
        const auto snapshot = required(session->capture({}));
        checkSame(*snapshot, *seenFromOutside(dom0, snapshot->root()));
        CHECK(violations(snapshot) == 0);
        REQUIRE(snapshot->xen());
        CHECK(snapshot->xen()->p2mFrames >= 128ULL << 20U >> 12U);
        CHECK(session->close());
        (void)dom0.endOfGdbsx();
        CHECK_FALSE(dom0.domainIsPaused());
    }
}
