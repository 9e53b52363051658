// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/linux/layout.h"
#include "ruleguest.h"

using namespace pgtscope::tests;

namespace {

std::vector<std::string> names()
{
    std::vector<std::string> result;
    for (const auto& rule : allRules())
        result.emplace_back(rule->name());
    return result;
}

} // namespace

TEST_CASE("every rule file is in the list, with its text")
{
    CHECK_THAT(names(),
        Catch::Matchers::UnorderedEquals(std::vector<std::string>{"alias-attr", "mask-rw-2012", "mask-rw-end",
            "reserved-bits", "user-kernel", "w-x", "xen-ro", "xen-types"}));
    for (const auto& rule : allRules()) {
        CHECK_FALSE(rule->text().title.empty());
        CHECK_FALSE(rule->text().description.empty());
        CHECK_FALSE(rule->text().source.empty());
        CHECK(findRule(rule->name()) == rule.get());
    }
    CHECK(findRule("nonsense") == nullptr);
}

TEST_CASE("w-x: effectively writable and executable pages, neighbours told as one")
{
    RuleGuest guest;
    for (const unsigned index : {16U, 17U, 18U, 20U})
        guest.set(RuleGuest::directTable, index, index * 0x1000ULL | rw);
    guest.set(RuleGuest::directTable, 30, 0x1e000 | rw | nx);
    guest.set(RuleGuest::directTable, 31, 0x1f000 | p);
    const auto report = check(guest.context(), "w-x");
    CHECK(findingsText(report) == "violation 0x10 at 0x4080\nviolation 0x14 at 0x40a0\n");
    CHECK(report.findings[0].frames == 3);
    CHECK(report.findings[1].frames == 1);
}

TEST_CASE("w-x: a run that goes on in the next table is one finding")
{
    RuleGuest guest;
    constexpr std::uint64_t nextTable = 0x9000;
    guest.set(RuleGuest::pmdTable, 1, nextTable | rw);
    for (unsigned index = 500; index < 512; ++index)
        guest.set(RuleGuest::directTable, index, index * 0x1000ULL | rw);
    for (unsigned index = 0; index < 8; ++index)
        guest.set(nextTable, index, (512 + index) * 0x1000ULL | rw);
    guest.set(nextTable, 9, 521 * 0x1000ULL | rw);
    const auto report = check(guest.context(), "w-x");
    CHECK(findingsText(report) == "violation 0x1f4 at 0x4fa0\nviolation 0x209 at 0x9048\n");
    CHECK(report.findings.at(0).frames == 20);
    CHECK(report.totals.frames(FindingState::Violation) == 21);
}

