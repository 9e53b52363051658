// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/live/pgtprocess.h"
#include "tests/live/programmablemmu.h"

#include <array>
#include <initializer_list>

#include <sys/socket.h>
#include <sys/un.h>

#include "core/paging/entry.h"
#include "gdb/qemu/accelerator.h"
#include "testpaths.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

json answer(const QStringList& arguments)
{
    Pgt pgt(arguments + QStringList{"--json"});
    INFO("pgt " << arguments.join(' ').toStdString());
    const int status = pgt.status();
    INFO(pgt.error());
    REQUIRE(status == 0);
    const json parsed = json::parse(pgt.output(), nullptr, false);
    REQUIRE_FALSE(parsed.is_discarded());
    return parsed;
}

void checkKeys(const json& object, std::initializer_list<const char*> keys)
{
    for (const char* key : keys) {
        INFO(key);
        CHECK(object.contains(key));
    }
}

/// A guest in a loop of one instruction, on tables that we wrote: 4-level, 8192 page tables of one page each,
/// which take a while to read through gdb.
class LoopingGuest {
public:
    static constexpr std::uint64_t root = 0x2000000;
    static constexpr std::uint64_t directoryPointers = 0x2001000;
    static constexpr std::uint64_t codePage = 0x1f00000;
    static constexpr std::uint64_t codeLinear = 0xfffff000;
    /// At reset CS begins at 0xffff0000 and IP is 0xfff0; setting CR0 from outside leaves both.
    static constexpr std::uint64_t loop = 0xfffffff0;
    static constexpr std::uint64_t otherLoop = 0xfffffe00;
    static constexpr std::uint64_t otherLoopIp = 0xfe00;

    LoopingGuest()
    {
        for (std::uint64_t gib = 0; gib < gibibytes; ++gib) {
            m_mmu.write64(directoryPointers + gib * 8, directoryAt(gib) | present);
            for (std::uint64_t i = 0; i < 512; ++i) {
                m_mmu.write64(directoryAt(gib) + i * 8, tableAt(gib * 512 + i) | present);
                m_mmu.write64(tableAt(gib * 512 + i), (0x10000000 + i * core::frameBytes) | present);
            }
        }
        m_mmu.write64(root, directoryPointers | present);
        m_mmu.write64(tableAt(3 * 512 + 511) + 511 * 8, codePage | present);
        constexpr std::array<unsigned char, 2> jumpToItself{0xeb, 0xfe};
        for (const std::uint64_t at : {loop, otherLoop})
            m_mmu.write(codePage + (at - codeLinear), jumpToItself.data(), jumpToItself.size());
        program(root);
    }

    void program(std::uint64_t cr3)
    {
        core::ControlRegisters control;
        control.cr0 = core::cr0Pe | core::cr0Pg;
        control.cr3 = cr3;
        control.cr4 = core::cr4Pae;
        control.efer = core::eferLme | core::eferNxe;
        m_mmu.program(control);
    }

    ProgrammableMmu& mmu() { return m_mmu; }
    QStringList connected(QStringList command) const
    {
        return command << "--connect" << QString::fromStdString(m_mmu.guest().stub().text());
    }
    void resume() { m_mmu.monitor("cont"); }
    bool running() { return m_mmu.monitor("info status").find("running") != std::string::npos; }
    bool reaches(bool wanted)
    {
        const auto limit = gdb::WaitLimit::after(15s);
        while (!limit.passed() && running() != wanted)
            std::this_thread::sleep_for(5ms);
        return running() == wanted;
    }
    /// A walk that is in the middle of reading tables through gdb.
    std::unique_ptr<Pgt> walkHalfway()
    {
        auto pgt = std::make_unique<Pgt>(connected({"walk", "--channel", "gdb", "--format", "csv"}));
        REQUIRE(reaches(false));
        const auto limit = gdb::WaitLimit::after(40s);
        while (!limit.passed() && pgt->gdb() == 0)
            std::this_thread::sleep_for(5ms);
        REQUIRE(pgt->gdb() != 0);
        // An eighth of what gdb has to tell about the tables, and more than about anything before them.
        constexpr std::uint64_t underWay = 8U << 20U;
        while (!limit.passed() && pgt->bytesRead() < underWay)
            std::this_thread::sleep_for(5ms);
        REQUIRE(pgt->bytesRead() >= underWay);
        return pgt;
    }

private:
    static constexpr std::uint64_t present = core::bit::p | core::bit::rw;
    static constexpr std::uint64_t gibibytes = 16;
    static std::uint64_t directoryAt(std::uint64_t number) { return 0x2002000 + number * core::frameBytes; }
    static std::uint64_t tableAt(std::uint64_t number) { return 0x3000000 + number * core::frameBytes; }

