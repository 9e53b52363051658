// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/base/terminaltext.h"

#include <algorithm>
#include <cerrno>

namespace pgtscope::core {

namespace {

unsigned byteAt(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

/// Bytes of the character that begins with `lead`; 0 if none does. Table 3-7 of the Unicode Standard.
std::size_t lengthFrom(unsigned lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/// Whether the byte may be the second of a character: longer forms than needed and surrogates are none.
bool maySecond(unsigned lead, unsigned second)
{
    const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

/// Bytes at the start of `text` that belong to one character, up to its end or the text's; 0 if they begin
/// none.
std::size_t characterBytes(std::string_view text)
{
    const unsigned lead = byteAt(text, 0);
    const std::size_t length = std::min(lengthFrom(lead), text.size());
    for (std::size_t i = 1; i < length; ++i)
        if (i == 1 ? !maySecond(lead, byteAt(text, 1)) : (byteAt(text, i) & 0xc0) != 0x80)
            return 0;
    return length;
}

bool isControl(std::string_view character)
{
    const unsigned lead = byteAt(character, 0);
    return (lead < ' ' && lead != '\n' && lead != '\t') || lead == 0x7f
        || (lead == 0xc2 && byteAt(character, 1) < 0xa0);
}

} // namespace

std::string TerminalFilter::filter(std::string_view bytes)
{
    const std::string joined = m_begun.empty() ? std::string() : m_begun + std::string(bytes);
    std::string_view rest = m_begun.empty() ? bytes : std::string_view(joined);
    m_begun.clear();
    std::string safe;
    safe.reserve(rest.size());
    while (!rest.empty()) {
        const std::size_t length = characterBytes(rest);
        if (length != 0 && length < lengthFrom(byteAt(rest, 0))) {
            m_begun = rest;
            break;
        }
        if (length == 0 || isControl(rest.substr(0, length)))
            safe += '?';
        else
            safe += rest.substr(0, length);
        rest.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return safe;
}

std::string TerminalFilter::finish()
{
    std::string safe(m_begun.size(), '?');
    m_begun.clear();
    return safe;
}

std::string terminalText(std::string_view text)
{
    TerminalFilter filter;
    std::string safe = filter.filter(text);
    return safe + filter.finish();
}

OutputGuard::OutputGuard(std::ostream& stream, bool toTerminal)
    : m_stream(stream)
    , m_target(stream.rdbuf(this))
    , m_toTerminal(toTerminal)
{
}

OutputGuard::~OutputGuard()
{
    flush();
    m_stream.rdbuf(m_target);
}

int OutputGuard::flush()
{
    if (m_toTerminal)
        pass(m_filter.finish());
    sync();
    return m_error;
}

OutputGuard::int_type OutputGuard::overflow(int_type character)
{
    if (traits_type::eq_int_type(character, traits_type::eof()))
        return traits_type::not_eof(character);
    const char byte = traits_type::to_char_type(character);
    return xsputn(&byte, 1) == 1 ? character : traits_type::eof();
}

std::streamsize OutputGuard::xsputn(const char* bytes, std::streamsize count)
{
    const std::string_view text(bytes, static_cast<std::size_t>(count));
    return (m_toTerminal ? pass(m_filter.filter(text)) : pass(text)) ? count : 0;
}

int OutputGuard::sync()
{
    errno = 0;
    if (m_target->pubsync() == 0)
        return 0;
    if (m_error == 0)
        m_error = errno != 0 ? errno : EIO;
    return -1;
}

bool OutputGuard::pass(std::string_view bytes)
{
    const auto count = static_cast<std::streamsize>(bytes.size());
    errno = 0;
    if (m_target->sputn(bytes.data(), count) == count)
        return true;
    if (m_error == 0)
        m_error = errno != 0 ? errno : EIO;
    return false;
}

} // namespace pgtscope::core
