// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/base/json.h"

#include <nlohmann/json.hpp>

#include "core/base/numbers.h"

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

void JsonStream::begin()
{
    if (!m_first)
        m_out += ',';
    if (m_newLine)
        m_out += '\n';
    else if (!m_first && m_blanks == Blanks::One)
        m_out += ' ';
    m_first = m_newLine = false;
}

void JsonStream::open(char bracket)
{
    begin();
    m_out += bracket;
    m_first = true;
}

void JsonStream::close(char bracket)
{
    if (m_newLine)
        m_out += '\n';
    m_out += bracket;
    m_first = m_newLine = false;
}

void JsonStream::key(std::string_view name)
{
    begin();
    m_out += '"';
    m_out += name;
    m_out += m_blanks == Blanks::One ? "\": " : "\":";
    m_first = true;
}

void JsonStream::text(std::string_view text) { ready(jsonText(text)); }

void JsonStream::hex(std::uint64_t number)
{
    begin();
    m_out += "\"0x";
    appendHex(m_out, number);
    m_out += '"';
}

void JsonStream::number(std::uint64_t number)
{
    begin();
    appendDecimal(m_out, number);
}

void JsonStream::ready(std::string_view json)
{
    begin();
    m_out += json;
}

} // namespace pgtscope::core
