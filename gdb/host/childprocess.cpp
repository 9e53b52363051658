// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/host/childprocess.h"

#include <csignal>
#include <sys/prctl.h>
#include <unistd.h>

#include <QProcess>
#include <QProcessEnvironment>
#include <QStandardPaths>

namespace pgtscope::gdb {

namespace {

constexpr std::size_t keptOutput = 16U << 20;

/// In its own group, a child is not hit by the user's Ctrl-C before we have tidied up after it.
void prepareChild(pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
}

void appendBounded(std::string& kept, const QByteArray& bytes)
{
    std::size_t room = keptOutput - std::min(keptOutput, kept.size());
    kept.append(bytes.constData(), std::min(room, static_cast<std::size_t>(bytes.size())));
}

void drain(QProcess& process, ChildOutput& output)
{
    appendBounded(output.output, process.readAllStandardOutput());
    appendBounded(output.errors, process.readAllStandardError());
}

void killGroup(QProcess& process)
{
    if (auto pid = static_cast<pid_t>(process.processId()); pid > 0)
        ::kill(-pid, SIGKILL);
    process.kill();
    process.waitForFinished(5000);
}

void prepare(QProcess& process, const ChildCommand& command)
{
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("LC_ALL"), QStringLiteral("C.UTF-8"));
    for (const auto& [name, value] : command.environment)
        environment.insert(QString::fromStdString(name), QString::fromStdString(value));
    process.setProcessEnvironment(environment);
    process.setWorkingDirectory(QString::fromStdString(command.workingDirectory));
    process.setStandardInputFile(QProcess::nullDevice());
    process.setProgram(QString::fromStdString(command.program));
    QStringList arguments;
    for (const std::string& argument : command.arguments)
        arguments << QString::fromStdString(argument);
    process.setArguments(arguments);
    process.setChildProcessModifier([parent = getpid()] { prepareChild(parent); });
}

} // namespace

core::Result<ChildOutput> runChild(const ChildCommand& command, const WaitLimit& limit)
{
    std::string tried = "run " + command.program;
    if (QStandardPaths::findExecutable(QString::fromStdString(command.program)).isEmpty())
        return core::failure(tried, command.program + " is not installed", "install it and try again");

    QProcess process;
    prepare(process, command);
    process.start(QIODevice::ReadOnly);
    ChildOutput result;
    while (process.state() != QProcess::NotRunning) {
        if (limit.cancelled() || limit.passed()) {
            killGroup(process);
            return core::failure(tried, limit.cancelled() ? "cancelled" : "it did not end in time");
        }
        if (command.whileRunning)
            command.whileRunning();
        process.waitForFinished(static_cast<int>(limit.slice(std::chrono::milliseconds(50)).count()));
        drain(process, result);
    }
    drain(process, result);
    if (process.error() == QProcess::FailedToStart)
        return core::failure(tried, process.errorString().toStdString());
    if (process.exitStatus() != QProcess::NormalExit)
        return core::failure(tried, "it was killed by a signal");
    result.exitStatus = process.exitCode();
    return result;
}

std::string lastLine(const std::string& text)
{
    std::size_t last = text.find_last_not_of(" \r\n\t");
    if (last == std::string::npos)
        return {};
    std::size_t newline = text.rfind('\n', last);
    std::size_t first = newline == std::string::npos ? 0 : newline + 1;
    return text.substr(first, std::min<std::size_t>(last + 1 - first, 300));
}

} // namespace pgtscope::gdb