    mutable ProgrammableMmu m_mmu;
};

/// A stub that takes connections and never says a word.
class SilentStub {
public:
    SilentStub()
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path().copy(address.sun_path, sizeof address.sun_path - 1);
        m_socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        REQUIRE(::bind(m_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(m_socket, 8) == 0);
    }
    ~SilentStub() { ::close(m_socket); }
    SilentStub(const SilentStub&) = delete;
    SilentStub& operator=(const SilentStub&) = delete;
    std::string path() const { return (m_directory / "silent").string(); }

private:
    test::TemporaryDirectory m_directory;
    int m_socket = -1;
};

} // namespace

TEST_CASE("The exit status tells right usage from wrong")
{
    for (const char* right : {"--version", "--help", "help"})
        CHECK(Pgt({right}).status() == 0);
    CHECK(Pgt({"guest", "list"}).status() == 0);
    for (const QStringList& wrong : {QStringList{}, {"dance"}, {"walk", "--no-such-option"}, {"translate"},
             {"walk", "--channel", "telepathy"}, {"walk", "--maxphyaddr", "99"}})
        CHECK(Pgt(wrong).status() == 2);
}

TEST_CASE("Errors say what was tried and what to do")
{
    struct Case {
        QStringList arguments;
        const char* tried;
        const char* advice;
    };
    for (const Case& failing : {Case{{"walk"}, "could not find a running guest", "pgt launch"},
             Case{{"walk", "--connect", "unix:/nonexistent/stub"}, "/nonexistent/stub", "check"},
             Case{{"walk", "--connect", "nonsense"}, "nonsense", "unix:"},
             Case{{"launch", "no-such-guest"}, "no-such-guest", "debian"},
             Case{{"launch"}, "could not launch a guest", "pgt guest list"},
             Case{{"guest", "stop", "nobody"}, "nobody", "pgt launch"}}) {
        Pgt pgt(failing.arguments);
        CHECK(pgt.status() == 2);
        INFO(pgt.error());
        CHECK(pgt.complains("could not"));
        CHECK(pgt.complains(failing.tried));
        CHECK(pgt.complains(failing.advice));
        CHECK(pgt.output().empty());
    }
}

TEST_CASE("Every command answers in JSON with its documented keys")
{
    LoopingGuest guest;
    checkKeys(answer({"guest", "list"}), {"guests", "running"});
    json info = answer(guest.connected({"info"}));
    checkKeys(info,
        {"paging", "cpu", "cpl", "rip", "root", "cr0", "cr3", "cr4", "efer", "bits", "tableFrames", "channel",
            "maxphyaddr", "maxphyaddrKnown"});
    CHECK(info["paging"] == "4-level");
    CHECK(info["root"] == "0x2000000");
    CHECK(info["maxphyaddr"] == 46);
    CHECK(info["tableFrames"] == 8192 + 16 + 2);
    json walk = answer(guest.connected({"walk", "--filter", "va == 0xfffff000"}));
    checkKeys(walk, {"format", "version", "paging", "runs"});
    REQUIRE(walk["runs"].size() == 1);
    checkKeys(walk["runs"][0],
        {"kind", "va", "end", "bytes", "pa", "level", "raw", "eff.rw", "eff.user", "eff.nx"});
    CHECK(walk["runs"][0]["pa"] == "0x1f00000");
    json translation = answer(guest.connected({"translate", "0xfffff123"}));
    INFO(translation.dump(1));
    CHECK(translation["pa"] == "0x1f00123");
    CHECK(translation["levels"].size() == 4);
    json aliases = answer(guest.connected({"aliases", "0x10000000"}));
    checkKeys(aliases, {"format", "pa", "pfn", "aliases"});
    CHECK(aliases["aliases"].size() == 16);
    checkKeys(answer(guest.connected({"frames"})), {"tableFrames", "roles"});
    checkKeys(answer(guest.connected({"walk", "--levels", "--cr3", "0x1000"})), {"paging", "root", "tables"});
    CHECK_FALSE(guest.running());
    guest.resume();
    json place = answer(guest.connected({"run-to", "0xfffffff0"}));
    checkKeys(place, {"cpu", "rip", "symbol", "paging", "root"});
    CHECK_FALSE(guest.running());
}

