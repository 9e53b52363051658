// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>

namespace pgtscope::test {

/// An initramfs of ours with another first process, a script of busybox's shell; returns where it was
/// written.
std::filesystem::path initramfsThatRuns(
    const std::string& script, const std::filesystem::path& ours, const std::filesystem::path& destination);

} // namespace pgtscope::test
