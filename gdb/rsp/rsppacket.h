// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pgtscope::gdb {

/// Longest payload that is accepted, after run lengths are expanded. QEMU announces 4096 bytes (7.2) to
/// 128 KiB (since 8.1).
inline constexpr std::size_t rspMaxPayload = 1U << 20U;

/// "$payload#checksum" with the bytes escaped that the remote protocol reserves (gdb manual, "Overview" of
/// the remote serial protocol).
std::string encodeRspPacket(std::string_view payload);

/// One thing that came from the other side.
struct RspEvent {
    enum class Kind {
        Ack, ///< '+'
        Nak, ///< '-': send the last packet again.
        Interrupt, ///< 0x03 between packets: stop the guest.
        Packet, ///< `payload` is unescaped and its run lengths are expanded.
        Notification, ///< '%' instead of '$': is not acknowledged.
        Damaged, ///< Wrong checksum, bad run length or too long: to be refused with '-'.
    };
    Kind kind = Kind::Ack;
    std::string payload;
};

/// Takes bytes as they arrive in any pieces and gives events. Other bytes between packets are skipped, as gdb
/// does.
class RspDecoder {
public:
    void feed(std::string_view bytes) { m_bytes.append(bytes); }
    /// The next whole event; nullopt until more bytes arrive.
    std::optional<RspEvent> next();
    /// True when nothing of a packet has arrived that is not a whole event yet.
    bool betweenPackets() const { return m_state == State::Idle && m_at == m_bytes.size(); }

private:
    void takePlain();
    void takePayload(char c);
    RspEvent finish();

    enum class State { Idle, Payload, FirstDigit, SecondDigit };

    std::string m_bytes; ///< Fed and not yet looked at, from m_at on.
    std::size_t m_at = 0;
    State m_state = State::Idle;
    RspEvent m_event;
    std::uint8_t m_sum = 0;
    std::uint8_t m_expected = 0;
    bool m_escaped = false;
    bool m_repeat = false;
    bool m_damaged = false;
};

/// Two hexadecimal digits a byte, lower case.
std::string hexEncode(std::string_view bytes);
/// The reverse; nullopt when a digit is wrong or missing.
std::optional<std::string> hexDecode(std::string_view digits);
/// The same into a buffer; false when a digit is wrong or `into` is not half as long.
bool hexDecodeInto(std::string_view digits, std::span<std::byte> into);
/// The number after `name` ("PacketSize=") in what a stub answers to qSupported, hexadecimal; 0: none.
std::size_t rspFeatureNumber(std::string_view features, std::string_view name);

} // namespace pgtscope::gdb
