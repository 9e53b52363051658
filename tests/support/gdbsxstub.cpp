// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/gdbsxstub.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <poll.h>
#include <utility>

#include "core/base/numbers.h"
#include "tests/support/required.h"

namespace pgtscope::test {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t present = 1, writable = 2, user = 4;
constexpr std::uint64_t xensSlot = 256;

unsigned indexAt(std::uint64_t address, unsigned level)
{
    return static_cast<unsigned>(address >> (12 + 9 * (level - 1)) & 511U);
}

/// When the map of all frames is whole the kernel drops the tables of the image's map that it has no use for.
std::uint64_t imageFrames(std::uint64_t direct) { return direct < PvDomain::frames ? PvDomain::frames : 512; }

std::uint64_t frameIn(std::uint64_t entry) { return ((entry >> 12 & 0xffffffffffU) - 0x40000) ^ 0x155U; }

} // namespace

PvDomain::PvDomain()
{
    m_firmware.fill(0xf000ff53f000ff53); // the vectors of real mode
    // What Xen's domain builder leaves: the image is mapped, and start_info tells of the rest.
    m_tables.push_back(beginning);
    for (std::uint64_t frame = 0; frame < frames; ++frame)
        map(beginning, image(frame), frame, true);
    protectTables();
    word(beginning, xensSlot) = 0x7f000000 | present | user;
    for (std::uint64_t frame = 0; frame < frames; ++frame)
        word(p2m + frame / 512, frame % 512) = machineOf(frame);
    auto& info = m_memory[startInfo];
    std::memcpy(info.data(), "xen-3.0-x86_64p", 16);
    info[4] = frames;
    info[11] = image(beginning);
    info[13] = image(p2m);
}

void PvDomain::buildDirectMap(std::uint64_t count)
{
    m_tables.push_back(root);
    for (std::uint64_t frame = 0; frame < count; ++frame)
        map(root, directMap + frame * 4096, frame, true);
    for (std::uint64_t frame = 0; frame < imageFrames(count); ++frame)
        map(root, image(frame), frame, true);
    protectTables();
    word(root, xensSlot) = 0x7f000000 | present | user;
    m_direct = count;
}

bool PvDomain::isTable(std::uint64_t frame) const
{
    return std::find(m_tables.begin(), m_tables.end(), frame) != m_tables.end();
}

std::uint64_t PvDomain::table(std::uint64_t parent, std::uint64_t address, unsigned level)
{
    std::uint64_t& entry = m_memory[parent][indexAt(address, level)];
    if ((entry & present) == 0) {
        m_tables.push_back(m_nextTable);
        if (level == 2)
            m_leafTables.push_back(m_nextTable);
        entry = machineOf(m_nextTable++) << 12U | present | writable | user;
    }
    return frameIn(entry);
}

void PvDomain::map(std::uint64_t top, std::uint64_t address, std::uint64_t frame, bool writes)
{
    const std::uint64_t leaf = table(table(table(top, address, 4), address, 3), address, 2);
    m_memory[leaf][indexAt(address, 1)] = machineOf(frame) << 12U | present | user | (writes ? writable : 0);
}

void PvDomain::protectTables()
{
    for (const std::uint64_t leaves : m_leafTables)
        for (std::uint64_t& entry : m_memory[leaves])
            if ((entry & present) != 0 && isTable(frameIn(entry)))
                entry &= ~writable;
}

bool PvDomain::access(std::uint64_t address, std::span<std::byte> bytes, bool write) const
{
    for (std::size_t at = 0; at < bytes.size();) {
        const std::uint64_t place = address + at;
        const std::uint64_t base = place >= kernelMap ? kernelMap : directMap;
        const std::uint64_t frame = (place - base) / 4096;
        const std::uint64_t mapped = base == kernelMap ? imageFrames(m_direct) : m_direct;
        const std::uint64_t covered = (mapped + 511) / 512 * 512; // by the tables that there are
        if (place < base || frame >= covered)
            return false;
        const std::uint64_t offset = place % 4096;
        const std::size_t count = std::min<std::size_t>(4096 - offset, bytes.size() - at);
        Page& shown = frame < mapped ? m_memory[frame] : m_firmware;
        auto* page = reinterpret_cast<std::byte*>(shown.data()) + offset;
        if (write)
            std::memcpy(page, bytes.data() + at, count);
        else
            std::memcpy(bytes.data() + at, page, count);
        at += count;
    }
    return true;
}