TEST_CASE("A guest that somebody else started is left as it was found")
{
    LoopingGuest guest;
    SECTION("held before its first instruction")
    {
        CHECK(Pgt(guest.connected({"walk"})).status() == 0);
        CHECK(guest.mmu().monitor("info status").find("prelaunch") != std::string::npos);
    }
    SECTION("running")
    {
        guest.resume();
        CHECK(Pgt(guest.connected({"walk"})).status() == 0);
        CHECK(guest.reaches(true));
    }
    SECTION("running, and the command fails")
    {
        guest.resume();
        CHECK(Pgt(guest.connected({"walk", "--filter", "va =="})).status() == 2);
        CHECK(Pgt(guest.connected({"translate", "no_such_symbol"})).status() == 2);
        CHECK(Pgt(guest.connected({"walk", "--cpu", "7"})).status() == 2);
        CHECK(guest.reaches(true));
    }
    SECTION("paused by its monitor")
    {
        guest.resume();
        guest.mmu().monitor("stop");
        CHECK(Pgt(guest.connected({"walk"})).status() == 0);
        CHECK_FALSE(guest.running());
    }
    CHECK_FALSE(guest.mmu().guest().physicalMode());
}

TEST_CASE("Ctrl-C in the middle of a walk puts the guest back")
{
    LoopingGuest guest;
    guest.resume();
    const auto pgt = guest.walkHalfway();
    pgt->signal(SIGINT);
    CHECK(pgt->status(20s) == 2);
    CHECK(pgt->complains("cancel"));
    CHECK(pgt->output().empty());
    CHECK(guest.reaches(true));
    CHECK_FALSE(guest.mmu().guest().physicalMode());
}

TEST_CASE("Ctrl-C while the guest runs to a breakpoint leaves none behind")
{
    LoopingGuest guest;
    guest.resume();
    Pgt pgt(guest.connected({"run-to", "0xfffffe00"}));
    REQUIRE(guest.reaches(false));
    REQUIRE(guest.reaches(true));
    std::this_thread::sleep_for(200ms);
    pgt.signal(SIGINT);
    CHECK(pgt.status(20s) == 2);
    CHECK(guest.reaches(true));
    // Sent there, it would stop at once.
    guest.mmu().setRegister("rip", LoopingGuest::otherLoopIp);
    guest.resume();
    std::this_thread::sleep_for(200ms);
    CHECK(guest.running());
}

TEST_CASE("When gdb dies in the middle of a walk the guest is put back")
{
    LoopingGuest guest;
    guest.resume();
    const auto pgt = guest.walkHalfway();
    ::kill(pgt->gdb(), SIGKILL);
    CHECK(pgt->status(20s) == 2);
    CHECK(pgt->complains("gdb"));
    CHECK(pgt->output().empty());
    CHECK(guest.reaches(true));
    CHECK_FALSE(guest.mmu().guest().physicalMode());
}

TEST_CASE("When QEMU dies in the middle of a walk there is an error and no output")
{
    LoopingGuest guest;
    guest.resume();
    const auto pgt = guest.walkHalfway();
    guest.mmu().guest().kill();
    CHECK(pgt->status(30s) == 2);
    CHECK(pgt->complains("could not"));
    CHECK(pgt->output().empty());
}

