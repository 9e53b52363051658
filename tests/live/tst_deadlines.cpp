// SPDX-License-Identifier: GPL-2.0-or-later
// A stub that goes bad in the middle: how long a command stays with it.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/live/firmwareguest.h"
#include "tests/live/pgtprocess.h"
#include "tests/support/relay.h"
#include "tests/support/unrulystub.h"

using namespace pgtscope;
using namespace std::chrono_literals;
using test::UnrulyStub;
using Phase = UnrulyStub::Phase;
using Manner = UnrulyStub::Manner;
using Clock = UnrulyStub::Clock;

namespace {

/// What is promised, and what a sanitizer costs at the end of a process.
constexpr std::chrono::seconds promised = 12s;

constexpr std::array<const char*, 7> phaseNames{
    "connect", "target.xml", "memory", "continue", "interrupt", "monitor", "detach"};
constexpr std::array<const char*, 3> mannerNames{"silent", "dripping", "flooding"};

QStringList atGuest(const QString& command, const gdb::Endpoint& stub, const QStringList& further = {})
{
    return QStringList{command, "--connect", QString::fromStdString(stub.text())} + further;
}

double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

/// Which commands meet a phase at all.
struct Meeting {
    const char* command;
    QStringList further;
    std::vector<Phase> phases;
    std::chrono::seconds waits = 0s; ///< For the guest, which may run for so long.
};

std::vector<Meeting> meetings()
{
    const QString kernel = test::labGuestFile;
    return {{"info", {"--channel", "rsp"},
                {Phase::Connect, Phase::Description, Phase::Memory, Phase::Monitor, Phase::Detach}},
        {"walk", {"--channel", "rsp"},
            {Phase::Connect, Phase::Description, Phase::Memory, Phase::Monitor, Phase::Detach}},
        {"step", {"--kernel", kernel, "--seconds", "2", "--channel", "rsp"},
            {Phase::Connect, Phase::Description, Phase::Memory, Phase::Continue, Phase::Monitor}, 2s},
        {"record", {"--kernel", kernel, "--patience", "2"},
            {Phase::Connect, Phase::Description, Phase::Memory, Phase::Continue, Phase::Monitor,
                Phase::Detach},
            2s}};
}

/// Says how long each took where that is asked for.
void report(const std::string& what, double took, const std::string& said)
{
    if (std::getenv("PGTSCOPE_FIGURES") != nullptr)
        std::cerr << what << ": " << took << " s: " << said << '\n';
}

std::string named(const char* command, Manner manner, Phase phase)
{
    return std::string(command) + ", " + mannerNames.at(static_cast<std::size_t>(manner)) + " from "
        + phaseNames.at(static_cast<std::size_t>(phase)) + " on";
}

const QStringList labArguments{
    "-S", "-m", "1152", "-kernel", test::labGuestFile, "-append", "scenario=native"};

/// One command at a guest whose stub goes bad.
struct Trial {
    Trial(const Meeting& meeting, Phase phaseOfStub, Manner manner)
        : phase(phaseOfStub)
        , guest(labArguments)
        , stub(guest.stub(), phase, manner)
        , started(phase != Phase::Detach || (guest.execute("cont") && guest.reaches("running")))
        , pgt(atGuest(meeting.command, stub.endpoint(),
              meeting.further
                  + (meeting.command == std::string("record")
                          ? QStringList{"-o", QString::fromStdString((directory / "a.pgtrec").string())}
                          : QStringList())))
    {
    }
    test::TemporaryDirectory directory;
    Phase phase;
    FirmwareGuest guest;
    UnrulyStub stub;
    bool started; ///< Only a guest that ran is detached from with a word: it runs on.
    Pgt pgt;
    std::optional<Clock::time_point> ended = {};
};

/// All of them wait at once: that is most of what they do.
void awaitAll(const std::vector<std::unique_ptr<Trial>>& trials)
{
    const auto until = Clock::now() + 90s;
    std::size_t left = trials.size();
    while (left > 0 && Clock::now() < until) {
        for (const auto& trial : trials)
            if (!trial->ended && trial->pgt.ends(0s)) {
                trial->ended = Clock::now();
                --left;
            }
        std::this_thread::sleep_for(5ms);
    }
}

/// Somebody's gdb, which connects, executes one instruction and detaches.
class OwnGdb {
public:
    explicit OwnGdb(const QString& socket)
    {
        m_process.setProcessChannelMode(QProcess::MergedChannels);
        m_process.setChildProcessModifier([] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); });
        m_process.start("gdb",
            {"-nx", "-batch", "-ex", "set architecture i386:x86-64", "-ex", "target remote " + socket, "-ex",
                "stepi", "-ex", "shell sleep 1", "-ex", "detach"});
    }
    ~OwnGdb()
    {
        m_process.kill();
        m_process.waitForFinished(10000);
    }
    OwnGdb(const OwnGdb&) = delete;
    OwnGdb& operator=(const OwnGdb&) = delete;
    bool ends() { return m_process.waitForFinished(120'000); }

private:
    QProcess m_process;
};

/// "pgt proxy", waiting for a debugger or ended already.
struct ProxyRun {
    explicit ProxyRun(const gdb::Endpoint& stub)
        : socket(QString::fromStdString((directory / "own").string()))
        , pgt(atGuest("proxy", stub, {"--listen", "unix:" + socket, "--channel", "rsp"}))
    {
    }
    /// Whether it has said that so far.
    bool says(const std::string& text)
    {
        (void)pgt.ends(0s);
        return pgt.complains(text) || pgt.output().find(text) != std::string::npos;
    }
    test::TemporaryDirectory directory;
    QString socket;
    Pgt pgt;
};

/// A proxy at a stub that goes bad, and somebody's gdb at the proxy as soon as it waits for one.
struct ProxyTrial {
    ProxyTrial(Phase phaseOfStub, Manner manner)
        : phase(phaseOfStub)
        , guest(labArguments)
        , stub(guest.stub(), phase, manner)
        , proxy(stub.endpoint())
    {
    }
    void look()
    {
        if (!own && proxy.says("target remote"))
            own.emplace(proxy.socket);
        if (!complained && proxy.says("could not"))
            complained = Clock::now();
    }
    Phase phase;
    FirmwareGuest guest;
    UnrulyStub stub;
    ProxyRun proxy;
    std::optional<OwnGdb> own = {};
    std::optional<Clock::time_point> complained = {};
};

/// Runs the program with a terminal for its messages.
struct TerminalRun {
    int status = -1;
    std::string said;
};

TerminalRun onTerminal(const QStringList& arguments)
{
    int terminal = -1;
    const test::TemporaryDirectory directory;
    std::vector<std::string> words{test::pgtProgram};
    for (const QString& word : arguments)
        words.push_back(word.toStdString());
    std::vector<char*> list;
    for (std::string& word : words)
        list.push_back(word.data());
    list.push_back(nullptr);
    const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    REQUIRE(child >= 0);
    if (child == 0) {
        ::alarm(200);
        ::setenv("XDG_RUNTIME_DIR", directory.path().c_str(), 1);
        ::execv(list.front(), list.data());
        ::_exit(99);
    }
    TerminalRun run;
    std::array<char, 4096> block{};
    for (ssize_t count = 0; (count = ::read(terminal, block.data(), block.size())) > 0;)
        run.said.append(block.data(), static_cast<std::size_t>(count));
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(terminal);
    run.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return run;
}

} // namespace

