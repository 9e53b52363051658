// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/live/pgtprocess.h"
#include "tests/live/programmablemmu.h"

#include <array>

#include "core/linux/layout.h"
#include "core/linux/pageisolation.h"
#include "core/paging/entry.h"
#include "gdb/capture/guestsession.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t rw = core::bit::p | core::bit::rw;
constexpr std::uint64_t directory = 0x10000, highTable = 0x12000, code = 0x7000;
constexpr std::uint64_t handlersDirectory = 0x20000, handlersTable = 0x21000;
/// SMBASE is 0x30000 after a reset, and the handler is entered 0x8000 above it (SDM vol. 3C, 32.4 and 32.11).
constexpr std::uint64_t handler = 0x38000;
/// At reset the base of CS is 0xffff0000, and stays so when protection is switched on.
constexpr std::uint64_t codeAt = 0xe000, codeLinear = 0xffffe000;

/// mov dword [0xfee00300], 0x40200: the local APIC sends this CPU a system-management interrupt (SDM vol. 3A,
/// 11.6.1). Then a loop.
constexpr std::array<unsigned char, 14> interruptItself{
    0x67, 0x66, 0xc7, 0x05, 0x00, 0x03, 0xe0, 0xfe, 0x00, 0x02, 0x04, 0x00, 0xeb, 0xfe};
/// mov eax, 0x20000; mov cr3, eax; mov eax, cr0; or eax, 0x80000001; mov cr0, eax; a loop.
constexpr std::array<unsigned char, 23> handlerCode{0x66, 0xb8, 0x00, 0x00, 0x02, 0x00, 0x0f, 0x22, 0xd8,
    0x0f, 0x20, 0xc0, 0x66, 0x0d, 0x01, 0x00, 0x00, 0x80, 0x0f, 0x22, 0xc0, 0xeb, 0xfe};

/// A guest on 32-bit paging that enters SMM, whose handler goes on to tables of its own.
class SmmGuest {
public:
    SmmGuest()
    {
        constexpr std::uint64_t large = core::bit::ps;
        write32(directory, rw | large);
        write32(directory + 1019 * 4, 0xfec00000 | rw | large);
        write32(directory + 1023 * 4, highTable | rw);
        write32(highTable + (codeLinear >> 12 & 1023) * 4, code | rw);
        write32(handlersDirectory, handlersTable | rw);
        write32(handlersTable + (handler >> 12) * 4, handler | rw);
        m_mmu.write(code, interruptItself.data(), interruptItself.size());
        m_mmu.write(handler, handlerCode.data(), handlerCode.size());
        m_mmu.program(
            {.cr0 = core::cr0Pe | core::cr0Pg, .cr2 = 0, .cr3 = directory, .cr4 = core::cr4Pse, .efer = 0});
        m_mmu.setRegister("rip", codeAt);
    }

    void runIntoSmm()
    {
        const auto limit = WaitLimit::after(20s);
        m_mmu.monitor("cont");
        const auto inSmm = [this] {
            const std::string registers = m_mmu.monitor("info registers");
            return registers.find("SMM=1") != std::string::npos
                && registers.find("CR0=8") != std::string::npos;
        };
        while (!limit.passed() && !inSmm())
            std::this_thread::sleep_for(10ms);
        INFO(m_mmu.monitor("info registers"));
        REQUIRE(inSmm());
    }

    std::unique_ptr<GuestSession> open()
    {
        SessionOptions options;
        options.endpoint = m_mmu.guest().stub();
        auto session = GuestSession::open(options, m_cancel);
        if (!session)
            FAIL(session.error().message());
        return std::move(*session);
    }
    QStringList connected(const QStringList& command)
    {
        return command + QStringList{"--connect", QString::fromStdString(m_mmu.guest().stub().text())};
    }

private:
    void write32(std::uint64_t physical, std::uint64_t value)
    {
        const auto word = static_cast<std::uint32_t>(value);
        m_mmu.write(physical, &word, sizeof word);
    }

    ProgrammableMmu m_mmu;
    core::CancelFlag m_cancel;
};

} // namespace

TEST_CASE("A CPU in SMM is said to be, and its root to be SMM's")
{
    SmmGuest guest;
    {
        const auto session = guest.open();
        const auto before = session->capture({});
        REQUIRE(before);
        CHECK_FALSE((*before)->cpu().smm);
        CHECK(core::rootText(**before) == "CR3");
    }
    guest.runIntoSmm();
    const auto session = guest.open();
    const auto inside = session->capture({});
    REQUIRE(inside);
    CHECK((*inside)->cpu().smm);
    CHECK((*inside)->root() == core::PhysicalAddress(handlersDirectory));
    CHECK(core::rootText(**inside) == "SMM's CR3");
    CHECK(core::hasPlainRegions(**inside));
}

TEST_CASE("pgt says that the CPU is in SMM, whatever it is asked")
{
    SmmGuest guest;
    guest.runIntoSmm();
    Pgt info(guest.connected({"info", "--json"}));
    REQUIRE(info.status() == 0);
    const auto facts = nlohmann::json::parse(info.output(), nullptr, false);
    CHECK(facts["smm"] == true);
    CHECK(facts["rootOf"] == "SMM's CR3");
    for (const char* command : {"info", "walk", "check"}) {
        INFO(command);
        Pgt pgt(guest.connected({command}));
        pgt.status();
        CHECK(pgt.complains("the CPU is in SMM"));
    }
    Pgt check(guest.connected({"check", "--json"}));
    check.status();
    const auto verdict = nlohmann::json::parse(check.output(), nullptr, false);
    CHECK(verdict["coverage"]["roots"][0]["of"] == "SMM's CR3");
}
