// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/labrunner.h"

#include <csignal>
#include <cstdlib>
#include <sys/prctl.h>

#include <QDeadlineTimer>

#include "testpaths.h"

namespace pgtscope::tests {

LabRunner::LabRunner(const LabSetup& setup)
{
    const QStringList arguments{"-machine", "q35", "-accel", "tcg", "-cpu", setup.cpu, "-m",
        QString::number(setup.memoryMiB), "-display", "none", "-nodefaults", "-no-reboot", "-serial", "stdio",
        "-kernel", pgtscope::test::labGuestFile, "-append", setup.append};
    m_process.setChildProcessModifier([] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); });
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    m_process.start("qemu-system-x86_64", arguments + setup.arguments);
}

LabRunner::~LabRunner()
{
    m_process.kill();
    m_process.waitForFinished();
}

void LabRunner::readSerial()
{
    for (const char c : m_process.readAll()) {
        if (c != '\r')
            m_log.push_back(c);
    }
}

bool LabRunner::waitFor(const std::string& text, std::chrono::seconds deadline)
{
    QDeadlineTimer timer(deadline);
    readSerial();
    while (!logHas(text)) {
        if (timer.hasExpired() || m_process.state() == QProcess::NotRunning)
            return false;
        m_process.waitForReadyRead(static_cast<int>(timer.remainingTime()));
        readSerial();
    }
    return true;
}

unsigned long LabRunner::numberAfter(const std::string& text) const
{
    const std::size_t place = m_log.find(text);
    return place == std::string::npos ? 0 : std::strtoul(m_log.c_str() + place + text.size(), nullptr, 16);
}

} // namespace pgtscope::tests
