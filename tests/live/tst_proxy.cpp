// SPDX-License-Identifier: GPL-2.0-or-later
// Somebody's own gdb on a real guest, with pgt in between.
#include "tests/support/catch.h"

#include <algorithm>

#include <QProcess>

#include "core/steps/diff.h"
#include "core/symbols/symbolsource.h"
#include "core/timeline/timeline.h"
#include "gdb/capture/guestsession.h"
#include "gdb/proxy/proxysession.h"
#include "testpaths.h"
#include "tests/support/liveguest.h"
#include "tests/support/required.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using namespace std::chrono_literals;

namespace {

/// "pgt proxy" for as long as the test needs it.
class Proxy {
public:
    Proxy(const gdb::Endpoint& stub, const std::filesystem::path& kernel, QString file)
        : m_socket(QString::fromStdString((m_directory.path() / "gdb").string()))
    {
        m_process.setProcessChannelMode(QProcess::MergedChannels);
        m_process.start(test::pgtProgram,
            {"proxy", "--connect", QString::fromStdString(stub.text()), "--kernel",
                QString::fromStdString(kernel.string()), "--listen", "unix:" + m_socket, "-o",
                std::move(file)});
        REQUIRE(m_process.waitForStarted(20000));
        awaitText("target remote " + m_socket.toStdString());
    }
    ~Proxy()
    {
        m_process.kill();
        m_process.waitForFinished(10000);
    }
    QString socket() const { return m_socket; }
    void awaitText(const std::string& text)
    {
        for (int wait = 0; wait < 1200 && m_heard.find(text) == std::string::npos; ++wait) {
            m_process.waitForReadyRead(100);
            m_heard += m_process.readAll().toStdString();
        }
        INFO(m_heard);
        REQUIRE(m_heard.find(text) != std::string::npos);
    }
    void end()
    {
        m_process.terminate();
        REQUIRE(m_process.waitForFinished(30000));
        INFO(m_process.readAll().toStdString());
        CHECK(m_process.exitStatus() == QProcess::NormalExit);
        CHECK(m_process.exitCode() == 0);
    }

private:
    test::TemporaryDirectory m_directory;
    QString m_socket;
    QProcess m_process;
    std::string m_heard;
};

/// What a gdb of the user's prints that runs these commands and ends.
std::string ownGdb(const QString& remote, const QStringList& commands)
{
    QStringList arguments{
        "-nx", "-batch", "-ex", "set architecture i386:x86-64", "-ex", "target remote " + remote};
    for (const QString& command : commands)
        arguments << "-ex" << command;
    QProcess gdb;
    gdb.setProcessChannelMode(QProcess::MergedChannels);
    gdb.start("gdb", arguments);
    const bool ended = gdb.waitForFinished(240'000);
    const std::string printed = gdb.readAll().toStdString();
    INFO(printed);
    REQUIRE(ended);
    return printed;
}

QString hex(core::LinearAddress address) { return "0x" + QString::number(address.value, 16); }

} // namespace

TEST_CASE("One's own gdb works through pgt as usual, and each of its stops becomes a step")
{
    test::LiveGuest guest("debian", [](gdb::LaunchSpec& spec) { spec.append += " nokaslr"; });
    const auto kernel = guest.guest().spec.kernel;
    const auto symbols = test::required(core::loadKernelSymbols(kernel.string())).table;
    test::TemporaryDirectory directory;
    const QString file = QString::fromStdString((directory.path() / "own.pgtrec").string());
    Proxy proxy(guest.guest().gdbEndpoint(), kernel, file);
    const QString end = hex(*symbols.find("pgt_buf_end"));
    const std::string printed = ownGdb(proxy.socket(),
        {"shell sleep 1", "hbreak *" + hex(*symbols.find("init_mem_mapping")), "continue",
            "printf \"rip %lx\\n\", $rip", "x/1xg " + end, "watch *(unsigned long *)" + end, "continue",
            "x/1xg " + end, "stepi", "shell sleep 1", "printf \"rip %lx\\n\", $rip", "delete", "detach"});
    INFO(printed);
    CHECK(printed.find("Breakpoint 1") != std::string::npos);
    CHECK(printed.find("rip " + hex(*symbols.find("init_mem_mapping")).mid(2).toStdString())
        != std::string::npos);
    CHECK(printed.find("Hardware watchpoint 2") != std::string::npos);
    CHECK(printed.find("New value = ") != std::string::npos);
    proxy.awaitText("the debugger disconnected");
    proxy.end();

    const auto timeline = test::required(core::Timeline::open(file.toStdString()));
    REQUIRE(timeline->size() == 4);
    const auto step = [&](core::StepNumber number) { return test::required(timeline->step(number)); };
    CHECK(step(0).cause == core::StepCause::Start);
    CHECK(step(1).event == "init_mem_mapping");
    CHECK(step(1).cpu.rip == *symbols.find("init_mem_mapping"));
    CHECK(step(2).cause == core::StepCause::PgtBufChange);
    CHECK(step(3).text == "single step");
    const auto before = test::required(timeline->snapshot(1));
    const auto after = test::required(timeline->snapshot(2));
    REQUIRE_FALSE(after->pgtBuf().epochs.empty());
    CHECK(before->pgtBuf().epochs.back().end < after->pgtBuf().epochs.back().end);
    // The guest, let go, boots on.
    guest.awaitConsole("init");
}

TEST_CASE("Stops of one's own gdb that follow each other at once are steps, the first one included")
{
    test::LiveGuest guest("lab", [](gdb::LaunchSpec& spec) { spec.append = "scenario=native"; });
    test::TemporaryDirectory directory;
    const QString file = QString::fromStdString((directory.path() / "fast.pgtrec").string());
    Proxy proxy(guest.guest().gdbEndpoint(), guest.guest().spec.kernel, file);
    ownGdb(proxy.socket(), {"stepi", "stepi", "stepi", "stepi", "stepi", "stepi", "stepi", "detach"});
    proxy.awaitText("the debugger disconnected");
    proxy.end();
    const auto timeline = test::required(core::Timeline::open(file.toStdString()));
    REQUIRE(timeline->size() == 8);
    CHECK(test::required(timeline->step(0)).cause == core::StepCause::Start);
    for (core::StepNumber number = 1; number < 8; ++number) {
        const auto step = test::required(timeline->step(number));
        CHECK(step.text == "single step");
        CHECK(step.cpu.rip != test::required(timeline->step(number - 1)).cpu.rip);
    }
}

TEST_CASE("What is read beside one's own gdb is what our gdb reads")
{
    test::LiveGuest guest("debian");
    guest.bootToUserspace();
    core::CancelFlag cancel;
    gdb::ProxyOptions options;
    options.session.endpoint = guest.guest().gdbEndpoint();
    options.session.kernelFile = guest.guest().spec.kernel.string();
    options.session.channel = "rsp";
    options.listening.endpoint = gdb::Endpoint{{}, "127.0.0.1", 0};
    auto proxy = test::required(gdb::ProxySession::open(options, cancel));
    QProcess own;
    own.start("gdb",
        {"-nx", "-q", "-ex", "set architecture i386:x86-64", "-ex",
            "target remote " + QString::fromStdString(proxy->endpoint().gdbText())});
    core::SnapshotPtr beside;
    for (int wait = 0; wait < 600 && !beside; ++wait)
        if (auto stop = test::required(proxy->next(100ms)))
            beside = stop->snapshot;
    REQUIRE(beside);
    CHECK(proxy->kernel().slideState() == core::SlideState::Found);
    own.write("disconnect\nquit\n");
    REQUIRE(own.waitForFinished(20000));
    for (int wait = 0; wait < 600 && proxy->connected(); ++wait)
        test::required(proxy->next(100ms));
    proxy.reset();

    // The guest stands where its debugger left it.
    options.session.channel = "gdb";
    auto session = test::required(gdb::GuestSession::open(options.session, cancel));
    const auto cpus = test::required(session->target().cpus());
    CHECK(std::any_of(cpus.begin(), cpus.end(), [&](const auto& cpu) { return cpu == beside->cpu(); }));
    gdb::CaptureRequest request;
    request.cpu = beside->cpu().id;
    const auto again = test::required(session->capture(request));
    const core::StepChanges difference = core::diffSnapshots(*beside, *again).tables;
    CHECK(difference.entries.empty());
    CHECK(difference.tables.empty());
    CHECK(beside->tables().size() > 50);
}
