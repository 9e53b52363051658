// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/live/pgtprocess.h"
#include "tests/live/programmablemmu.h"

#include "core/linux/pageisolation.h"
#include "core/paging/entry.h"
#include "core/walk/nestedmemory.h"
#include "core/walk/translation.h"
#include "gdb/capture/guestsession.h"

using namespace pgtscope;
using namespace pgtscope::gdb;

namespace {

constexpr std::uint64_t rw = core::bit::p | core::bit::rw, rwu = rw | core::bit::us;
/// Of the code: below 4 GiB, for the stub sets no more of RIP while the code segment is not a 64-bit one.
constexpr std::uint64_t text = 0x81000000;
constexpr std::uint64_t guestBase = 0x10000000, nestedTables = 0x2000000, block = 0x3000000;

/// A host and its nested guest, stopped in the guest as a stub shows it: CR3 is the guest's, whose tables are
/// behind the host's nested ones, and the host's tables at the same address map RIP as well.
class NestedGuest {
public:
    NestedGuest()
    {
        makeTables(0, 0x1400000);
        makeTables(guestBase, 0x5000);
        m_mmu.write64(nestedTables, (nestedTables + 0x1000) | rwu);
        m_mmu.write64(nestedTables + 0x1000, (nestedTables + 0x2000) | rwu);
        m_mmu.write64(nestedTables + 0x2000, guestBase | rwu | core::bit::ps);
        m_mmu.write64(block + 0x58, 1);
        m_mmu.write64(block + 0x90, 1);
        m_mmu.write64(block + 0xb0, nestedTables);
        m_mmu.write64(block + 0x4d0, core::eferSvme | core::eferLme | core::eferLma);
        m_mmu.write64(block + 0x550, 0x1000);
        const auto held = m_mmu.program({.cr0 = core::cr0Pe | core::cr0Pg | core::cr0Wp,
            .cr2 = 0,
            .cr3 = 0x1000,
            .cr4 = core::cr4Pae,
            .efer = core::eferLme | core::eferNxe | core::eferSvme});
        REQUIRE((held.efer & core::eferSvme) != 0);
        m_mmu.setRegister("rip", text);
    }
    /// Leaves the control block and takes away what it leads to.
    void endGuest() { m_mmu.write64(nestedTables + 0x2000, 0); }

    core::SnapshotPtr capture(const CaptureRequest& request = {})
    {
        SessionOptions options;
        options.endpoint = m_mmu.guest().stub();
        auto session = GuestSession::open(options, m_cancel);
        if (!session)
            FAIL(session.error().message());
        auto snapshot = (*session)->capture(request);
        if (!snapshot)
            FAIL(snapshot.error().message());
        return *snapshot;
    }
    QStringList connected(const QStringList& command)
    {
        return command + QStringList{"--connect", QString::fromStdString(m_mmu.guest().stub().text())};
    }

private:
    void makeTables(std::uint64_t base, std::uint64_t physical)
    {
        m_mmu.write64(base + 0x1000, 0x2000 | rw);
        m_mmu.write64(base + 0x2000 + 2 * 8, 0x3000 | rw);
        m_mmu.write64(base + 0x3000 + 8 * 8, 0x4000 | rw);
        m_mmu.write64(base + 0x4000, physical | core::bit::p);
    }

    ProgrammableMmu m_mmu;
    core::CancelFlag m_cancel;
};

QString unwrapped(Pgt& pgt) { return QString::fromStdString(pgt.output()).simplified(); }

} // namespace

TEST_CASE("A nested guest's tables are walked behind its host's, and both dimensions are shown")
{
    NestedGuest guest;
    const auto snapshot = guest.capture();
    CHECK(core::rootText(*snapshot) == "a nested guest's CR3");
    CHECK(snapshot->gaps().empty());
    const core::Translation at = core::translate(*snapshot, core::LinearAddress(text + 0x42));
    CHECK(at.physical == core::PhysicalAddress(0x5042));
    CHECK(core::machineAddress(*snapshot, at.physical) == core::PhysicalAddress(guestBase + 0x5042));

    Pgt translate(guest.connected({"translate", QString::fromStdString(core::hexText(text))}));
    CHECK(translate.status() == 0);
    INFO(translate.output());
    CHECK(translate.output().find("guest-physical 0x5000 -> machine 0x10005000") != std::string::npos);
    Pgt check(guest.connected({"check", "--json"}));
    CHECK(check.status() == 0);
    const auto verdict = nlohmann::json::parse(check.output(), nullptr, false);
    CHECK(verdict["coverage"]["roots"][0]["of"] == "a nested guest's CR3");
}

TEST_CASE("A root by hand is the host's, and a nested one can be given by hand as well")
{
    NestedGuest guest;
    CaptureRequest request;
    request.root = core::PhysicalAddress(0x1000);
    const auto host = guest.capture(request);
    CHECK(host->nested() == nullptr);
    CHECK(core::translate(*host, core::LinearAddress(text)).physical == core::PhysicalAddress(0x1400000));

    guest.endGuest();
    Pgt undecided(guest.connected({"check"}));
    CHECK(undecided.status() == 3);
    CHECK(unwrapped(undecided).contains("the CPU may be in a nested guest"));
    Pgt chosen(guest.connected({"check", "--cr3", "0x1000"}));
    CHECK(chosen.status() == 0);
    // The nested tables' own root, of which nothing is left that maps the guest's: a gap of its tables.
    Pgt byHand(guest.connected({"check", "--nested-cr3", "0x2000000"}));
    CHECK(byHand.status() == 3);
    CHECK(unwrapped(byHand).contains("the table at pa:0x1000 of level 4 was not read"));
}
