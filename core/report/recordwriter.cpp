// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/recordwriter.h"

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/base/numbers.h"

namespace pgtscope::core {

namespace {

std::string_view endText(RunsEnd end)
{
    switch (end) {
    case RunsEnd::Complete:
        return "complete";
    case RunsEnd::Limit:
        return "limit";
    case RunsEnd::Cancelled:
        return "cancelled";
    case RunsEnd::SinkStopped:
        return "stopped";
    }
    return "";
}

} // namespace

std::string csvText(std::string_view text)
{
    if (text.find_first_of("\",\n\r") == std::string_view::npos)
        return std::string(text);
    std::string cell = "\"";
    for (const char c : text) {
        if (c == '"')
            cell += '"';
        cell += c;
    }
    return cell + '"';
}

RecordWriter::RecordWriter(const Snapshot& snapshot, std::ostream& out)
    : m_snapshot(snapshot)
    , m_out(out)
{
}

void RecordWriter::addNumber(std::uint64_t number) { appendDecimal(m_line, number); }

bool RecordWriter::flushLine()
{
    m_out.write(m_line.data(), static_cast<std::streamsize>(m_line.size()));
    m_line.clear();
    return m_out.good();
}

void RecordWriter::addField(Field field, const Run& run)
{
    switch (field) {
    case Field::Kind:
    case Field::Region:
    case Field::SameAs:
    case Field::Reserved:
    case Field::Gap:
        return addKindField(field, run);
    case Field::Va:
    case Field::End:
    case Field::Bytes:
    case Field::Entries:
    case Field::Pa:
    case Field::Pfn:
    case Field::Mfn:
    case Field::Level:
    case Field::Size:
    case Field::Raw:
    case Field::Entry:
    case Field::Table:
        return addPlace(field, run);
    default:
        // Rights and flags speak of pages; a shared table's entry has none of its own.
        return run.kind == RunKind::Mapping ? addPageField(field, run) : addNothing();
    }
}

void RecordWriter::addKindField(Field field, const Run& run)
{
    if (field == Field::Kind)
        addText(kindText(run.kind));
    else if (field == Field::Region && run.region)
        addText(run.region->name);
    else if (field == Field::SameAs && run.kind == RunKind::SharedTable)
        addHex(run.sameAs.value);
    else if (field == Field::Reserved && run.kind == RunKind::Reserved)
        addHex(run.first.reserved);
    else if (field == Field::Gap && run.kind == RunKind::Gap)
        addText(stateText(run.gap));
    else
        addNothing();
}

void RecordWriter::addPlace(Field field, const Run& run)
{
    switch (field) {
    case Field::Va:
        return run.detached() ? addNothing() : addHex(run.begin.value);
    case Field::End:
        return run.detached() ? addNothing() : addHex(run.end().value);
    case Field::Bytes:
        return addNumber(run.bytes);
    case Field::Entries:
        return addNumber(run.entries);
    case Field::Pa:
        return addHex(run.physical.value);
    case Field::Pfn:
        return addGuestFrame(frameOf(run.physical));
    case Field::Mfn:
        return m_snapshot.xen() ? addHex(frameOf(run.physical).value) : addNothing();
    case Field::Level:
        return addNumber(run.first.level);
    case Field::Size:
        return addNumber(m_snapshot.paging().span(run.first.level));
    case Field::Raw:
        return addHex(run.first.raw);
    case Field::Entry:
        return addHex(run.entryAddress.value);
    case Field::Table:
        return addHex(run.entryAddress.value & ~(frameBytes - 1));
    default:
        return addNothing();
    }
}

void RecordWriter::addGuestFrame(FrameNumber frame)
{
    const auto guest = guestFrameOf(m_snapshot.xen(), frame);
    guest ? addHex(guest->value) : addNothing();
}

void RecordWriter::addPageField(Field field, const Run& run)
{
    const Entry& entry = run.first;
    switch (field) {
    case Field::Rw:
        return addFlag(entry.rights.write);
    case Field::User:
        return addFlag(entry.rights.user);
    case Field::Nx:
        return addFlag(!entry.rights.execute);
    case Field::A:
        return addFlag(entry.accessed());
    case Field::D:
        return addFlag(entry.dirty());
    case Field::G:
        return addFlag(entry.global());
    case Field::Pat:
        return addFlag(entry.pat());
    case Field::Pcd:
        return addFlag(entry.pcd());
    case Field::Pwt:
        return addFlag(entry.pwt());
    case Field::Pkey:
        return addNumber(entry.pkey);
    case Field::EffRw:
        return addFlag(run.rights.write);
    case Field::EffUser:
        return addFlag(run.rights.user);
    case Field::EffNx:
        return addFlag(!run.rights.execute);
    default:
        return addNothing();
    }
}

void JsonWriter::begin()
{
    const Paging& paging = m_snapshot.paging();
    const bool noRoot = !m_snapshot.tables().empty() && m_snapshot.table(0).state != TableState::Read;
    m_line = R"({"format":"pgtscope.runs","version":1,"paging":)" + jsonText(paging.name());
    m_line += R"(,"root":)";
    addHex(m_snapshot.root().value);
    m_line += R"(,"root_gap":)" + (noRoot ? jsonText(stateText(m_snapshot.table(0).state)) : "null");
    m_line += R"(,"channel":)" + jsonText(m_snapshot.channel()) + R"(,"table_frames":)";
    addNumber(m_snapshot.tableFrames());
    m_line += R"(,"runs":[)";
    flushLine();
}

bool JsonWriter::write(const Run& run)
{
    m_line += m_first ? "\n{" : ",\n{";
    m_first = false;
    for (const FieldInfo& field : fields()) {
        if (!field.inRuns)
            continue;
        m_line += m_line.back() == '{' ? "\"" : ",\"";
        m_line += field.name;
        m_line += "\":";
        addField(field.field, run);
    }
    m_line += '}';
    return flushLine();
}

void JsonWriter::end(RunsEnd how)
{
    m_line += m_first ? "]" : "\n]";
    m_line += R"(,"end":")" + std::string(endText(how)) + R"(","truncated":)";
    m_line += m_snapshot.truncated() ? "true}\n" : "false}\n";
    flushLine();
    m_out.flush();
}

void JsonWriter::addText(std::string_view text) { m_line += jsonText(text); }

void JsonWriter::addHex(std::uint64_t number)
{
    m_line += "\"0x";
    appendHex(m_line, number);
    m_line += '"';
}

void JsonWriter::addFlag(bool flag) { m_line += flag ? "true" : "false"; }
void JsonWriter::addNothing() { m_line += "null"; }

void CsvWriter::begin()
{
    for (const FieldInfo& field : fields()) {
        if (!field.inRuns)
            continue;
        if (!m_line.empty())
            m_line += ',';
        m_line += field.name;
    }
    m_line += '\n';
    flushLine();
}

bool CsvWriter::write(const Run& run)
{
    for (const FieldInfo& field : fields()) {
        if (!field.inRuns)
            continue;
        if (!m_line.empty())
            m_line += ',';
        addField(field.field, run);
    }
    m_line += '\n';
    return flushLine();
}

void CsvWriter::end(RunsEnd) { m_out.flush(); }

void CsvWriter::addText(std::string_view text) { m_line += csvText(text); }

void CsvWriter::addHex(std::uint64_t number)
{
    m_line += "0x";
    appendHex(m_line, number);
}

void CsvWriter::addFlag(bool flag) { m_line += flag ? '1' : '0'; }
void CsvWriter::addNothing() { }

} // namespace pgtscope::core
