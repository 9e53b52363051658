// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

namespace pgtscope::pgt {

/// Two command lines for a command that does something, by its full name ("guest fetch"); empty if it has
/// none.
std::span<const std::string_view> examplesOf(std::string_view command);
/// "walk", "guest fetch": a command's name below the program.
std::string fullName(const CLI::App& command);
/// Ends each command's --help with its examples.
void addExamples(CLI::App& app);

} // namespace pgtscope::pgt