TEST_CASE("w-x: what a violation is worth follows what the kernel has done with its image")
{
    RuleGuest guest;
    constexpr std::uint64_t image = 0xffffffff81000000, imageTable = 0x9000;
    const auto standing = [&](std::uint64_t text, std::uint64_t last) {
        guest.set(imageTable, 0, 0x100000 | text);
        guest.set(imageTable, 1, 0x101000 | rw | nx);
        guest.set(imageTable, 511, 0x102000 | last);
        const auto report = check(guest.context(), "w-x");
        REQUIRE(report.total() != 0);
        return report.findings.front().standing;
    };
    guest.set(RuleGuest::directTable, 16, 0x10000 | rw); // the mapping in question
    CHECK(check(guest.context(), "w-x").findings.front().standing == Standing::Hypothetical);

    guest.set(RuleGuest::rootTable, 511, 0x6000 | rw);
    guest.set(0x6000, 510, 0x7000 | rw);
    guest.set(0x7000, 8, imageTable | rw);
    guest.linearRegions
        = {{"kernel", "High Kernel Mapping", {LinearAddress(image), LinearAddress(image + 0x3000)}}};
    CHECK(standing(rw, rw) == Standing::Hypothetical);
    guest.physicalRegions
        = {{"kernel_text", "kernel text", {PhysicalAddress(0x100000), PhysicalAddress(0x101000)}}};
    CHECK(standing(rw, rw | nx) == Standing::Expected);
    // Between the first and the last store of mark_rodata_ro().
    CHECK(standing(p, rw) == Standing::Expected);
    CHECK(standing(p, rw | nx) == Standing::Broken);
    CHECK(check(guest.context(), "w-x").stage.empty());

    CHECK(standing(rw, rw | nx) == Standing::Expected);
    CHECK(check(guest.context(), "w-x").stage == "early W+X until mark_rodata_ro");
    // A kernel that was told not to protect itself never does.
    guest.rodataOff = true;
    CHECK(standing(rw, rw | nx) == Standing::Expected);
    const auto off = check(guest.context(), "w-x");
    CHECK(off.stage == "W+X by rodata=off");
    CHECK(off.standingReason.find("rodata=off") != std::string::npos);
    CHECK(off.standingReason.find("mark_rodata_ro") == std::string::npos);
    guest.rodataOff = false;
    standing(p, rw | nx);

    // What a program asks for is its own affair.
    guest.linearRegions.insert(
        guest.linearRegions.begin(), {"user", "User Space", {LinearAddress(0), LinearAddress(1ULL << 47)}});
    guest.set(RuleGuest::directTable, 16, 0);
    guest.set(RuleGuest::rootTable, 0, 0xa000 | rwu);
    guest.set(0xa000, 0, 0xb000 | rwu);
    guest.set(0xb000, 0, 0xc000 | rwu);
    guest.set(0xc000, 5, 0x110000 | rwu);
    CHECK(standing(p, rw | nx) == Standing::Expected);
    guest.set(RuleGuest::directTable, 16, 0x10000 | rw);
    const auto both = check(guest.context(), "w-x");
    CHECK(both.broken() == 1);
    CHECK(both.totals.of(Standing::Expected) == 1);
}

TEST_CASE("w-x: an entry above decides as well as the leaf")
{
    RuleGuest guest;
    guest.set(RuleGuest::directTable, 16, 0x10000 | rw);
    guest.set(RuleGuest::pmdTable, 0, RuleGuest::directTable | rw | nx);
    CHECK(check(guest.context(), "w-x").total() == 0);
    guest.set(RuleGuest::pmdTable, 0, RuleGuest::directTable | p);
    CHECK(check(guest.context(), "w-x").total() == 0);
    // With CR0.WP clear a supervisor writes read-only pages.
    guest.cpu.control.cr0 &= ~cr0Wp;
    CHECK(check(guest.context(), "w-x").count(FindingState::Violation) == 1);
}

TEST_CASE("w-x: SMEP keeps the supervisor from executing user pages, not the user")
{
    RuleGuest guest;
    guest.cpu.control.cr4 |= cr4Smep;
    guest.set(RuleGuest::rootTable, 273, 0);
    guest.set(RuleGuest::rootTable, 0, RuleGuest::pudTable | rwu);
    guest.set(RuleGuest::pudTable, 0, RuleGuest::pmdTable | rwu);
    guest.set(RuleGuest::pmdTable, 0, RuleGuest::directTable | rwu);
    guest.set(RuleGuest::directTable, 16, 0x10000 | rwu);
    const auto report = check(guest.context(), "w-x");
    REQUIRE(report.total() == 1);
    CHECK(report.findings[0].summary.find("by user mode") != std::string::npos);
}

TEST_CASE("w-x: without EFER.NXE the findings are notes")
{
    RuleGuest guest;
    guest.cpu.control.efer &= ~eferNxe;
    guest.set(RuleGuest::directTable, 16, 0x10000 | rw);
    CHECK(findingsText(check(guest.context(), "w-x")) == "note 0x10 at 0x4080\n");
}

TEST_CASE("w-x: detached tables count")
{
    RuleGuest guest;
    guest.set(0x21000, 2, 0x10000 | rw);
    CHECK(findingsText(check(guest.context({{PhysicalAddress(0x21000), 1}}), "w-x"))
        == "violation 0x10 at 0x21010 detached\n");
}

