// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <iostream>
#include <map>

#include "core/linux/layout.h"
#include "core/linux/recognition.h"
#include "gdb/boot/bootstepper.h"
#include "gdb/debian/initramfs.h"
#include "tests/support/liveguest.h"
#include "tests/support/required.h"
#include "tests/support/tlblines.h"
#include "tests/support/verdict.h"

using namespace pgtscope;
using namespace std::chrono_literals;
using core::PagingMode;
using test::LiveGuest;
using test::required;

namespace {

/// A guest on its way through the boot. Its kernel is where it was linked, so that events have addresses
/// from the first instruction on.
class Boot {
public:
    explicit Boot(std::string_view name)
        : m_live(name, [](gdb::LaunchSpec& spec) { spec.append += " nokaslr"; })
    {
        gdb::SessionOptions options;
        options.endpoint = m_live.guest().gdbEndpoint();
        options.guest = m_live.guest();
        m_session = required(gdb::GuestSession::open(options, m_cancel));
        gdb::BootStepperOptions stepping;
        stepping.sources.pgtBuf = false;
        stepping.consoleLog = m_live.guest().consoleLog();
        m_stepper = required(gdb::BootStepper::create(*m_session, stepping));
    }

    /// At reset.
    void start() { compare("reset", required(m_stepper->captureNow(core::StepCause::Start, ""))); }

    /// Runs to an address that no event names.
    void runTo(const std::string& what, std::uint64_t address)
    {
        auto stop = required(m_stepper->runTo(core::LinearAddress(address), 120s));
        REQUIRE(stop);
        compare(what, *stop);
    }

    /// Runs through every event of the catalogue up to this one.
    void runThrough(std::string_view last)
    {
        do {
            auto stop = required(m_stepper->next(120s));
            INFO("waiting for " << last);
            REQUIRE(stop);
            compare(stop->step.event, *stop);
        } while (m_lines.count(std::string(last)) == 0);
    }

    void runToUserspace()
    {
        auto stop = required(m_stepper->runUntilConsole(gdb::userspaceMessage, 240s));
        REQUIRE(stop);
        compare("userspace", *stop);
        // Whoever attaches now, without the kernel's file, sees a Linux.
        CHECK(core::findLinuxBanner(*stop->snapshot, m_session->memory()));
    }

    /// Lines of `info tlb` at the last stop of that name.
    std::size_t linesAt(const std::string& moment) const
    {
        INFO("moment " << moment);
        REQUIRE(m_lines.count(moment) == 1);
        return m_lines.at(moment);
    }
    PagingMode modeAt(const std::string& moment) const
    {
        INFO("moment " << moment);
        REQUIRE(m_modes.count(moment) == 1);
        return m_modes.at(moment);
    }
    /// Whether the regions of that moment are Linux's.
    bool isLinuxAt(const std::string& moment) const
    {
        INFO("moment " << moment);
        REQUIRE(m_linux.count(moment) == 1);
        return m_linux.at(moment);
    }

private:
    void compare(const std::string& moment, const gdb::BootStop& stop)
    {
        INFO("at " << moment << ", " << stop.step.ripSymbol);
        m_lines[moment] = test::checkSameTlb(*stop.snapshot, m_live.monitor("info tlb"));
        test::checkHealthy(stop.snapshot);
        m_modes[moment] = stop.snapshot->paging().mode();
        m_linux[moment] = !core::hasPlainRegions(*stop.snapshot);
    }

    LiveGuest m_live;
    core::CancelFlag m_cancel;
    std::unique_ptr<gdb::GuestSession> m_session;
    std::unique_ptr<gdb::BootStepper> m_stepper;
    std::map<std::string, std::size_t> m_lines;
    std::map<std::string, PagingMode> m_modes;
    std::map<std::string, bool> m_linux;
};

/// Where a bzImage's 64-bit entry is loaded (Documentation/x86/boot.rst, "64-bit boot protocol").
constexpr std::uint64_t decompressor64 = 0x100200;

void check64Bit(std::string_view guest, PagingMode mode)
{
    Boot boot(guest);
    boot.start();
    CHECK(boot.modeAt("reset") == PagingMode::Off);
    // The decompressor maps the first 4 GiB one to one, always with four levels.
    boot.runTo("decompressor", decompressor64);
    CHECK(boot.modeAt("decompressor") == PagingMode::Level4);
    CHECK(boot.linesAt("decompressor") == 2048);
    CHECK_FALSE(boot.isLinuxAt("decompressor"));
    boot.runThrough("mark_rodata_ro");
    CHECK(boot.modeAt("start_kernel") == mode);
    CHECK(boot.linesAt("init_mem_mapping") > 0);
    boot.runToUserspace();
    CHECK(boot.modeAt("userspace") == mode);
    CHECK(boot.isLinuxAt("start_kernel"));
    CHECK(boot.isLinuxAt("userspace"));
    CHECK(boot.linesAt("userspace") > 5'000);
}

void check32Bit(std::string_view guest, PagingMode mode)
{
    Boot boot(guest);
    boot.start();
    CHECK(boot.modeAt("reset") == PagingMode::Off);
    boot.runThrough("mark_rodata_ro");
    CHECK(boot.modeAt("i386_start_kernel") == mode);
    CHECK(boot.linesAt("init_mem_mapping") > 0);
    boot.runToUserspace();
    CHECK(boot.modeAt("userspace") == mode);
    CHECK(boot.isLinuxAt("userspace"));
    CHECK(boot.linesAt("userspace") > 500);
}

} // namespace

// One test case a guest, each of them one boot.

TEST_CASE("4-level tables are what QEMU says, all along a boot that breaks no rule")
{
    check64Bit("debian", PagingMode::Level4);
}

TEST_CASE("5-level tables are what QEMU says, all along a boot that breaks no rule")
{
    check64Bit("debian-la57", PagingMode::Level5);
}

TEST_CASE("The cloud kernel's tables are what QEMU says, all along a boot that breaks no rule")
{
    check64Bit("debian-cloud", PagingMode::Level4);
}

TEST_CASE("32-bit tables are what QEMU says, all along a boot that breaks no rule")
{
    check32Bit("debian-686", PagingMode::Bits32);
}

TEST_CASE("PAE tables are what QEMU says, all along a boot that breaks no rule")
{
    check32Bit("debian-686-pae", PagingMode::Pae);
}
