// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/textwriter.h"

#include <array>

#include "core/base/numbers.h"
#include "core/report/spaceword.h"

namespace pgtscope::core {

namespace {

/// The kernel names a page by its size alone, whatever the depth of the tables.
constexpr std::array<std::string_view, maxLevels + 1> pageNames{"cr3", "pte", "pmd", "pud", "p4d", "pgd"};

/// Right-aligned in nine columns, as ptdump prints it; a run of 0 bytes spans the whole 2^64.
void appendSize(std::string& out, std::uint64_t bytes)
{
    const std::string text = bytes == 0 ? "16E" : sizeText(bytes);
    out.append(text.size() < 10 ? 10 - text.size() : 0, ' ');
    out += text;
}

void appendColumn(std::string& out, bool set, std::string_view name)
{
    out.append(set ? name : std::string_view("    ").substr(0, name.size()));
}

std::string lowerCase(std::string_view text)
{
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

} // namespace

TextWriter::TextWriter(const Snapshot& snapshot, std::ostream& out, const RunWriterOptions& options)
    : m_snapshot(snapshot)
    , m_out(out)
    , m_options(options)
    , m_digits(snapshot.paging().linearBits() == 32 ? 8 : 16)
{
}

void TextWriter::begin()
{
    if (!m_snapshot.paging().enabled()) {
        m_out << "Paging is off: linear addresses are physical addresses.\n";
        return;
    }
    if (m_snapshot.tables().empty())
        return;
    if (const Table& root = m_snapshot.table(0); root.state != TableState::Read)
        m_out << "The root table at " << spaceWord(m_snapshot) << hexText(root.address.value) << " is "
              << stateText(root.state) << ": nothing is known about any mapping.\n";
}

bool TextWriter::write(const Run& run)
{
    addMarker(run);
    addRange(run);
    if (run.kind == RunKind::Mapping) {
        addFlags(run);
        // Without a linear address, what is mapped is all that there is to say.
        if (m_options.physical || run.detached()) {
            m_line += " -> ";
            m_line += spaceWord(m_snapshot);
            m_line += hexText(run.physical.value, m_digits == 8 ? 8 : 12);
            m_line += guestFrameText(m_snapshot.xen(), frameOf(run.physical));
        }
        addOwnRights(run);
        addRegionsWithin(run);
    } else {
        addOther(run);
    }
    return flushLine();
}

void TextWriter::addMarker(const Run& run)
{
    // By title: a page may cover all of the region between two pieces of another one.
    const std::string_view title = run.detached() ? "Detached tables: no root reaches them"
        : run.region                              ? std::string_view(run.region->title)
                                                  : "no region";
    if (title == m_title)
        return;
    m_title = title;
    m_line += "---[ ";
    m_line += title;
    m_line += " ]---\n";
}

/// The regions that begin within a large page, which is listed under the one that its first byte is in.
void TextWriter::addRegionsWithin(const Run& run)
{
    if (run.detached() || run.first.level == 1)
        return;
    for (const LinearRegion& region : m_snapshot.linearRegions())
        if (region.range.begin > run.begin && region.range.begin - run.begin < run.bytes
            && region.title != m_title)
            m_line += "  (" + region.title + " from " + hexText(region.range.begin.value, m_digits) + ')';
}

void TextWriter::addRange(const Run& run)
{
    if (run.detached()) {
        const std::string entry
            = "entry at " + std::string(spaceWord(m_snapshot)) + hexText(run.entryAddress.value);
        const std::size_t width = 2 * m_digits + std::string_view("0x-0x").size();
        m_line += entry;
        m_line.append(entry.size() < width ? width - entry.size() : 0, ' ');
    } else {
        m_line += "0x";
        appendHex(m_line, run.begin.value, m_digits);
        m_line += "-0x";
        // The end of the highest page wraps to 0, which ptdump prints too.
        appendHex(m_line, m_digits == 8 ? run.end().value & 0xffffffff : run.end().value, m_digits);
    }
    m_line += "   ";
    appendSize(m_line, run.bytes);
    m_line += ' ';
}

void TextWriter::addFlags(const Run& run)
{
    const Entry& entry = run.first;
    appendColumn(m_line, run.rights.user, "USR ");
    m_line += run.rights.write ? "RW " : "ro ";
    appendColumn(m_line, entry.pwt(), "PWT ");
    appendColumn(m_line, entry.pcd(), "PCD ");
    appendColumn(m_line, entry.level > 1, "PSE ");
    appendColumn(m_line, entry.pat(), "PAT ");
    appendColumn(m_line, entry.global(), "GLB ");
    m_line += run.rights.execute ? "x  " : "NX ";
    m_line += pageNames[entry.level];
}

void TextWriter::addOwnRights(const Run& run)
{
    const Rights own = run.first.rights;
    if (own == run.rights)
        return;
    // A path only takes rights away, so each difference is a bit that the leaf grants in vain.
    m_line += "  (entry itself:";
    if (own.user != run.rights.user)
        m_line += " USR";
    if (own.write != run.rights.write)
        m_line += " RW";
    if (own.execute != run.rights.execute)
        m_line += " x";
    m_line += ')';
}

void TextWriter::addOther(const Run& run)
{
    const Paging& paging = m_snapshot.paging();
    const std::string level = run.first.isPage() ? std::string(pageNames[run.first.level])
                                                 : lowerCase(paging.names(run.first.level).kernel);
    if (run.kind == RunKind::SharedTable) {
        m_line += "same tables as " + hexText(run.sameAs.value, m_digits) + ", "
            + countText(run.entries, "entry") + ' ' + level;
        return;
    }
    const std::string entry = level + " entry " + hexText(run.first.raw, paging.entryBytes() * 2) + " at "
        + std::string(spaceWord(m_snapshot)) + hexText(run.entryAddress.value);
    if (run.kind == RunKind::Reserved)
        m_line += "reserved bits " + hexText(run.first.reserved) + " are set: every access faults, " + entry;
    else
        m_line += "table at " + std::string(spaceWord(m_snapshot)) + hexText(run.physical.value) + " "
            + std::string(stateText(run.gap)) + ", " + entry;
}

void TextWriter::end(RunsEnd how)
{
    if (how == RunsEnd::Limit)
        m_out << "... more runs were left out: the limit of lines was reached\n";
    else if (how == RunsEnd::Cancelled)
        m_out << "... interrupted: more runs were left out\n";
    if (m_snapshot.truncated())
        m_out << "... the capture stopped at its limit of tables: some tables were not read\n";
    m_out.flush();
}

bool TextWriter::flushLine()
{
    m_line += '\n';
    m_out.write(m_line.data(), static_cast<std::streamsize>(m_line.size()));
    m_line.clear();
    return m_out.good();
}

} // namespace pgtscope::core
