// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace pgtscope::app {

/// What a shell offers where an option or a word of a command wants its value.
struct CompletionValues {
    std::vector<std::string> words;
    bool files = false; ///< Names of files, too.
    std::string suffix = {}; ///< Of these files, e.g. ".pgtrec"; empty: any.
    std::string command = {}; ///< A line of sh(1) that prints more words while the user types.
};

/// The values of one option of one command.
using CompletionSource = std::function<CompletionValues(const CLI::App& command, const CLI::Option& option)>;

enum class Shell { Bash, Zsh, Fish };

/// "bash", "zsh" or "fish"; anything else is fish.
Shell shellByName(std::string_view name);
/// The choices that the option's own check names ("{a,b}" of CLI::IsMember), and files if it checks for one.
CompletionValues checkedValues(const CLI::Option& option);
/// A script that completes the commands and options of `app` in that shell. It is complete in itself: the
/// program does not run while a user types.
std::string completionScript(Shell shell, const CLI::App& app, const CompletionSource& values);

} // namespace pgtscope::app