TEST_CASE("user-kernel: user access to a kernel address, on the whole path")
{
    RuleGuest guest;
    guest.set(RuleGuest::directTable, 16, 0x10000 | rwu | nx);
    CHECK(check(guest.context(), "user-kernel").total() == 0);
    guest.set(RuleGuest::rootTable, 273, RuleGuest::pudTable | rwu);
    guest.set(RuleGuest::pudTable, 0, RuleGuest::pmdTable | rwu);
    guest.set(RuleGuest::pmdTable, 0, RuleGuest::directTable | rwu);
    guest.set(RuleGuest::directTable, 17, 0x11000 | rwu | nx);
    guest.set(RuleGuest::directTable, 40, 0x28000 | rwu | nx);
    const auto report = check(guest.context(), "user-kernel");
    CHECK(findingsText(report) == "violation 0x10 at 0x4080\nviolation 0x28 at 0x4140\n");
    CHECK(report.findings[0].frames == 2);
    CHECK(report.findings[0].entry.linear == LinearAddress(RuleGuest::directBase + 0x10000));
}

TEST_CASE("user-kernel: the user half is the user's, also where it shares tables with the kernel half")
{
    RuleGuest guest;
    guest.set(RuleGuest::rootTable, 0, RuleGuest::pudTable | rwu);
    guest.set(RuleGuest::pudTable, 0, RuleGuest::pmdTable | rwu);
    guest.set(RuleGuest::pmdTable, 0, RuleGuest::directTable | rwu);
    guest.set(RuleGuest::directTable, 16, 0x10000 | rwu | nx);
    CHECK(check(guest.context(), "user-kernel").total() == 0);
    guest.set(RuleGuest::rootTable, 273, RuleGuest::pudTable | rwu);
    CHECK(check(guest.context(), "user-kernel").total() == 1);
}

TEST_CASE("user-kernel: a system that is not known to be Linux may give user mode what it likes")
{
    RuleGuest guest;
    guest.set(RuleGuest::rootTable, 273, RuleGuest::pudTable | rwu);
    guest.set(RuleGuest::pudTable, 0, RuleGuest::pmdTable | rwu);
    guest.set(RuleGuest::pmdTable, 0, RuleGuest::directTable | rwu);
    guest.set(RuleGuest::directTable, 16, 0x10000 | rwu | nx);
    guest.cpu.rip = LinearAddress(0xffff800000007cba); // where Linux would have the hypervisor
    guest.linearRegions = plainLinearRegions(guest.context().snapshot(), nullptr);
    const auto report = check(guest.context(), "user-kernel");
    CHECK(report.count(FindingState::Violation) == 1);
    CHECK(report.broken() == 0);
    CHECK(report.standing == Standing::Hypothetical);
}

TEST_CASE("user-kernel: the vsyscall page is a note with its reason")
{
    RuleGuest guest;
    guest.set(RuleGuest::rootTable, 511, 0x6000 | rwu);
    guest.set(0x6000, 511, 0x7000 | rwu);
    guest.set(0x7000, 507, 0x8000 | rwu);
    guest.set(0x8000, 0, 0x100000 | p | bit::us);
    const auto report = check(guest.context(), "user-kernel");
    CHECK(findingsText(report) == "note 0x100 at 0x8000\n");
    CHECK(report.findings[0].entry.linear == LinearAddress(0xffffffffff600000));
}

