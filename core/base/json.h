// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

/// The one writer of JSON. Guests, stubs and recordings put any bytes into texts: what is no UTF-8 is
/// replaced by U+FFFD, so that the result is valid JSON. nlohmann's own dump() throws there, and is used
/// nowhere else.
namespace pgtscope::core {

std::string jsonLine(const nlohmann::json& json);
/// The same over several lines, each level indented by so many blanks.
std::string jsonBlock(const nlohmann::json& json, int indent = 1);
/// Keys in the order in which they were added; over several lines with an indent, on one line without.
std::string jsonOrdered(const nlohmann::ordered_json& json, int indent = -1);
/// An ordered object would be converted to one that sorts its keys.
template <std::same_as<nlohmann::ordered_json> Json>
std::string jsonLine(const Json& json) = delete;
template <std::same_as<nlohmann::ordered_json> Json>
std::string jsonBlock(const Json& json, int indent = 1) = delete;
/// One line of ASCII alone: other characters are written as \uXXXX.
std::string jsonAscii(const nlohmann::json& json);
/// `text` in quotes.
std::string jsonText(std::string_view text);

} // namespace pgtscope::core