TEST_CASE("A guest that is resumed while its tables are read gives an error, not garbage")
{
    LoopingGuest guest;
    guest.resume();
    const auto pgt = guest.walkHalfway();
    guest.resume();
    CHECK(pgt->status() == 2);
    CHECK(pgt->complains("resumed"));
    CHECK(pgt->output().empty());
    CHECK(guest.reaches(true));
}

TEST_CASE("A stub that never answers is given up")
{
    const SilentStub stub;
    Pgt pgt({"walk", "--connect", QString::fromStdString("unix:" + stub.path())});
    CHECK(pgt.status(30s) == 2);
    CHECK(pgt.complains("no answer in time"));
    CHECK(pgt.complains(stub.path()));
}

TEST_CASE("A root that no RAM backs is a marked gap")
{
    LoopingGuest guest;
    const std::uint64_t nowhere = GENERATE(ProgrammableMmu::hole, ProgrammableMmu::mmio);
    guest.program(nowhere);
    for (const char* channel : {"procmem", "rsp", "gdb"}) {
        INFO(channel << ", CR3 " << core::hexText(nowhere));
        json tree = answer(guest.connected({"walk", "--levels", "--channel", channel}));
        REQUIRE(tree["tables"].size() == 1);
        CHECK(tree["tables"][0]["state"] != "read");
        CHECK(tree["tables"][0]["entries"].empty());
        json runs = answer(guest.connected({"walk", "--channel", channel}));
        CHECK(runs["root_gap"] == "outside RAM");
        CHECK(runs["runs"].empty());
        Pgt text(guest.connected({"walk", "--channel", channel}));
        CHECK(text.status() == 0);
        CHECK(text.output().find("nothing is known about any mapping") != std::string::npos);
        Pgt asked(guest.connected({"translate", "0x1000", "--channel", channel, "--json"}));
        CHECK(asked.status() == 3);
        json translation = json::parse(asked.output(), nullptr, false);
        CHECK(translation["outcome"] == "gap");
        CHECK_FALSE(translation.contains("pa"));
    }
}

TEST_CASE("A table in MMIO is a marked gap, and what is around it is read")
{
    LoopingGuest guest;
    guest.mmu().write64(LoopingGuest::directoryPointers + 8, ProgrammableMmu::mmio | core::bit::p);
    json walk = answer(guest.connected({"walk", "--filter", "kind == gap or va == 0xfffff000"}));
    INFO(walk.dump(1));
    REQUIRE(walk["runs"].size() == 2);
    CHECK(walk["runs"][0]["kind"] == "gap");
    CHECK(walk["runs"][0]["va"] == "0x40000000");
    CHECK(walk["runs"][0]["pa"] == "0xfee00000");
    CHECK(walk["runs"][1]["kind"] == "page");
}

TEST_CASE("A guest is launched, taken to a place by name, looked at and stopped")
{
    json launched = answer({"launch", "debian", "--append", "nokaslr"});
    checkKeys(launched, {"pid", "spec", "features"});
    json place = answer({"run-to", "x86_64_start_kernel"});
    CHECK(place["symbol"] == "x86_64_start_kernel");
    CHECK(place["paging"] == "4-level");
    json symbol = answer({"symbol", "x86_64_start_kernel"});
    checkKeys(symbol, {"name", "address", "running", "slide", "physical"});
    CHECK(symbol["address"] == place["rip"]);
    CHECK(symbol["running"] == true);
    json text = answer({"walk", "--filter", "va in _text.._etext"});
    CHECK_FALSE(text["runs"].empty());
    checkKeys(answer({"guest", "stop"}), {"stopped"});
    CHECK(answer({"guest", "list"})["running"].empty());
}

TEST_CASE("A guest goes forward from command to command, and its timeline can be looked back on")
{
    const test::TemporaryDirectory directory;
    const QString file = QString::fromStdString((directory.path() / "session.pgtrec").string());
    answer({"launch", "lab"});
    const json first = answer({"step", "-o", file});
    CHECK(first["step"] == 1); // step 0 is where the guest stood
    CHECK(answer({"step", "-o", file})["step"] == 2);
    answer({"run-to", "find_early_table_space", "-o", file});
    answer({"guest", "stop"});

    const json reported = answer({"show", file});
    REQUIRE(reported["steps"].size() == 4);
    CHECK(reported["steps"][1]["event"] == first["event"]);
    const json back = answer({"walk", file, "--step", "1"});
    const json end = answer({"walk", file, "--step", "3"});
    CHECK(back["root"] != end["root"]);
}