TEST_CASE("user-kernel: what user mode reads the time from is meant for it, unless it may write there")
{
    RuleGuest guest;
    guest.set(RuleGuest::rootTable, 511, 0x6000 | rwu);
    guest.set(0x6000, 511, 0x7000 | rwu);
    guest.set(0x7000, 506, 0x8000 | rwu);
    guest.set(0x8000, 511, 0x100000 | p | bit::us); // VVAR_PAGE
    guest.set(0x8000, 510, 0xfed00000 | p | bit::us); // VSYSCALL_HPET
    CHECK(findingsText(check(guest.context(), "user-kernel")) == "note 0xfed00 at 0x8ff0\n");
    guest.set(0x8000, 511, 0x100000 | rwu);
    guest.set(0x8000, 400, 0x101000 | p | bit::us);
    CHECK(findingsText(check(guest.context(), "user-kernel"))
        == "violation 0x101 at 0x8c80\nnote 0xfed00 at 0x8ff0\nviolation 0x100 at 0x8ff8\n");
}

TEST_CASE("user-kernel: says nothing about a Xen PV kernel")
{
    RuleGuest guest;
    guest.cpu.cs = 0xe033;
    guest.cpu.rip = LinearAddress(0xffffffff81000000);
    CHECK_FALSE(check(guest.context(), "user-kernel").notEvaluated().empty());
}

TEST_CASE("reserved-bits: each entry that would fault, tables and pages")
{
    RuleGuest guest;
    guest.features.physicalAddressBits = 40;
    guest.set(RuleGuest::directTable, 1, 0x1000 | rw | 1ULL << 45);
    guest.set(RuleGuest::rootTable, 5, 0x9000 | rw | bit::ps);
    guest.set(RuleGuest::directTable, 2, 1ULL << 45);
    const auto report = check(guest.context(), "reserved-bits");
    CHECK(findingsText(report) == "violation 0x9 at 0x1028\nviolation 0x1 at 0x4008\n");
    CHECK(report.findings[1].summary.find("0x200000000000") != std::string::npos);
}

TEST_CASE("alias-attr: one frame with conflicting cache types")
{
    RuleGuest guest;
    guest.map(16, rw);
    guest.set(RuleGuest::slotTable, 0, 0x10000 | rw | bit::pcd | bit::pwt);
    const auto report = check(guest.context(), "alias-attr");
    CHECK(findingsText(report) == "violation 0x10 at 0x5000\n");
    CHECK(report.findings[0].mappingsTotal == 2);
    CHECK(report.findings[0].summary.find("UC and WB") != std::string::npos);
}

TEST_CASE("alias-attr: a large write-back page against a small uncached one")
{
    RuleGuest guest;
    guest.set(RuleGuest::pmdTable, 2, 0x200000 | rw | bit::ps | nx);
    guest.set(RuleGuest::slotTable, 4, 0x2ff000 | rw | bit::pcd);
    const auto report = check(guest.context(), "alias-attr");
    CHECK(findingsText(report) == "violation 0x2ff at 0x5020\n");
    CHECK(report.findings[0].frames == 1);
}

TEST_CASE("alias-attr: agreement, other frames and equal types are no conflict")
{
    RuleGuest guest;
    guest.map(16, rw);
    guest.set(RuleGuest::slotTable, 0, 0x11000 | rw | bit::pcd);
    guest.set(RuleGuest::slotTable, 1, 0x11000 | rw | bit::pcd);
    // PAT index 4 is write-back in both layouts, as index 0 is.
    guest.set(RuleGuest::slotTable, 2, 0x10000 | rw | bit::patSmall);
    CHECK(check(guest.context(), "alias-attr").total() == 0);
}

TEST_CASE("alias-attr: UC against UC- and what is no RAM are notes")
{
    RuleGuest guest;
    guest.set(RuleGuest::slotTable, 0, 0x11000 | rw | bit::pcd);
    guest.set(RuleGuest::slotTable, 2, 0x11000 | rw | bit::pcd | bit::pwt);
    guest.set(RuleGuest::slotTable, 4, 0xfee00000 | rw | bit::pcd);
    guest.set(RuleGuest::slotTable, 6, 0xfee00000 | rw);
    const auto report = check(guest.context(), "alias-attr");
    CHECK(report.count(FindingState::Note) == 2);
    CHECK(report.total() == 2);
}
