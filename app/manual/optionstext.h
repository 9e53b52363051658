// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace pgtscope::app {

/// "--cpu UINT", "[FILE] ADDRESS": how an option is typed.
std::string optionName(const CLI::Option& option);
/// One option and its words, as a manual lays them out.
std::string optionText(const CLI::Option& option);
/// The options of one program or command, each with its words after it, as a manual lays them out.
std::string optionsText(const CLI::App& command);

} // namespace pgtscope::app
