// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace pgtscope::app {

/// What the window is asked for on its command line. At most one of file, guest, connect, exercise and demo
/// is set.
struct Arguments {
    std::string file; ///< A recording, or a link to a moment of it.
    std::string guest;
    std::string append; ///< Further words for the launched kernel's command line.
    bool everyStore = false; ///< The launched guest's stores into page tables are steps too.
    bool noCheckpoints = false; ///< None are saved of the launched guest.
    std::string until; ///< Boot event to which the launched guest runs first.
    std::string connect; ///< unix:PATH or HOST:PORT.
    std::string kernel; ///< Symbols of the attached kernel.
    std::string exercise; ///< The name of a shipped one, or of a kind that is made from a seed.
    std::optional<std::uint64_t> seed; ///< Of the exercise.
    bool demo = false;
};

/// Fills `arguments`; an exit status if that was all: help, version, manual, or wrong usage.
std::optional<int> parseArguments(Arguments& arguments, int argc, const char* const* argv);

/// The manual of the window, laid out as that of pgt: options as the parser has them, keys as the window has
/// them.
std::string windowManual();

} // namespace pgtscope::app
