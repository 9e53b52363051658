// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tests/support/catch.h"

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <poll.h>
#include <thread>
#include <vector>

#include <QTemporaryDir>

#include "gdb/net/serversocket.h"
#include "gdb/rsp/rsppacket.h"

/// What goes wrong on the way, by the number of the read of physical memory (from 0) at which it happens.
struct StubFaults {
    bool dribbles = false; ///< Every byte on its own.
    bool dropsAcks = false; ///< Never a receipt.
    bool binary = false; ///< Answers `x`.
    bool physical = true; ///< Has the switch at all.
    bool notifies = false; ///< A notification of non-stop mode before each reply.
    std::optional<int> unaskedStop = std::nullopt;
    std::optional<int> late
        = std::nullopt; ///< So late that the request is sent again, and then answered twice.
    std::optional<int> loses = std::nullopt; ///< No answer, as if the request had never come.
    std::optional<int> refuses = std::nullopt; ///< '-'.
    std::optional<int> garbles = std::nullopt; ///< A checksum that is wrong.
    std::optional<int> closes = std::nullopt; ///< In the middle of the reply.
    std::optional<int> fallsSilent = std::nullopt; ///< Neither this nor anything later is answered.
    std::optional<int> losesNext = std::nullopt; ///< Nor the two requests after it.
    /// Called before each of them is answered, or not; on the stub's thread.
    std::function<void(int number)> onRead = {};
    /// The monitor answers each command by as many pieces of text, `betweenTexts` apart.
    int texts = 0;
    std::chrono::milliseconds betweenTexts{};
};

/// A gdbstub whose memory is a function of the address, another one for physical addresses than for linear
/// ones, so that a mix-up cannot go unseen. Serves one client at a time, on a thread of its own.
class ScriptedStub {
public:
    explicit ScriptedStub(StubFaults faults = {})
        : m_faults(faults)
    {
        auto server = pgtscope::gdb::ServerSocket::listen(endpoint());
        if (!server)
            FAIL(server.error().message());
        m_server = std::move(*server);
        m_thread = std::thread([this] { serve(); });
    }
    ~ScriptedStub()
    {
        m_ending = true;
        m_thread.join();
    }
    ScriptedStub(const ScriptedStub&) = delete;
    ScriptedStub& operator=(const ScriptedStub&) = delete;

    pgtscope::gdb::Endpoint endpoint() const
    {
        pgtscope::gdb::Endpoint endpoint;
        endpoint.path = m_directory.filePath("stub").toStdString();
        return endpoint;
    }
    static std::byte physicalByte(std::uint64_t address)
    {
        return static_cast<std::byte>((address * 0x9e3779b97f4a7c15ULL) >> 56U);
    }
    static std::byte linearByte(std::uint64_t address) { return ~physicalByte(address); }

    bool physicalMode() const { return m_physical; }
    bool running() const { return m_running; }
    /// The guest meets a breakpoint.
    void hit() { m_hit = true; }
    /// The guest ends, and the stub with it, as QEMU does: it waits for no receipt.
    void end() { m_end = true; }
    std::vector<std::string> requests()
    {
        const std::scoped_lock lock(m_mutex);
        return m_requests;
    }

private:
    static constexpr const char* stopReply = "T05thread:p01.01;";

    void serve()
    {
        while (!m_ending) {
            pollfd entry{m_server.descriptor(), POLLIN, 0};
            ::poll(&entry, 1, 5);
            if (auto client = m_server.accept()) {
                m_client = std::move(*client);
                m_decoder = {};
                converse();
            }
        }
    }

    void converse()
    {
        std::array<std::byte, 4096> block{};
        while (!m_ending && m_client.isOpen()) {
            if (m_running && m_hit.exchange(false))
                stop("T05thread:p01.01;hwbreak:;");
            if (m_running && m_end.exchange(false)) {
                stop("W00");
                m_client.close();
                break;
            }
            pollfd entry{m_client.descriptor(), POLLIN, 0};
            if (::poll(&entry, 1, 2) <= 0)
                continue;
            const auto count = m_client.readSome(block, limit());
            if (!count || *count == 0) {
                m_client.close();
                break;
            }
            const std::string_view bytes(reinterpret_cast<const char*>(block.data()), *count);
            if (bytes.find('\x03') != std::string_view::npos && m_running)
                stop("T02thread:p01.01;");
            m_decoder.feed(bytes);
            for (auto event = m_decoder.next(); event && m_client.isOpen(); event = m_decoder.next())
                if (event->kind == pgtscope::gdb::RspEvent::Kind::Packet)
                    answer(event->payload);
        }
    }

