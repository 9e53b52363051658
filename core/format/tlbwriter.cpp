// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/format/tlbwriter.h"

#include "core/base/numbers.h"

namespace pgtscope::core {

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
    for (std::uint64_t i = 0; i < run.entries; ++i)
        addPage(run.begin + i * span, run.physical + i * span, run.first);
    m_out.write(m_line.data(), static_cast<std::streamsize>(m_line.size()));
    m_line.clear();
    return m_out.good();
}

void TlbWriter::addPage(LinearAddress linear, PhysicalAddress physical, const Entry& entry)
{
    const auto flag = [&](std::uint64_t mask, char name) { m_line += (entry.raw & mask) != 0 ? name : '-'; };
    appendHex(m_line, linear.value, 16);
    m_line += ": ";
    appendHex(m_line, physical.value, 16);
    m_line += ' ';
    flag(bit::xd, 'X');
    flag(bit::g, 'G');
    // In a PTE this bit is PAT: QEMU clears it before printing.
    flag(entry.level > 1 ? bit::ps : 0, 'P');
    flag(bit::d, 'D');
    flag(bit::a, 'A');
    flag(bit::pcd, 'C');
    flag(bit::pwt, 'T');
    flag(bit::us, 'U');
    flag(bit::rw, 'W');
    m_line += '\n';
}

void TlbWriter::end(RunsEnd) { m_out.flush(); }

} // namespace pgtscope::core
