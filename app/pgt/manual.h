// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>

namespace pgtscope::pgt {

/// The whole manual: commands and options as the parser has them, fields, rules and boot events as the engine
/// has them, and the texts of resources/help. Lines are not wrapped yet.
std::string manualText(const CLI::App& app);
/// What "pgt help TOPIC" prints; without a topic, what one does first. nullopt: there is no such topic.
std::optional<std::string> manualTopic(std::string_view topic, const CLI::App& app);
/// "filter", "recording" …
inline constexpr std::string_view manualTopics[]
    = {"manual", "filter", "rules", "events", "glossary", "json", "files", "recording"};
/// Keys: commands (name, description, options), fields, rules, events.
nlohmann::json manualJsonObject(const CLI::App& app);

} // namespace pgtscope::pgt
