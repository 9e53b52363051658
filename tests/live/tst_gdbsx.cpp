// SPDX-License-Identifier: GPL-2.0-or-later
// A PV domain behind Xen's gdbsx, as it was measured to behave, and the real gdb before it.
#include <catch2/catch.hpp>

#include <fstream>
#include <set>

#include "core/base/numbers.h"
#include "core/rules/rule.h"
#include "core/walk/translation.h"
#include "core/xen/p2m.h"
#include "gdb/boot/bootstepper.h"
#include "gdb/capture/guestsession.h"
#include "tests/support/gdbsxstub.h"
#include "tests/support/required.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using test::PvDomain;

namespace {

/// The domain, its stub, and the names that its kernel goes by.
struct Domain {
    Domain()
    {
        std::ofstream map(directory.path() / "System.map");
        const auto symbol = [&](const char* name, std::uint64_t address, char type = 'D') {
            map << core::hexText(address, 16).substr(2) << ' ' << type << ' ' << name << '\n';
        };
        symbol("_text", PvDomain::image(PvDomain::code), 'T');
        symbol("startup_xen", PvDomain::image(PvDomain::code) + 0x100, 'T');
        symbol("xen_pagetable_init", PvDomain::image(PvDomain::code) + 0x200, 'T');
        symbol("_etext", PvDomain::image(PvDomain::code + 1), 'T');
        symbol("xen_p2m_addr", variable(0));
        symbol("xen_p2m_size", variable(1));
        symbol("xen_start_info", variable(2));
        symbol("max_pfn", variable(3));
        symbol("nr_pfn_mapped", variable(4));
        symbol("pfn_mapped", variable(5));
        symbol("init_top_pgt", PvDomain::image(PvDomain::root));
        stub.rip = PvDomain::image(PvDomain::code) + 0x100;
        stub.rsi = PvDomain::image(PvDomain::startInfo);
    }
    static std::uint64_t variable(std::uint64_t index) { return PvDomain::image(PvDomain::data) + index * 8; }

    /// The kernel has come so far that it runs on its own tables, which map all frames or the first of them.
    void boot(std::uint64_t direct = PvDomain::frames)
    {
        memory.buildDirectMap(direct);
        memory.word(PvDomain::data, 0) = PvDomain::image(PvDomain::p2m);
        // The array has room for more: this much in Debian's kernel.
        memory.word(PvDomain::data, 1) = 512ULL << 30U >> 12U;
        memory.word(PvDomain::data, 3) = PvDomain::frames;
        memory.word(PvDomain::data, 4) = 1;
        memory.word(PvDomain::data, 6) = direct;
        memory.word(PvDomain::data, 2) = PvDomain::image(PvDomain::startInfo);
        stub.rip = PvDomain::image(PvDomain::code) + 0x200;
        stub.rsi = 0;
    }

    std::unique_ptr<gdb::GuestSession> attach(bool withKernel = true)
    {
        gdb::SessionOptions options;
        options.endpoint = test::required(gdb::parseEndpoint(stub.address()));
        if (withKernel)
            options.kernelFile = (directory.path() / "System.map").string();
        return test::required(gdb::GuestSession::open(options, cancel));
    }

    test::TemporaryDirectory directory;
    PvDomain memory;
    test::GdbsxStub stub{memory};
    core::CancelFlag cancel;
};

std::set<std::uint64_t> tablesOf(const core::Snapshot& snapshot)
{
    std::set<std::uint64_t> frames;
    for (const core::Table& table : snapshot.tables())
        if (const auto own = snapshot.xen()->guestFrame(table.frame()))
            frames.insert(own->value);
    return frames;
}

} // namespace

TEST_CASE("Through gdbsx a domain's tables are read from the root that its kernel names, by machine frames")
{
    Domain domain;
    domain.boot();
    auto session = domain.attach();
    const auto snapshot = test::required(session->capture({}));
    REQUIRE(snapshot->xen());
    CHECK(snapshot->root().value == PvDomain::machineOf(PvDomain::root) * 4096);
    CHECK(snapshot->cpu().control.cr3 == snapshot->root().value);
    CHECK(snapshot->ripSymbol() == "xen_pagetable_init");
    // Two maps: of all frames by four tables, of the image by three.
    const auto frames = tablesOf(*snapshot);
    CHECK(frames.contains(PvDomain::root));
    CHECK(frames.size() == 8);
    const auto at = core::translate(*snapshot, core::LinearAddress(PvDomain::directMap + 5 * 4096 + 7));
    REQUIRE(at.end == core::TranslationEnd::Mapped);
    CHECK(at.physical.value == PvDomain::machineOf(5) * 4096 + 7);
    CHECK(core::frameOf(at.physical) == snapshot->xen()->machineFrame(core::FrameNumber(5)));
}

