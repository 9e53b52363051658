// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/tlbwriter.h"

#include <array>

namespace pgtscope::core {

namespace {

constexpr std::size_t flushBytes = 32'768;

/// Writes 16 digits and returns the place behind them.
char* putHex(char* at, std::uint64_t number)
{
    for (unsigned shift = 64; shift > 0; shift -= 4)
        *at++ = "0123456789abcdef"[number >> (shift - 4) & 0xf];
    return at;
}

} // namespace

TlbWriter::TlbWriter(const Snapshot& snapshot, std::ostream& out)
    : m_snapshot(snapshot)
    , m_out(out)
{
}

void TlbWriter::begin()
{
    if (!m_snapshot.paging().enabled())
        m_out << "PG disabled\n";
}

bool TlbWriter::write(const Run& run)
{
    if (!run.first.isPage())
        return m_out.good();
    const std::uint64_t span = m_snapshot.paging().span(run.first.level);
    for (std::uint64_t i = 0; i < run.entries; ++i) {
        addPage(run.begin + i * span, run.physical + i * span, run.first);
        if (m_lines.size() >= flushBytes && !flush())
            return false;
    }
    return true;
}

void TlbWriter::addPage(LinearAddress linear, PhysicalAddress physical, const Entry& entry)
{
    struct Flag {
        std::uint64_t mask;
        char name;
    };
    // In a PTE bit 7 is PAT: QEMU clears it before printing.
    const std::array<Flag, 9> flags{{{bit::xd, 'X'}, {bit::g, 'G'}, {entry.level > 1 ? bit::ps : 0, 'P'},
        {bit::d, 'D'}, {bit::a, 'A'}, {bit::pcd, 'C'}, {bit::pwt, 'T'}, {bit::us, 'U'}, {bit::rw, 'W'}}};
    std::array<char, 45> line;
    char* at = putHex(line.data(), linear.value);
    *at++ = ':';
    *at++ = ' ';
    at = putHex(at, physical.value);
    *at++ = ' ';
    for (const Flag& flag : flags)
        *at++ = (entry.raw & flag.mask) != 0 ? flag.name : '-';
    *at++ = '\n';
    m_lines.append(line.data(), at);
}

bool TlbWriter::flush()
{
    m_out.write(m_lines.data(), static_cast<std::streamsize>(m_lines.size()));
    m_lines.clear();
    return m_out.good();
}

void TlbWriter::end(RunsEnd)
{
    flush();
    m_out.flush();
}

} // namespace pgtscope::core
