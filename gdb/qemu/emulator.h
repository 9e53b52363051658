// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/cancel.h"
#include "core/base/error.h"

namespace pgtscope::gdb {

/// An Error if the program exists and is not a system emulator of QEMU's, by what it prints of its version.
/// Takes some seconds at most.
core::Result<void> checkIsQemu(const std::string& emulator, const core::CancelFlag* cancel);

/// "QEMU emulator version 8.2.2 (…)".
struct QemuVersion {
    unsigned major = 0;
    unsigned minor = 0;
    auto operator<=>(const QemuVersion&) const = default;
};
/// nullopt: the text does not begin so.
std::optional<QemuVersion> qemuVersionIn(std::string_view text);
/// Which version it is, with the Errors of checkIsQemu().
core::Result<QemuVersion> qemuVersion(const std::string& emulator, const core::CancelFlag* cancel);

} // namespace pgtscope::gdb
