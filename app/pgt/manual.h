// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>

namespace pgtscope::pgt {

/// The whole manual: commands and options as the parser has them, fields, rules and boot events as the engine
/// has them, and the texts of resources/help. Lines are not wrapped yet.
std::string manualText(const CLI::App& app);
/// Keys: commands (name, description, options), fields, rules, events.
nlohmann::json manualJsonObject(const CLI::App& app);

} // namespace pgtscope::pgt
