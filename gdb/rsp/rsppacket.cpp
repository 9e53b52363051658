// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/rsp/rsppacket.h"

#include <utility>

namespace pgtscope::gdb {

namespace {

constexpr std::string_view digitsOfHex = "0123456789abcdef";
constexpr char escapeMark = '}';
constexpr char escapeFlip = 0x20;

int hexValue(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

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

std::optional<std::string> hexDecode(std::string_view digits)
{
    if (digits.size() % 2 != 0)
        return std::nullopt;
    std::string bytes;
    bytes.reserve(digits.size() / 2);
    for (std::size_t at = 0; at < digits.size(); at += 2) {
        const int high = hexValue(digits[at]);
        const int low = hexValue(digits[at + 1]);
        if (high < 0 || low < 0)
            return std::nullopt;
        bytes += static_cast<char>(static_cast<unsigned char>(high * 16 + low));
    }
    return bytes;
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
        const char c = m_bytes[m_at++];
        switch (m_state) {
        case State::Idle:
            if (c == '+' || c == '-')
                return RspEvent{c == '+' ? RspEvent::Kind::Ack : RspEvent::Kind::Nak, {}};
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
