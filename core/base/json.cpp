// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/base/json.h"

#include <nlohmann/json.hpp>

namespace pgtscope::core {

namespace {

template <class Json>
std::string dump(const Json& json, int indent, bool ascii)
{
    return json.dump(indent, ' ', ascii, Json::error_handler_t::replace);
}

} // namespace

std::string jsonLine(const nlohmann::json& json) { return dump(json, -1, false); }
std::string jsonBlock(const nlohmann::json& json, int indent) { return dump(json, indent, false); }
std::string jsonOrdered(const nlohmann::ordered_json& json, int indent) { return dump(json, indent, false); }
std::string jsonAscii(const nlohmann::json& json) { return dump(json, -1, true); }
std::string jsonText(std::string_view text) { return jsonLine(nlohmann::json(text)); }

} // namespace pgtscope::core