TEST_CASE("A write is waited for no longer than was asked, and needs no symbols")
{
    LoopingGuest guest;
    guest.resume();
    Pgt pgt(guest.connected({"step", "--grain", "write", "--seconds", "2"}));
    CHECK(pgt.status() == 2);
    INFO(pgt.error());
    CHECK(pgt.complains("there was none within 2 s"));
    Pgt counted(guest.connected({"step", "--grain", "write", "--instructions", "5"}));
    CHECK(counted.status() == 2);
    INFO(counted.error());
    CHECK(counted.complains("no instruction of 5"));
}

TEST_CASE("A guest that ran goes on when a step is given up, by its time or by the user")
{
    LoopingGuest guest;
    guest.resume();
    const int signal = GENERATE(0, SIGINT, SIGTERM, SIGHUP);
    Pgt pgt(guest.connected(
        {"step", "--grain", "write", "--seconds", signal == 0 ? "1" : "60", "--instructions", "100000000"}));
    REQUIRE(guest.reaches(false));
    if (signal != 0) {
        std::this_thread::sleep_for(500ms);
        pgt.signal(signal);
        pgt.signal(signal);
    }
    CHECK(pgt.status() == 2);
    INFO(pgt.error());
    CHECK(guest.reaches(true));
    CHECK_FALSE(guest.mmu().guest().physicalMode());
}

TEST_CASE("The accelerator is chosen by name, said by info, and one that does not work here is refused")
{
    answer({"launch", "lab", "--accel", "tcg"});
    CHECK(answer({"info"})["accelerator"] == "TCG");
    answer({"guest", "stop"});
    if (gdb::kvmWorks()) {
        answer({"launch", "lab", "--accel", "kvm"});
        CHECK(answer({"info"})["accelerator"] == "KVM");
        answer({"guest", "stop"});
        return;
    }
    Pgt refused({"launch", "lab", "--accel", "kvm"});
    CHECK(refused.status() == 2);
    CHECK(refused.complains("/dev/kvm"));
    CHECK(refused.complains("--accel tcg"));
    CHECK(answer({"guest", "list"})["running"].empty());
}

TEST_CASE("Every store of a boot under KVM is refused before a guest is started")
{
    const test::TemporaryDirectory directory;
    const auto file = directory / "boot.pgtrec";
    Pgt refused({"record", "lab", "--accel", "kvm", "--grain", "event,write", "-o",
        QString::fromStdString(file.string())});
    CHECK(refused.status() == 2);
    CHECK(refused.complains("--grain event,pgt_buf"));
    CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("a hypervisor of one's own is for a guest that runs on one")
{
    Pgt other({"launch", "lab", "--hypervisor", test::labGuestFile});
    CHECK(other.status() == 2);
    CHECK(other.complains("runs without one"));
    Pgt reported({"launch", "lab", "--hypervisor-append", "xpti=true"});
    CHECK(reported.status() == 2);
    CHECK(reported.complains("runs without one"));
}

TEST_CASE("run-to and step take a guest with KASLR from its first instruction to where its names have places")
{
    answer({"launch", "debian"});
    const QStringList which{"--guest", "debian"};
    const json first = answer(QStringList{"step"} + which);
    CHECK(first["event"] == "startup_64");
    const json second = answer(QStringList{"step"} + which);
    CHECK(second["event"] != "startup_64");
    const json there = answer(QStringList{"run-to", "start_kernel"} + which);
    CHECK(there["symbol"] == "start_kernel");
    const json symbol = answer(QStringList{"symbol", "start_kernel"} + which);
    INFO(symbol.dump());
    CHECK(symbol["address"] == there["rip"]);
    CHECK(Pgt({"guest", "stop", "debian"}).status() == 0);
}
