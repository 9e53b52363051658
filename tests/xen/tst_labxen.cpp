// SPDX-License-Identifier: GPL-2.0-or-later
// The argument of 2012 before the real judge: our own kernel as dom0 of Debian's Xen. Frames are the kernel's
// own numbers; with the hole in memory they are those of the lab guest.
#include "tests/support/catch.h"
#include "tests/support/catch/run.h"

#include <iostream>

#include "gdb/debian/builtguest.h"
#include "gdb/debian/guestfetch.h"
#include "tests/lab/labboot.h"

using namespace pgtscope;
using core::FindingState;
using test::check;
using test::frameSet;
using test::required;

namespace {

constexpr gdb::EventSources everyPage{.events = true, .pgtBuf = true, .writesIn = {}};
constexpr gdb::EventSources events{.events = true, .pgtBuf = false, .writesIn = {}};

/// Ends the test case if the hypervisor is not available.
void needXen()
{
    static const auto fetched = [] {
        required(gdb::findBuiltGuest("lab-xen"));
        return gdb::fetchGuest(required(gdb::findRecipe("lab-xen")), {});
    }();
    if (!fetched)
        pgtscope::tests::skipCase(fetched.error().message());
}

/// A boot, and what the steps that it passes say.
class LabXen {
public:
    explicit LabXen(const std::string& commandLine, const gdb::EventSources& sources = everyPage)
        : m_boot(commandLine, sources, {}, "lab-xen")
    {
    }

    /// Passes every step up to the first for which `wanted` is true, which is checked like all others.
    gdb::BootStop cleanUntil(const std::function<bool(const gdb::BootStop&)>& wanted)
    {
        return m_boot.until([&](const gdb::BootStop& stop) {
            m_console += stop.step.console;
            INFO("at " << stop.step.event << ' ' << stop.step.text);
            const core::RuleReport report = check(stop, "xen-ro");
            CHECK(report.coverage.notApplicable.empty());
            CHECK(report.coverage.gaps.empty());
            CHECK(report.count(FindingState::Violation) == 0);
            CHECK(check(stop, "xen-types").count(FindingState::Violation) == 0);
            return wanted(stop);
        });
    }
    gdb::BootStop cleanUntilEvent(const std::string& name)
    {
        return cleanUntil([&](const gdb::BootStop& stop) { return stop.step.event == name; });
    }
    gdb::BootStop cleanUntilEnd(std::uint64_t pgtBufEnd)
    {
        return cleanUntil([&](const gdb::BootStop& stop) { return endOf(stop) == pgtBufEnd; });
    }
    gdb::BootStop untilEnd(std::uint64_t pgtBufEnd) { return m_boot.untilEnd(pgtBufEnd); }
    gdb::BootStop runTo(const std::string& function)
    {
        gdb::BootStop stop = m_boot.runTo(function);
        m_console += stop.step.console;
        return stop;
    }
    const std::string& console() const { return m_console; }

    static std::uint64_t endOf(const gdb::BootStop& stop)
    {
        const auto& epochs = stop.snapshot->pgtBuf().epochs;
        return epochs.empty() ? 0 : epochs.back().end.value;
    }

private:
    test::LabBoot m_boot;
    std::string m_console;
};

/// The kernel's numbers of the frames that a report marks with a state.
std::set<std::uint64_t> marked(const gdb::BootStop& stop, FindingState state)
{
    std::set<std::uint64_t> frames;
    for (const std::uint64_t frame : test::marked(check(stop, "xen-ro"), state))
        frames.insert(stop.snapshot->guestFrame(core::FrameNumber(frame)).value_or(core::GuestFrame()).value);
    return frames;
}

core::FrameNumber machineFrame(const gdb::BootStop& stop, std::uint64_t pfn)
{
    const auto frame = stop.snapshot->frame(core::GuestFrame(pfn));
    REQUIRE(frame);
    return *frame;
}

const core::XenTable* xenTable(const gdb::BootStop& stop, std::uint64_t pfn)
{
    const core::XenState* xen = stop.snapshot->xen();
    REQUIRE(xen);
    CHECK(xen->complete);
    return xen->table(machineFrame(stop, pfn));
}

std::size_t bufferPieces(const gdb::BootStop& stop)
{
    REQUIRE_FALSE(stop.snapshot->pgtBuf().epochs.empty());
    return stop.snapshot->pieces(stop.snapshot->pgtBuf().epochs.back().whole()).size();
}

/// The one violation: page 0x437eb, mapped writable by the level-1 table in 0x437ea.
void checkFatalMapping(const gdb::BootStop& stop)
{
    const core::RuleReport report = check(stop, "xen-ro");
    CHECK(report.standing == core::Standing::Broken);
    CHECK(marked(stop, FindingState::Violation) == std::set<std::uint64_t>{0x437eb});
    for (const core::Finding& finding : report.findings) {
        if (finding.state != FindingState::Violation)
            continue;
        const core::FindingEntry& entry = finding.entry;
        CHECK(finding.frame == machineFrame(stop, 0x437eb));
        CHECK(core::frameOf(entry.tableAddress) == machineFrame(stop, 0x437ea));
        CHECK(entry.level == 1);
        CHECK(entry.index == 491);
        CHECK(entry.detached);
        // Xen has added the user bit and its own mark, bit 52, when it took the table.
        CHECK(entry.raw == (0x8010000000000067 | core::addressOf(finding.frame).value));
        CHECK(finding.summary.find("pfn:0x437eb") != std::string::npos);
        CHECK(
            finding.summary.find("in a detached table, which no walk from CR3 reaches") != std::string::npos);
    }
}

std::string refusal(const gdb::BootStop& stop, std::uint64_t pfn)
{
    std::ostringstream text;
    text << std::hex << "pinning frame " << pfn << " (machine frame " << machineFrame(stop, pfn).value
         << ") as a level-1 table: -22";
    return text.str();
}

/// From the page that the end rule leaves writable to the kernel's death of it.
void checkDeathOfEndRule(LabXen& boot)
{
    const gdb::BootStop before = boot.cleanUntilEnd(0x437eb);
    CHECK(test::spareFrames(before) == test::MappedFrames{0, 0});
    const gdb::BootStop burst = boot.runTo("pin_pagetable_pfn");
    CHECK(marked(burst, FindingState::Pending) == frameSet(0x437eb, 0x43800));
    CHECK(marked(burst, FindingState::Violation).empty());
    CHECK(xenTable(burst, 0x437ea) == nullptr);

    const gdb::BootStop taken = boot.untilEnd(0x437ec);
    checkFatalMapping(taken);
    // The table that holds the mapping is accepted, and pinned; the one that was just handed out is none yet.
    REQUIRE(xenTable(taken, 0x437ea));
    CHECK(xenTable(taken, 0x437ea)->pinned);
    CHECK(xenTable(taken, 0x437ea)->type == core::XenFrameType::L1);
    CHECK(xenTable(taken, 0x437eb) == nullptr);

    const gdb::BootStop dying = boot.runTo("panic");
    checkFatalMapping(dying);
    CHECK(xenTable(dying, 0x437eb) == nullptr);
    CHECK(boot.console().find(refusal(dying, 0x437eb)) != std::string::npos);
    CHECK(boot.console().find("in pin_pagetable_pfn") != std::string::npos);
}

} // namespace

