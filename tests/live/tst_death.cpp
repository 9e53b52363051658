// SPDX-License-Identifier: GPL-2.0-or-later
#include "programmablemmu.h"

#include "tests/live/firmwareguest.h"
#include "tests/live/pgtprocess.h"

#include <array>

#include "core/paging/entry.h"
#include "gdb/boot/bootrun.h"
#include "gdb/boot/bootstepper.h"
#include "gdb/boot/guestdeath.h"
#include "tests/support/verdict.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t rw = core::bit::p | core::bit::rw;
constexpr std::uint64_t directory = 0x10000, lowTable = 0x11000, highTable = 0x12000, code = 0x7000;
constexpr std::uint64_t missing = 0x9000;
/// At reset the base of CS is 0xffff0000, and stays so when protection is switched on.
constexpr std::uint64_t codeAt = 0xe000;

/// A guest that faults at once, in 32-bit paging and without an IDT: a processor that cannot deliver a page
/// fault, nor the double fault that follows, shuts down (SDM vol. 3A, 6.15).
class Doomed {
public:
    explicit Doomed(const QStringList& further)
        : m_mmu(46, further)
    {
        write32(directory, lowTable | rw);
        write32(directory + 1023 * 4, highTable | rw);
        for (std::uint64_t page = 0; page < 16; ++page)
            if (page << 12 != missing)
                write32(lowTable + page * 4, page << 12 | rw);
        write32(highTable + 1022 * 4, code | rw);
        constexpr std::array<unsigned char, 3> load{0xa1, missing & 0xff, missing >> 8}; // mov ax, [missing]
        m_mmu.write(code, load.data(), load.size());
        m_mmu.program({.cr0 = core::cr0Pe | core::cr0Pg, .cr2 = 0, .cr3 = directory, .cr4 = 0, .efer = 0});
        m_mmu.setRegister("rip", codeAt);
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
    /// Without a debugger.
    void runToItsEnd()
    {
        const auto limit = WaitLimit::after(20s);
        m_mmu.monitor("cont");
        while (!limit.passed() && m_mmu.monitor("info status").find("shutdown") == std::string::npos)
            std::this_thread::sleep_for(10ms);
        REQUIRE(m_mmu.monitor("info status").find("shutdown") != std::string::npos);
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

std::unique_ptr<BootStepper> stepperOf(GuestSession& session)
{
    BootStepperOptions options;
    options.sources = {.events = false, .pgtBuf = false};
    auto stepper = BootStepper::create(session, options);
    if (!stepper)
        FAIL(stepper.error().message());
    return std::move(*stepper);
}

constexpr core::LinearAddress never{0x7f00};

/// The stops of a guest that dies.
std::vector<BootStop> stopsToItsDeath(BootStepper& stepper)
{
    std::vector<BootStop> stops;
    const auto end = runBoot(stepper, {}, [&](const BootStop& stop) {
        stops.push_back(stop);
        return core::Result<void>();
    });
    REQUIRE(end);
    CHECK(*end == BootRunEnd::Died);
    return stops;
}

} // namespace

TEST_CASE("A triple fault ends a run: the step says so, and which page was not there")
{
    Doomed doomed({"-no-reboot", "-no-shutdown"});
    const auto session = doomed.open();
    const auto stepper = stepperOf(*session);
    const auto began = std::chrono::steady_clock::now();
    const auto stop = stepper->runTo(never, 60s);
    REQUIRE(stop);
    REQUIRE(*stop);
    CHECK(std::chrono::steady_clock::now() - began < 30s);
    const core::Step& step = (*stop)->step;
    CHECK(step.cause == core::StepCause::Death);
    CHECK(step.text == "probably a triple fault; CR2 0x9000: the page was not present");
    CHECK(step.cpu.rip == core::LinearAddress(codeAt));
    CHECK((*stop)->snapshot->root() == core::PhysicalAddress(directory));

    // It would not stop again: nobody waits for that.
    const auto again = stepper->next(60s);
    REQUIRE_FALSE(again);
    CHECK(again.error().message().find("triple fault") != std::string::npos);
}

TEST_CASE("A QEMU that ends at a reset ends the run: a last step says that nothing could be read of it")
{
    Doomed doomed({"-no-reboot"});
    const auto session = doomed.open();
    const auto stepper = stepperOf(*session);
    const std::vector<BootStop> stops = stopsToItsDeath(*stepper);
    REQUIRE(stops.size() == 2);
    CHECK(stops[1].step.cause == core::StepCause::Death);
    CHECK(stops[1].step.text == endedWithQemu);
    CHECK(stops[1].snapshot->root() == stops[0].snapshot->root());
    CHECK(stops[0].snapshot->gaps().empty());
    CHECK(test::brokenOrUnseen(stops[1].snapshot).find("gone with its QEMU") != std::string::npos);
    CHECK(session->target().ended());
}

TEST_CASE("The recording of a guest that was dead from the beginning is one step that says so")
{
    Doomed doomed({"-no-reboot", "-no-shutdown"});
    doomed.runToItsEnd();
    const auto session = doomed.open();
    const auto stepper = stepperOf(*session);
    const std::vector<BootStop> stops = stopsToItsDeath(*stepper);
    REQUIRE(stops.size() == 1);
    CHECK(stops[0].step.cause == core::StepCause::Death);
    CHECK(stops[0].step.text.find("triple fault; CR2 0x9000") != std::string::npos);
}

TEST_CASE("A guest that was dead when it was attached to is said to be, and is not resumed")
{
    Doomed doomed({"-no-reboot", "-no-shutdown"});
    doomed.runToItsEnd();
    const auto session = doomed.open();
    const auto stepper = stepperOf(*session);
    const auto stop = stepper->runTo(never, 60s);
    REQUIRE_FALSE(stop);
    CHECK(stop.error().message().find("triple fault; CR2 0x9000") != std::string::npos);
}

TEST_CASE("A guest that resets is stopped at its first reset, not followed round and round")
{
    Doomed doomed({});
    const auto session = doomed.open();
    const auto stepper = stepperOf(*session);
    const auto stop = stepper->runTo(never, 60s);
    REQUIRE(stop);
    REQUIRE(*stop);
    CHECK((*stop)->step.cause == core::StepCause::Death);
    CHECK((*stop)->step.text.find("was reset") != std::string::npos);
    CHECK_FALSE((*stop)->snapshot->paging().enabled());
}

TEST_CASE("A guest that resets for ever is recognised where it is attached to at its reset vector")
{
    // At 0xffff0000: lidt %cs:8, of limit 0, and int3, which ends in a triple fault.
    constexpr std::array<unsigned char, 7> noHandlers{0x2e, 0x0f, 0x01, 0x1e, 0x08, 0x00, 0xcc};
    constexpr std::array<unsigned char, 3> jumpToStart{0xe9, 0x0d, 0x00};
    QByteArray image(0x10000, '\0');
    std::copy(noHandlers.begin(), noHandlers.end(), image.begin());
    std::copy(jumpToStart.begin(), jumpToStart.end(), image.begin() + 0xfff0);
    const QTemporaryDir files;
    QFile file(files.filePath("firmware"));
    REQUIRE(file.open(QIODevice::WriteOnly));
    file.write(image);
    file.close();
    const FirmwareGuest guest({"-S", "-bios", file.fileName()});
    SessionOptions options;
    options.endpoint = guest.stub();
    core::CancelFlag cancel;
    const auto session = GuestSession::open(options, cancel);
    REQUIRE(session);
    const auto stepper = stepperOf(**session);
    const auto stop = stepper->runTo(never, 60s);
    REQUIRE(stop);
    REQUIRE(*stop);
    CHECK((*stop)->step.cause == core::StepCause::Death);
    CHECK((*stop)->step.text.find("was reset") != std::string::npos);
}

TEST_CASE("pgt step into a death exits with 1, whether the guest is left or has gone with its QEMU")
{
    const QString stays = GENERATE("-no-shutdown", "-nodefaults"); // the second changes nothing
    INFO(stays.toStdString());
    Doomed doomed({"-no-reboot", stays});
    // What its symbols are of never runs.
    Pgt step(doomed.connected({"step", "--json", "--nokaslr", "--kernel", test::labGuestFile}));
    CHECK(step.status() == 1);
    CHECK(nlohmann::json::parse(step.output(), nullptr, false)["cause"] == "death");
    CHECK(step.error().empty());
}

TEST_CASE("pgt run-to says of a guest that went with its QEMU that it died on the way")
{
    Doomed doomed({"-no-reboot"});
    Pgt run(doomed.connected({"run-to", "0x7f00"}));
    CHECK(run.status() == 2);
    CHECK(run.complains("the guest died first: QEMU has ended with the guest"));
}

TEST_CASE("pgt run-to says where and why it ended elsewhere, in JSON as well")
{
    Doomed doomed({"-no-reboot", "-no-shutdown"});
    Pgt run(doomed.connected({"run-to", "0x7f00", "--json"}));
    CHECK(run.status() == 2);
    const auto place = nlohmann::json::parse(run.output(), nullptr, false);
    CHECK(place["rip"] == core::hexText(codeAt));
    CHECK(place["ended"]
        == "the guest died first: probably a triple fault; CR2 0x9000: the page was not present");
    CHECK(run.complains("the guest died first: probably a triple fault"));
}
