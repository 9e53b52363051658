// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <string>

#include <QProcess>
#include <QStringList>

namespace pgtscope::tests {

/// How the lab guest is started.
struct LabSetup {
    QString append; ///< Its command line: scenario=NAME and options, see resources/guests/lab/README.md.
    int memoryMiB = 1152; ///< Least memory with which every scenario works.
    QString cpu = QStringLiteral("qemu64");
    QStringList arguments = {}; ///< Further arguments for QEMU, e.g. a gdbstub on a socket.
};

/// The lab guest in a QEMU of its own. The QEMU is killed with this object, and by the kernel where the test
/// dies first.
class LabRunner {
public:
    explicit LabRunner(const LabSetup& setup);
    ~LabRunner();
    LabRunner(const LabRunner&) = delete;
    LabRunner& operator=(const LabRunner&) = delete;

    /// Waits until the serial log has this text. False when the deadline has passed or QEMU has ended.
    bool waitFor(const std::string& text, std::chrono::seconds deadline = std::chrono::seconds(60));
    /// The serial log so far, lines ended by newline.
    const std::string& log() const { return m_log; }
    bool logHas(const std::string& text) const { return m_log.find(text) != std::string::npos; }
    /// The hexadecimal number that follows the first occurrence of a text in the log; 0 where there is none.
    unsigned long numberAfter(const std::string& text) const;
    qint64 processId() const { return m_process.processId(); }

private:
    void readSerial();

    QProcess m_process;
    std::string m_log;
};

} // namespace pgtscope::tests
