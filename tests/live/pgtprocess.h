// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <sys/prctl.h>

#include <QProcess>
#include <QProcessEnvironment>

#include "gdb/host/files.h"
#include "testpaths.h"
#include "tests/support/catch.h"
#include "tests/support/temporarydirectory.h"

/// The real program as a child process, with a run directory of its own so that it sees no other guests.
class Pgt {
public:
    explicit Pgt(const QStringList& arguments)
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("XDG_RUNTIME_DIR", QString::fromStdString(runDirectory().path().string()));
        m_process.setProcessEnvironment(environment);
        m_process.setChildProcessModifier([] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); });
        m_process.start(pgtscope::test::pgtProgram, arguments);
        REQUIRE(m_process.waitForStarted(20000));
    }
    ~Pgt()
    {
        m_process.kill();
        m_process.waitForFinished(10000);
    }
    Pgt(const Pgt&) = delete;
    Pgt& operator=(const Pgt&) = delete;

    /// Exit status; the test fails if the program crashes or is not done in time.
    int status(std::chrono::seconds most = std::chrono::seconds(60))
    {
        const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(most).count();
        m_process.waitForFinished(static_cast<int>(milliseconds));
        INFO(error());
        REQUIRE(m_process.state() == QProcess::NotRunning);
        REQUIRE(m_process.exitStatus() == QProcess::NormalExit);
        return m_process.exitCode();
    }
    const std::string& output()
    {
        m_output += m_process.readAllStandardOutput().toStdString();
        return m_output;
    }
    const std::string& error()
    {
        m_error += m_process.readAllStandardError().toStdString();
        return m_error;
    }
    /// Waits for its end, however it ends.
    bool ends(std::chrono::seconds most = std::chrono::seconds(60))
    {
        const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(most).count();
        return m_process.waitForFinished(static_cast<int>(milliseconds))
            || m_process.state() == QProcess::NotRunning;
    }
    bool complains(std::string_view text) { return error().find(text) != std::string::npos; }
    void signal(int number) const
    {
        // None has the id 0, which is this process's group.
        if (const auto id = m_process.processId(); id > 0)
            ::kill(static_cast<pid_t>(id), number);
    }

    /// Process id of its gdb; 0 while there is none.
    pid_t gdb() const { return child("gdb"); }
    /// Of its child of that name, which the kernel cuts after 15 bytes, with that among its arguments.
    pid_t child(std::string_view wanted, std::string_view argument = {}) const
    {
        std::error_code gone;
        const std::string tasks = "/proc/" + std::to_string(m_process.processId()) + "/task";
        for (const auto& task : std::filesystem::directory_iterator(tasks, gone)) {
            std::ifstream children(task.path() / "children");
            for (pid_t child = 0; children >> child;) {
                const std::string process = "/proc/" + std::to_string(child);
                std::string name;
                std::ifstream(process + "/comm") >> name;
                // It may end meanwhile.
                const auto words = pgtscope::gdb::readWhole(process + "/cmdline", 1U << 20U);
                if (name == wanted && words && words->find(argument) != std::string::npos)
                    return child;
            }
        }
        return 0;
    }
    /// Waits until it has printed `text`; false if it ends before, or at the deadline.
    bool prints(std::string_view text, std::chrono::seconds most = std::chrono::seconds(60))
    {
        const auto end = std::chrono::steady_clock::now() + most;
        while (output().find(text) == std::string::npos) {
            const bool over = std::chrono::steady_clock::now() >= end;
            if (over || (!m_process.waitForReadyRead(50) && m_process.state() == QProcess::NotRunning))
                return output().find(text) != std::string::npos;
        }
        return true;
    }

    /// From files and from gdb.
    std::uint64_t bytesRead() const
    {
        std::ifstream io("/proc/" + std::to_string(m_process.processId()) + "/io");
        std::string name;
        std::uint64_t bytes = 0;
        io >> name >> bytes;
        return name == "rchar:" ? bytes : 0;
    }

private:
    static const pgtscope::test::TemporaryDirectory& runDirectory()
    {
        static const pgtscope::test::TemporaryDirectory directory;
        return directory;
    }

    QProcess m_process;
    std::string m_output;
    std::string m_error;
};
