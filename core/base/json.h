// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <concepts>
#include <cstdint>
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

/// JSON that is appended to a text piece by piece, for lists that are too long to be put together first. Sets
/// the commas; that what was opened is closed is for the caller.
class JsonStream {
public:
    /// Between a name and its value, and between values of one line.
    enum class Blanks : std::uint8_t { None, One };

    /// `out` must outlive the stream; it may be emptied meanwhile.
    explicit JsonStream(std::string& out, Blanks blanks = Blanks::None)
        : m_out(out)
        , m_blanks(blanks)
    {
    }

    void open(char bracket);
    void close(char bracket);
    /// What comes next begins on a line of its own.
    void newLine() { m_newLine = true; }
    /// Of an object; a name that needs no escapes.
    void key(std::string_view name);
    void text(std::string_view text);
    void hex(std::uint64_t number); ///< As text: "0x1f".
    void number(std::uint64_t number);
    void flag(bool flag) { ready(flag ? "true" : "false"); }
    void null() { ready("null"); }
    /// What is JSON already.
    void ready(std::string_view json);

private:
    void begin();

    std::string& m_out;
    Blanks m_blanks;
    bool m_first = true; ///< No value is before the next one, in what was opened last.
    bool m_newLine = false;
};

} // namespace pgtscope::core