TEST_CASE("Xen refuses a table that the end rule left writable, and the mapping is named before that")
{
    needXen();
    LabXen boot("scenario=end-rule-high hole=yes");
    checkDeathOfEndRule(boot);
}

TEST_CASE("With the top rule no step of the boot has a violation, and Xen takes every table")
{
    needXen();
    LabXen boot("scenario=top-rule hole=yes");
    const gdb::BootStop burst = boot.cleanUntilEnd(0x437ec);
    CHECK(test::spareFrames(burst) == test::MappedFrames{20, 0});
    CHECK(xenTable(burst, 0x437eb) == nullptr);
    const gdb::BootStop next = boot.cleanUntilEnd(0x437ed);
    REQUIRE(xenTable(next, 0x437eb));
    CHECK(xenTable(next, 0x437eb)->pinned);
    const gdb::BootStop handed = boot.cleanUntilEvent("lab_handed_back");
    CHECK(test::spareFrames(handed) == test::MappedFrames{17, 17});
    boot.cleanUntilEvent("lab_done");
}

TEST_CASE("With a low buffer the end rule boots under Xen")
{
    needXen();
    LabXen boot("scenario=end-rule-low hole=yes");
    const gdb::BootStop handed = boot.cleanUntilEvent("lab_handed_back");
    CHECK(handed.snapshot->pgtBuf().epochs.back().start.value == 0x1fbe);
    CHECK(LabXen::endOf(handed) == 0x1fef);
    boot.cleanUntilEvent("lab_done");
}

TEST_CASE("A buffer in pieces of the machine is followed, to the same death and the same boot")
{
    needXen();
    SECTION("end rule")
    {
        LabXen boot("scenario=end-rule-scattered hole=yes");
        checkDeathOfEndRule(boot);
    }
    SECTION("top rule")
    {
        LabXen boot("scenario=top-rule-scattered hole=yes");
        CHECK(bufferPieces(boot.cleanUntilEnd(0x437be)) == 8);
        boot.cleanUntilEvent("lab_done");
    }
}

TEST_CASE("Without the hand-back a write to a spare page ends the boot")
{
    needXen();
    LabXen boot("scenario=missing-handback hole=yes", events);
    const gdb::BootStop stop = boot.cleanUntilEvent("lab_handed_back");
    CHECK(check(stop, "xen-ro").standing == core::Standing::Broken);
    CHECK(marked(stop, FindingState::Stale) == frameSet(0x437ef, 0x43800));
    boot.runTo("panic");
    CHECK(boot.console().find("paging request at ffff8800437ef000") != std::string::npos);
    CHECK(boot.console().find("write to a page whose rights forbid it") != std::string::npos);
}

TEST_CASE("A page that is not made read-only is being made until Xen refuses it")
{
    needXen();
    LabXen boot("scenario=skip-readonly hole=yes");
    const gdb::BootStop taken = boot.cleanUntilEnd(0x1fd2);
    CHECK(marked(taken, FindingState::Transient).contains(0x1fd1));
    const gdb::BootStop dying = boot.runTo("panic");
    CHECK(marked(dying, FindingState::Violation) == std::set<std::uint64_t>{0x1fd1});
    CHECK(boot.console().find(refusal(dying, 0x1fd1)) != std::string::npos);
}

TEST_CASE("In a domain of 1.5 GiB all the three conditions are needed")
{
    needXen();
    SECTION("with all of them it dies")
    {
        LabXen boot("scenario=end-rule-high", events);
        const gdb::BootStop dying = boot.runTo("panic");
        CHECK(marked(dying, FindingState::Violation) == std::set<std::uint64_t>{0x5f7ea});
        CHECK(boot.console().find(refusal(dying, 0x5f7ea)) != std::string::npos);
    }
    SECTION("where the directory is in use already it boots: 1023 MiB")
    {
        LabXen boot("scenario=end-rule-first-gib", events);
        boot.cleanUntilEvent("lab_done");
    }
    SECTION("where the buffer is the last of memory it boots")
    {
        LabXen boot("scenario=end-rule-last", events);
        boot.cleanUntilEvent("lab_done");
    }
}
