// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tests/support/catch.h"

#include <csignal>
#include <string>
#include <sys/prctl.h>
#include <thread>

#include <QProcess>
#include <QTemporaryDir>

#include "gdb/qmp/qmpclient.h"
#include "gdb/stub/target.h"

/// QEMU with nothing but its firmware: ready at once, so that tests of the connection need no kernel. Ends
/// with the test.
class FirmwareGuest {
public:
    explicit FirmwareGuest(
        const QStringList& further = {}, int tcpPort = 0, const QString& program = "qemu-system-x86_64")
        : m_tcpPort(tcpPort)
    {
        const QString stub = tcpPort != 0 ? QString("tcp::%1").arg(tcpPort) : "chardev:g";
        QStringList arguments{
            "-accel", "tcg", "-display", "none", "-nodefaults", "-machine", "q35", "-m", "256"};
        if (tcpPort == 0)
            arguments << "-chardev" << ("socket,server=on,wait=off,id=g,path=" + m_directory.filePath("gdb"));
        arguments << "-gdb" << stub << "-qmp"
                  << ("unix:" + m_directory.filePath("qmp") + ",server=on,wait=off");
        m_process.setProgram(program);
        m_process.setArguments(arguments + further);
        m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        m_process.setChildProcessModifier([] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); });
        m_process.start();
        REQUIRE(m_process.waitForStarted(20000));
        const auto limit = pgtscope::gdb::WaitLimit::after(std::chrono::seconds(20));
        while (!limit.passed() && status().empty())
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        REQUIRE_FALSE(status().empty());
    }

    ~FirmwareGuest() { kill(); }
    FirmwareGuest(const FirmwareGuest&) = delete;
    FirmwareGuest& operator=(const FirmwareGuest&) = delete;

    pgtscope::gdb::Endpoint stub() const
    {
        pgtscope::gdb::Endpoint endpoint;
        if (m_tcpPort == 0)
            endpoint.path = m_directory.filePath("gdb").toStdString();
        else
            endpoint = {"", "localhost", static_cast<std::uint16_t>(m_tcpPort)};
        return endpoint;
    }

    pgtscope::gdb::ConnectOptions options() const
    {
        pgtscope::gdb::ConnectOptions options;
        options.endpoint = stub();
        return options;
    }

    /// "running", "paused", "prelaunch", …; empty if QEMU does not answer.
    std::string status()
    {
        const auto answer = execute("query-status");
        return answer ? answer->value("status", "") : std::string();
    }

    /// A QMP command, e.g. "cont" or "stop", over a connection of its own.
    pgtscope::core::Result<nlohmann::json> execute(std::string_view command)
    {
        const auto limit = pgtscope::gdb::WaitLimit::after(std::chrono::seconds(10));
        pgtscope::gdb::Endpoint endpoint;
        endpoint.path = m_directory.filePath("qmp").toStdString();
        ASSIGN_OR_RETURN(auto client, pgtscope::gdb::QmpClient::connect(endpoint, limit));
        return client.execute(command, limit);
    }

    /// State of QEMU's switch for physical addresses. Asking needs the stub, so the guest is stopped by it.
    bool physicalMode()
    {
        const auto facts
            = pgtscope::gdb::probeStub(stub(), pgtscope::gdb::WaitLimit::after(std::chrono::seconds(10)));
        REQUIRE(facts);
        REQUIRE(facts->physicalMode);
        return *facts->physicalMode;
    }

    /// Waits for a state that the guest reaches by itself.
    bool reaches(const std::string& wanted)
    {
        const auto limit = pgtscope::gdb::WaitLimit::after(std::chrono::seconds(10));
        while (!limit.passed() && status() != wanted)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        return status() == wanted;
    }

    void signal(int number) { ::kill(static_cast<pid_t>(m_process.processId()), number); }
    void kill()
    {
        if (m_process.state() == QProcess::NotRunning)
            return;
        m_process.kill();
        m_process.waitForFinished(10000);
    }
    QString path(const QString& name) const { return m_directory.filePath(name); }

private:
    QTemporaryDir m_directory;
    QProcess m_process;
    int m_tcpPort;
};