TEST_CASE("While the map of all frames is half built, no table is read where it does not lead yet")
{
    Domain domain;
    domain.boot(40);
    auto session = domain.attach();
    const auto snapshot = test::required(session->capture({}));
    // Beside the root: of these frames by three tables, of the image by four.
    CHECK(tablesOf(*snapshot).size() == 8);
    for (const std::uint64_t frame : {5ULL, 39ULL, 40ULL})
        CHECK((core::translate(*snapshot, core::LinearAddress(PvDomain::directMap + frame * 4096)).end
                  == core::TranslationEnd::Mapped)
            == (frame < 40));
}

TEST_CASE(
    "At the domain's first instruction start_info tells of its tables, with its kernel's symbols and without")
{
    const bool withKernel = GENERATE(true, false);
    Domain domain;
    auto session = domain.attach(withKernel);
    const auto snapshot = test::required(session->capture({}));
    CHECK(snapshot->root().value == PvDomain::machineOf(PvDomain::beginning) * 4096);
    CHECK(tablesOf(*snapshot).contains(PvDomain::beginning));
}

TEST_CASE("Each of the domain's table pages is found read-only, and one that is not is found as well")
{
    Domain domain;
    domain.boot();
    const bool planted = GENERATE(false, true);
    const auto tables = domain.memory.tableFrames();
    if (planted) {
        // The image's first table of level 1 maps the root's page, on its way from the beginning.
        for (const std::uint64_t frame : tables) {
            std::uint64_t& entry = domain.memory.word(frame, PvDomain::root);
            if (frame >= 64 && entry >> 12U == PvDomain::machineOf(PvDomain::root))
                entry |= 2;
        }
    }
    auto session = domain.attach();
    const auto snapshot = test::required(session->capture({}));
    const core::RuleContext context(snapshot);
    const auto report = core::findRule("xen-ro")->check(context);
    CHECK((report.count(core::FindingState::Violation) > 0) == planted);
}

TEST_CASE("What gdbsx cannot do is refused with the reason, and what it can do goes on")
{
    Domain domain;
    domain.boot();
    auto session = domain.attach();
    gdb::Target& target = session->target();
    const auto watch
        = target.insertWatchpoint(core::LinearAddress(Domain::variable(0)), 8, gdb::WatchKind::Write);
    REQUIRE_FALSE(watch);
    CHECK(watch.error().message().find("no watchpoints") != std::string::npos);
    CHECK_FALSE(target.monitor("info mtree -f"));

    const core::LinearAddress place(PvDomain::image(PvDomain::code) + 0x300);
    test::required(target.insertHardwareBreakpoint(place));
    domain.stub.nextRip = place.value;
    domain.stub.held = GENERATE(false, true);
    test::required(target.resume());
    const auto stop = test::required(target.waitForStop(std::chrono::seconds(20)));
    CHECK(stop.rip == place);
    domain.stub.nextRip = place.value + 4;
    CHECK(test::required(target.stepInstruction()).rip.value == place.value + 4);
    const core::LinearAddress later(place.value + 0x40);
    test::required(target.insertHardwareBreakpoint(later));
    domain.stub.nextRip = later.value;
    test::required(target.resume());
    CHECK(test::required(target.waitForStop(std::chrono::seconds(20))).rip == later);
    // gdb asks once whether the stub sets breakpoints, and then writes them itself.
    for (const std::string& request : domain.stub.refused())
        CHECK(request.starts_with("Z0"));
    CHECK(session->capture({}));
}

TEST_CASE("Let go of, the domain runs on, and its code is as it was")
{
    Domain domain;
    domain.boot();
    const std::uint64_t before = domain.memory.word(PvDomain::code, 0x300 / 8);
    auto session = domain.attach();
    test::required(session->target().insertHardwareBreakpoint(
        core::LinearAddress(PvDomain::image(PvDomain::code) + 0x300)));
    CHECK(session->close());
    for (int wait = 0; wait < 1000 && !domain.stub.ended(); ++wait)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(domain.stub.ended());
    CHECK(domain.memory.word(PvDomain::code, 0x300 / 8) == before);
}

TEST_CASE("A domain's frames are found by machine frame, whatever stands in its array")
{
    const std::uint64_t none = ~std::uint64_t{0};
    const std::vector<std::uint64_t> p2m{100, 101, none, 50, 1ULL << 63 | 7, 1ULL << 62 | 8, 101, 102};
    const auto extents = core::extentsOf(p2m, 3);
    REQUIRE(extents.size() == 3);
    CHECK(extents[0] == core::XenExtent{core::FrameNumber(50), core::FrameNumber(3), 1, 3});
    CHECK(extents[1] == core::XenExtent{core::FrameNumber(100), core::FrameNumber(0), 2, 3});
    CHECK(extents[2] == core::XenExtent{core::FrameNumber(102), core::FrameNumber(7), 1, 3});
}
