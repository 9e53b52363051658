// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/rsp/rsppacket.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <utility>

namespace pgtscope::gdb {

namespace {

constexpr std::string_view digitsOfHex = "0123456789abcdef";
constexpr char escapeMark = '}';
constexpr char escapeFlip = 0x20;

constexpr std::array<std::int8_t, 256> hexValues = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::int8_t digit = 0; digit < 10; ++digit)
        values[static_cast<std::size_t>('0' + digit)] = digit;
    for (std::int8_t digit = 10; digit < 16; ++digit) {
        values[static_cast<std::size_t>('a' + digit - 10)] = digit;
        values[static_cast<std::size_t>('A' + digit - 10)] = digit;
    }
    return values;
}();

int hexValue(char c) { return hexValues[static_cast<unsigned char>(c)]; }

std::uint8_t added(std::uint8_t sum, char c)
{
    return static_cast<std::uint8_t>(sum + static_cast<unsigned char>(c));
}

} // namespace

std::string hexEncode(std::string_view bytes)
{
    std::string text;
    text.reserve(bytes.size() * 2);
    for (char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += digitsOfHex[byte >> 4U];
        text += digitsOfHex[byte & 15U];
    }
    return text;
}

bool hexDecodeInto(std::string_view digits, std::span<std::byte> into)
{
    if (digits.size() != into.size() * 2)
        return false;
    int wrong = 0;
    for (std::size_t at = 0; at < into.size(); ++at) {
        const int high = hexValue(digits[at * 2]);
        const int low = hexValue(digits[at * 2 + 1]);
        wrong |= high | low;
        into[at] = static_cast<std::byte>(high * 16 + low);
    }
    return wrong >= 0;
}

std::optional<std::string> hexDecode(std::string_view digits)
{
    std::string bytes(digits.size() / 2, '\0');
    if (!hexDecodeInto(digits, std::as_writable_bytes(std::span(bytes))))
        return std::nullopt;
    return bytes;
}

std::size_t rspFeatureNumber(std::string_view features, std::string_view name)
{
    const std::size_t at = features.find(name);
    std::size_t number = 0;
    if (at != std::string_view::npos)
        std::from_chars(features.data() + at + name.size(), features.data() + features.size(), number, 16);
    return number;
}

std::string encodeRspPacket(std::string_view payload)
{
    std::string packet = "$";
    std::uint8_t sum = 0;
    const auto put = [&](char c) {
        packet += c;
        sum = added(sum, c);
    };
    for (char c : payload) {
        const bool reserved = c == '$' || c == '#' || c == '*' || c == escapeMark;
        if (reserved)
            put(escapeMark);
        put(reserved ? static_cast<char>(c ^ escapeFlip) : c);
    }
    packet += '#';
    packet += digitsOfHex[sum >> 4U];
    packet += digitsOfHex[sum & 15U];
    return packet;
}

std::optional<RspEvent> RspDecoder::next()
{
    while (m_at < m_bytes.size()) {
        if (m_state == State::Payload && !m_escaped && !m_repeat && !m_damaged)
            takePlain();
        if (m_at == m_bytes.size())
            break;
        const char c = m_bytes[m_at++];
        switch (m_state) {
        case State::Idle:
            if (c == '+' || c == '-')
                return RspEvent{c == '+' ? RspEvent::Kind::Ack : RspEvent::Kind::Nak, {}};
            if (c == '\x03')
                return RspEvent{RspEvent::Kind::Interrupt, {}};
            if (c == '$' || c == '%') {
                m_event = {c == '$' ? RspEvent::Kind::Packet : RspEvent::Kind::Notification, {}};
                m_sum = 0;
                m_escaped = m_repeat = m_damaged = false;
                m_state = State::Payload;
            }
            break;
        case State::Payload:
            takePayload(c);
            break;
        case State::FirstDigit:
            m_expected = static_cast<std::uint8_t>(hexValue(c) * 16);
            m_damaged = m_damaged || hexValue(c) < 0;
            m_state = State::SecondDigit;
            break;
        case State::SecondDigit:
            m_damaged
                = m_damaged || hexValue(c) < 0 || added(m_expected, static_cast<char>(hexValue(c))) != m_sum;
            return finish();
        }
    }
    m_bytes.clear();
    m_at = 0;
    return std::nullopt;
}

/// Most of a payload is digits, which need no look one by one.
void RspDecoder::takePlain()
{
    const auto begin = m_bytes.begin() + static_cast<std::ptrdiff_t>(m_at);
    const auto room = static_cast<std::ptrdiff_t>(rspMaxPayload - m_event.payload.size());
    const auto most = begin + std::min<std::ptrdiff_t>(room, m_bytes.end() - begin);
    const auto end
        = std::find_if(begin, most, [](char c) { return c == '#' || c == '*' || c == escapeMark; });
    m_sum = std::accumulate(begin, end, m_sum, added);
    m_event.payload.append(begin, end);
    m_at += static_cast<std::size_t>(end - begin);
}

void RspDecoder::takePayload(char c)
{
    if (c == '#') {
        m_damaged = m_damaged || m_escaped || m_repeat;
        m_state = State::FirstDigit;
        return;
    }
    m_sum = added(m_sum, c);
    std::size_t count = 1;
    if (m_repeat) {
        // The count is sent as a printable character: 29 more than the number of further copies.
        const int more = static_cast<unsigned char>(c) - 29;
        m_repeat = false;
        m_damaged = m_damaged || more < 0 || m_event.payload.empty();
        if (m_damaged)
            return;
        c = m_event.payload.back();
        count = static_cast<std::size_t>(more);
    } else if (m_escaped) {
        m_escaped = false;
        c = static_cast<char>(c ^ escapeFlip);
    } else if (c == escapeMark || c == '*') {
        m_escaped = c == escapeMark;
        m_repeat = c == '*';
        return;
    }
    if (m_event.payload.size() + count > rspMaxPayload)
        m_damaged = true;
    else if (!m_damaged)
        m_event.payload.append(count, c);
}

RspEvent RspDecoder::finish()
{
    m_state = State::Idle;
    if (m_damaged)
        return {RspEvent::Kind::Damaged, {}};
    return std::exchange(m_event, {});
}

} // namespace pgtscope::gdb
