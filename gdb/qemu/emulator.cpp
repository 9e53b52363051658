// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/qemu/emulator.h"

#include "gdb/host/childprocess.h"

namespace pgtscope::gdb {

core::Result<void> checkIsQemu(const std::string& emulator, const core::CancelFlag* cancel)
{
    using namespace std::chrono_literals;
    const std::string tried = "run " + emulator + " as QEMU";
    const std::string advice
        = "name a system emulator with --qemu or in PGTSCOPE_QEMU, e.g. qemu-system-x86_64";
    auto ran = runChild({emulator, {"--version"}, {}, {}, {}}, WaitLimit::after(5s, cancel));
    if (!ran)
        return core::failure(tried, ran.error().happened,
            ran.error().happened.ends_with("is not installed")
                ? "install Debian's package qemu-system-x86, or name another QEMU with --qemu"
                : advice);
    if (ran->output.starts_with("QEMU emulator version "))
        return {};
    const std::string words = lastLine(ran->output.substr(0, ran->output.find('\n')));
    return core::failure(tried,
        "it is another program: its --version prints " + (words.empty() ? "nothing" : '"' + words + '"'),
        advice);
}

} // namespace pgtscope::gdb