GdbsxStub::GdbsxStub(PvDomain& domain)
    : m_domain(domain)
{
    gdb::Endpoint anyPort;
    anyPort.host = "127.0.0.1";
    m_server = required(gdb::ServerSocket::listen(anyPort));
    m_thread = std::thread([this] { serve(); });
}

GdbsxStub::~GdbsxStub()
{
    m_ending = true;
    m_thread.join();
}

std::string GdbsxStub::address() const { return "gdbsx:" + m_server.endpoint().text(); }

void GdbsxStub::serve()
{
    std::optional<gdb::StreamSocket> client;
    while (!m_ending && !client) {
        pollfd entry{m_server.descriptor(), POLLIN, 0};
        ::poll(&entry, 1, 5);
        client = m_server.accept();
    }
    if (client)
        converse(*client);
    m_ended = true;
}

void GdbsxStub::converse(gdb::StreamSocket& client)
{
    gdb::RspDecoder decoder;
    std::array<std::byte, 4096> block{};
    while (!m_ending && client.isOpen()) {
        pollfd entry{client.descriptor(), POLLIN, 0};
        if (::poll(&entry, 1, 5) <= 0)
            continue;
        const auto count = client.readSome(block, gdb::WaitLimit::after(1s));
        if (!count || *count == 0)
            return;
        decoder.feed(std::string_view(reinterpret_cast<const char*>(block.data()), *count));
        while (const auto event = decoder.next()) {
            if (event->kind != gdb::RspEvent::Kind::Packet)
                continue;
            (void)client.writeAll("+", gdb::WaitLimit::after(1s));
            const auto reply = answer(event->payload);
            if (!reply)
                return;
            (void)client.writeAll(gdb::encodeRspPacket(*reply), gdb::WaitLimit::after(1s));
        }
    }
}

std::optional<std::string> GdbsxStub::answer(const std::string& request)
{
    switch (request.front()) {
    case '?':
        return "T05thread:0;";
    case 'g':
        return registers();
    case 'm':
        return readMemory(request);
    case 'M':
        return writeMemory(request);
    case 'H':
    case 'T':
    case 'G':
        return "OK";
    case 'c':
        if (held.exchange(false))
            return "T02thread:0;";
        // The end of a step is told again.
        if (!std::exchange(m_stepped, false))
            rip = nextRip.load();
        return "T05thread:0;";
    case 's':
        m_stepped = true;
        rip = nextRip.load();
        return "T05thread:0;";
    case 'D':
        return std::nullopt;
    case 'q':
        return request == "qfThreadInfo" ? "m0l" : "";
    case 'Z':
    case 'z':
        m_refused.push_back(request);
        return "";
    default:
        return "";
    }
}

std::string GdbsxStub::registers() const
{
    // rax to r15, rip; then eflags and six selectors of four bytes each.
    std::array<std::uint64_t, 17> wide{};
    wide[4] = rsi;
    wide[7] = PvDomain::image(PvDomain::data) + 0x800;
    wide[16] = rip;
    std::array<std::uint32_t, 7> narrow{0x202, 0xe033, 0xe02b};
    std::string bytes(reinterpret_cast<const char*>(wide.data()), sizeof wide);
    bytes.append(reinterpret_cast<const char*>(narrow.data()), sizeof narrow);
    return gdb::hexEncode(bytes);
}

std::string GdbsxStub::readMemory(const std::string& request) const
{
    const std::size_t comma = request.find(',');
    const auto address = core::parseNumber("0x" + request.substr(1, comma - 1));
    const auto count = core::parseNumber("0x" + request.substr(comma + 1));
    if (!address || !count || *count > 2047)
        return "E01";
    std::vector<std::byte> bytes(*count);
    if (!m_domain.read(*address, bytes))
        return "E01";
    return gdb::hexEncode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string GdbsxStub::writeMemory(const std::string& request)
{
    const std::size_t colon = request.find(':');
    const auto address = core::parseNumber("0x" + request.substr(1, request.find(',') - 1));
    auto bytes = gdb::hexDecode(request.substr(colon + 1));
    if (!address || !bytes)
        return "E01";
    return m_domain.write(*address, std::as_writable_bytes(std::span(*bytes))) ? "OK" : "E01";
}

} // namespace pgtscope::test
