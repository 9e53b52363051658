// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/qemu/emulator.h"

#include <charconv>

#include "gdb/host/childprocess.h"

namespace pgtscope::gdb {

std::optional<QemuVersion> qemuVersionIn(std::string_view text)
{
    constexpr std::string_view before = "QEMU emulator version ";
    if (!text.starts_with(before))
        return std::nullopt;
    QemuVersion version;
    const char* const end = text.data() + text.size();
    const auto [dot, problem] = std::from_chars(text.data() + before.size(), end, version.major);
    if (problem != std::errc() || dot == end || *dot != '.'
        || std::from_chars(dot + 1, end, version.minor).ec != std::errc())
        return std::nullopt;
    return version;
}

core::Result<void> checkIsQemu(const std::string& emulator, const core::CancelFlag* cancel)
{
    return qemuVersion(emulator, cancel).map([](QemuVersion) {});
}

core::Result<QemuVersion> qemuVersion(const std::string& emulator, const core::CancelFlag* cancel)
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
    if (const auto version = qemuVersionIn(ran->output))
        return *version;
    const std::string words = lastLine(ran->output.substr(0, ran->output.find('\n')));
    return core::failure(tried,
        "it is another program: its --version prints " + (words.empty() ? "nothing" : '"' + words + '"'),
        advice);
}

} // namespace pgtscope::gdb
