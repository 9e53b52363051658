// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pgtscope::gdb {

/// What becomes of one packet of a stub's.
struct StubVerdict {
    enum class Kind {
        Pass, ///< `payload` goes to the debugger.
        Drop, ///< Neither side gets anything.
        Refuse, ///< `payload` goes back to the stub, as the debugger's answer.
    };
    Kind kind = Kind::Pass;
    std::string payload;
};

/// Decides which packets of a stub reach a debugger. A debugger does more for a stub than one would think:
/// gdb opens, writes and removes files and runs commands (manual, "File-I/O Remote Protocol Extension"),
/// loads the program and the libraries that the stub names, and looks up symbols. Only what the stubs of
/// QEMU, KVM and gdbsx need passes, see isKnownRequest(); everything else is to the debugger as if the stub
/// did not know it.
class StubFilter {
public:
    /// `fileIo`: let the stub use files and run commands through the debugger.
    explicit StubFilter(bool fileIo = false)
        : m_fileIo(fileIo)
    {
    }

    /// The debugger begins anew, on a new connection.
    void restart() { m_descriptionBytes = 0; }
    /// Judges a packet by what the debugger waits for. `request` is its open request, nullopt if there is
    /// none; `running`: that one let the guest run. `payload` is unescaped, its run lengths expanded.
    StubVerdict judge(std::optional<std::string_view> request, bool running, std::string payload);

    /// A sentence for the user on the first File-I/O request that was refused; empty if there was none, or on
    /// every later call.
    std::string takeRefusal();

private:
    StubVerdict judgeReply(std::string_view request, std::string payload);
    void noteFileIo(std::string_view payload);

    bool m_fileIo;
    bool m_refused = false;
    std::string m_refusal; ///< Not taken yet.
    std::size_t m_descriptionBytes = 0;
};

/// True for a command of QEMU's monitor that only reads the guest: info, x, xp, print, gva2gpa and their
/// like. Others write files, run programs and open ports of the machine that QEMU runs on.
bool monitorOnlyReads(std::string_view command);

/// True for the debugger's requests whose replies pass.
bool isKnownRequest(std::string_view request);

} // namespace pgtscope::gdb