    void answer(const std::string& request)
    {
        {
            const std::scoped_lock lock(m_mutex);
            m_requests.push_back(request);
        }
        const bool read = request.starts_with('m') || (m_faults.binary && request.starts_with('x'));
        if (m_lost > 0 && m_lost-- > 0)
            return;
        if (m_silent || (read && m_physical && goesWrong(m_reads++, request)))
            return;
        if (m_faults.notifies)
            send("%Stop:T05library:;#03");
        acknowledge();
        for (int i = 0; request.starts_with("qRcmd,") && i < m_faults.texts; ++i) {
            std::this_thread::sleep_for(m_faults.betweenTexts);
            send(pgtscope::gdb::encodeRspPacket("O" + pgtscope::gdb::hexEncode("text ")));
        }
        if (request.starts_with("vCont;c") || request == "c") {
            m_running = true;
        } else if (request.starts_with("vCont;s")) {
            send(pgtscope::gdb::encodeRspPacket(stopReply));
        } else {
            send(pgtscope::gdb::encodeRspPacket(read ? memory(request) : reply(request)));
        }
    }

    std::string reply(const std::string& request)
    {
        if (request == "qqemu.PhyMemMode")
            return !m_faults.physical ? "" : m_physical ? "1" : "0";
        if (request.starts_with("Qqemu.PhyMemMode:"))
            m_physical = request.back() == '1';
        if (request.starts_with("qSupported"))
            return "PacketSize=1000;multiprocess+";
        if (request == "?")
            return stopReply;
        if (request.starts_with("qXfer:features:read:target.xml:0,") && m_faults.physical)
            return "m" + std::string(std::stoul(request.substr(request.find(',') + 1), nullptr, 16), '<');
        if (request == "qfThreadInfo")
            return "mp01.01";
        if (request == "qsThreadInfo")
            return "l";
        const bool done
            = request.starts_with("Qqemu") || request.starts_with('H') || request.starts_with('D');
        return done ? "OK" : "";
    }

    std::string memory(const std::string& request) const
    {
        const std::size_t comma = request.find(',');
        const auto address = std::stoull(request.substr(1, comma - 1), nullptr, 16);
        const auto size = std::stoull(request.substr(comma + 1), nullptr, 16);
        if (address == refusedAddress)
            return "E14";
        std::string bytes;
        for (std::uint64_t at = 0; at < size; ++at)
            bytes += static_cast<char>(m_physical ? physicalByte(address + at) : linearByte(address + at));
        return request.front() == 'x' ? "b" + bytes : pgtscope::gdb::hexEncode(bytes);
    }

    /// True if that was all there is to the request.
    bool goesWrong(int number, const std::string& request)
    {
        if (m_faults.onRead)
            m_faults.onRead(number);
        m_silent = m_faults.fallsSilent == number;
        m_lost = m_faults.losesNext == number ? 2 : 0;
        if (m_faults.loses == number || m_silent || m_lost > 0)
            return true;
        if (m_faults.refuses == number)
            send("-");
        if (m_faults.refuses == number)
            return true;
        if (m_faults.unaskedStop == number)
            send(pgtscope::gdb::encodeRspPacket("T02thread:p01.01;"));
        if (m_faults.late == number)
            std::this_thread::sleep_for(std::chrono::milliseconds(3000));
        const std::string whole = pgtscope::gdb::encodeRspPacket(memory(request));
        if (m_faults.garbles == number)
            send(whole.substr(0, whole.size() - 2) + (whole.ends_with("00") ? "01" : "00"));
        if (m_faults.closes == number) {
            send(whole.substr(0, whole.size() / 2));
            m_client.close();
        }
        return m_faults.garbles == number || m_faults.closes == number;
    }

    void stop(const std::string& why)
    {
        m_running = false;
        send(pgtscope::gdb::encodeRspPacket(why));
    }

    void acknowledge()
    {
        if (!m_faults.dropsAcks)
            send("+");
    }

    void send(const std::string& bytes)
    {
        const std::size_t piece = m_faults.dribbles ? 1 : bytes.size();
        for (std::size_t at = 0; at < bytes.size(); at += piece)
            if (!m_client.writeAll(std::string_view(bytes).substr(at, piece), limit()))
                return;
    }

    static pgtscope::gdb::WaitLimit limit()
    {
        return pgtscope::gdb::WaitLimit::after(std::chrono::seconds(10));
    }

public:
    static constexpr std::uint64_t refusedAddress = 0xdead0000;

private:
    QTemporaryDir m_directory;
    StubFaults m_faults;
    pgtscope::gdb::ServerSocket m_server;
    pgtscope::gdb::StreamSocket m_client;
    pgtscope::gdb::RspDecoder m_decoder;
    std::mutex m_mutex;
    std::vector<std::string> m_requests;
    std::atomic<bool> m_ending{false};
    std::atomic<bool> m_physical{false};
    std::atomic<bool> m_running{false};
    std::atomic<bool> m_hit{false};
    std::atomic<bool> m_end{false};
    int m_reads = 0;
    int m_lost = 0;
    bool m_silent = false;
    std::thread m_thread;
};
