// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/tlbwriter.h"

#include <array>

#include "core/paging/entryflags.h"
#include "core/paging/infotlb.h"

namespace pgtscope::core {

namespace {

constexpr std::size_t flushBytes = 32'768;
/// What an address in an entry can have at most.
constexpr std::uint64_t addressField = (1ULL << maxPhysicalBits) - 1;

/// Writes 16 digits and returns the position after them.
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

PhysicalAddress TlbWriter::printedAddress(const Entry& entry) const
{
    if (entry.reserved == 0)
        return entry.target;
    // QEMU does not look for reserved bits: those of the address are printed with it.
    const std::uint64_t span = m_snapshot.paging().span(entry.level);
    return PhysicalAddress(((entry.target.value | entry.reserved) & addressField) & ~(span - 1));
}

bool TlbWriter::write(const Run& run)
{
    if (!infotlb::listsAsPage(m_snapshot.paging(), run.first))
        return m_out.good();
    const std::uint64_t span = m_snapshot.paging().span(run.first.level);
    const PhysicalAddress physical = printedAddress(run.first);
    for (std::uint64_t i = 0; i < run.entries; ++i) {
        addPage(run.begin + i * span, physical + i * span, run.first);
        if (m_lines.size() >= flushBytes && !flush())
            return false;
    }
    return true;
}

void TlbWriter::addPage(LinearAddress linear, PhysicalAddress physical, const Entry& entry)
{
    std::array<char, 45> line;
    char* at = putHex(line.data(), linear.value);
    *at++ = ':';
    *at++ = ' ';
    at = putHex(at, physical.value);
    *at++ = ' ';
    for (const EntryFlag& flag : entryFlags)
        if (flag.tlbLetter != 0)
            *at++ = flag.isSetIn(entry) ? flag.tlbLetter : '-';
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