TEST_CASE("A stub that goes bad is given up within 12 s, in whatever phase it does")
{
    const Manner manner = GENERATE(Manner::Silent, Manner::Drips, Manner::Floods);
    for (const Meeting& meeting : meetings()) {
        std::vector<std::unique_ptr<Trial>> trials;
        for (const Phase phase : meeting.phases)
            trials.push_back(std::make_unique<Trial>(meeting, phase, manner));
        awaitAll(trials);
        for (const auto& trial : trials) {
            const double took
                = trial->ended && trial->stub.began() ? seconds(*trial->ended - *trial->stub.began()) : -1;
            const std::string what = named(meeting.command, manner, trial->phase);
            report(what, took, trial->pgt.error());
            INFO(what << ": " << trial->pgt.error());
            CHECK(trial->ended);
            CHECK(trial->stub.began());
            CHECK(took < seconds(promised + meeting.waits));
        }
    }
}

TEST_CASE("Beside one's own gdb, too, a stub that goes bad is given up within 12 s")
{
    const Manner manner = GENERATE(Manner::Silent, Manner::Drips, Manner::Floods);
    std::vector<std::unique_ptr<ProxyTrial>> trials;
    for (const Phase phase : {Phase::Connect, Phase::Description, Phase::Memory, Phase::Monitor})
        trials.push_back(std::make_unique<ProxyTrial>(phase, manner));
    const auto until = Clock::now() + 90s;
    const auto waits = [](const auto& trial) { return !trial->complained; };
    while (std::any_of(trials.begin(), trials.end(), waits) && Clock::now() < until) {
        for (const auto& trial : trials)
            trial->look();
        std::this_thread::sleep_for(5ms);
    }
    for (const auto& trial : trials) {
        const double took = trial->complained && trial->stub.began()
            ? seconds(*trial->complained - *trial->stub.began())
            : -1;
        const std::string what = named("proxy", manner, trial->phase);
        report(what, took, trial->proxy.pgt.error());
        INFO(what << ": " << trial->proxy.pgt.error());
        CHECK(trial->complained);
        CHECK(trial->stub.began());
        CHECK(took < seconds(promised));
        trial->proxy.pgt.signal(SIGTERM);
        CHECK(trial->proxy.pgt.ends(promised));
    }
}

TEST_CASE("A stub that takes 0.3 s for each reply is slow and works, and the user sees what is going on")
{
    FirmwareGuest guest(labArguments);
    test::Relay relay(guest.stub());
    relay.delayReplies(300ms);
    const test::TemporaryDirectory directory;
    const QString kernel = test::labGuestFile;
    const QString file = QString::fromStdString((directory / "slow.pgtrec").string());
    const std::vector<QStringList> commands{atGuest("info", relay.endpoint(), {"--channel", "rsp"}),
        atGuest("walk", relay.endpoint(), {"--channel", "rsp"}),
        atGuest("step", relay.endpoint(), {"--kernel", kernel, "--channel", "rsp"}),
        atGuest("record", relay.endpoint(),
            {"--kernel", kernel, "--patience", "5", "--until", "x86_64_start_kernel", "-o", file})};
    for (const QStringList& command : commands) {
        const auto begin = Clock::now();
        const TerminalRun run = onTerminal(command);
        report(command.front().toStdString() + ", slow", seconds(Clock::now() - begin), run.said);
        INFO(command.front().toStdString() << ": " << run.said);
        CHECK(run.status == 0);
        CHECK(run.said.find("\r\x1b[K") != std::string::npos);
    }
}
