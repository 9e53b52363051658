// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/recordwriter.h"

#include <array>
#include <optional>

#include <nlohmann/json.hpp>

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

bool RecordWriter::flushLine()
{
    m_out.write(m_line.data(), static_cast<std::streamsize>(m_line.size()));
    m_line.clear();
    return m_out.good();
}

/// What each field is of a run: a row for each, in the order of Field.
struct RecordWriter::Columns {
    struct Column {
        Field field;
        void (*add)(RecordWriter& out, const Run& run);
    };

    /// Rights and flags speak of pages; a shared table's entry has none of its own.
    template <Field field>
    static void flag(RecordWriter& out, const Run& run)
    {
        const auto set = run.kind == RunKind::Mapping ? flagOf(field, run.first, run.rights) : std::nullopt;
        set ? out.addFlag(*set) : out.addNothing();
    }

    /// Of what only the filter language knows.
    static void nothing(RecordWriter& out, const Run& /*run*/) { out.addNothing(); }

    static constexpr std::array<Column, fieldCount> all{{
        {Field::Kind, [](RecordWriter& out, const Run& run) { out.addText(kindText(run.kind)); }},
        {Field::Va,
            [](RecordWriter& out, const Run& run) {
                run.detached() ? out.addNothing() : out.addHex(run.begin.value);
            }},
        {Field::End,
            [](RecordWriter& out, const Run& run) {
                run.detached() ? out.addNothing() : out.addHex(run.end().value);
            }},
        {Field::Bytes, [](RecordWriter& out, const Run& run) { out.addNumber(run.bytes); }},
        {Field::Entries, [](RecordWriter& out, const Run& run) { out.addNumber(run.entries); }},
        {Field::Pa, [](RecordWriter& out, const Run& run) { out.addHex(run.physical.value); }},
        {Field::Pfn, [](RecordWriter& out, const Run& run) { out.addGuestFrame(frameOf(run.physical)); }},
        {Field::Mfn,
            [](RecordWriter& out, const Run& run) {
                out.m_snapshot.xen() ? out.addHex(frameOf(run.physical).value) : out.addNothing();
            }},
        {Field::Level, [](RecordWriter& out, const Run& run) { out.addNumber(run.first.level); }},
        {Field::Size,
            [](RecordWriter& out, const Run& run) {
                out.addNumber(out.m_snapshot.paging().span(run.first.level));
            }},
        {Field::Raw, [](RecordWriter& out, const Run& run) { out.addHex(run.first.raw); }},
        {Field::Entry, [](RecordWriter& out, const Run& run) { out.addHex(run.entryAddress.value); }},
        {Field::Table,
            [](RecordWriter& out, const Run& run) {
                out.addHex(run.entryAddress.value & ~(frameBytes - 1));
            }},
        {Field::Rw, flag<Field::Rw>},
        {Field::User, flag<Field::User>},
        {Field::Nx, flag<Field::Nx>},
        {Field::A, flag<Field::A>},
        {Field::D, flag<Field::D>},
        {Field::G, flag<Field::G>},
        {Field::Pat, flag<Field::Pat>},
        {Field::Pcd, flag<Field::Pcd>},
        {Field::Pwt, flag<Field::Pwt>},
        {Field::Pkey,
            [](RecordWriter& out, const Run& run) {
                run.kind == RunKind::Mapping ? out.addNumber(run.first.pkey) : out.addNothing();
            }},
        {Field::EffRw, flag<Field::EffRw>},
        {Field::EffUser, flag<Field::EffUser>},
        {Field::EffNx, flag<Field::EffNx>},
        {Field::Region,
            [](RecordWriter& out, const Run& run) {
                run.region ? out.addText(run.region->name) : out.addNothing();
            }},
        {Field::Role, nothing},
        {Field::Changed, nothing},
        {Field::Finding, nothing},
        {Field::Alias, nothing},
        {Field::SameAs,
            [](RecordWriter& out, const Run& run) {
                run.kind == RunKind::SharedTable ? out.addHex(run.sameAs.value) : out.addNothing();
            }},
        {Field::Reserved,
            [](RecordWriter& out, const Run& run) {
                run.kind == RunKind::Reserved ? out.addHex(run.first.reserved) : out.addNothing();
            }},
        {Field::Gap,
            [](RecordWriter& out, const Run& run) {
                run.kind == RunKind::Gap ? out.addText(stateText(run.gap)) : out.addNothing();
            }},
    }};

    static constexpr bool inOrder()
    {
        for (unsigned i = 0; i < fieldCount; ++i)
            if (static_cast<unsigned>(all[i].field) != i)
                return false;
        return true;
    }
};

void RecordWriter::addField(Field field, const Run& run)
{
    static_assert(Columns::inOrder(), "a field lacks its row");
    Columns::all[static_cast<std::size_t>(field)].add(*this, run);
}

void RecordWriter::addGuestFrame(FrameNumber frame)
{
    const auto guest = guestFrameOf(m_snapshot.xen(), frame);
    guest ? addHex(guest->value) : addNothing();
}

void JsonWriter::begin()
{
    const Paging& paging = m_snapshot.paging();
    const bool noRoot = !m_snapshot.tables().empty() && m_snapshot.table(0).state != TableState::Read;
    m_json.open('{');
    m_json.key("format");
    m_json.text("pgtscope.runs");
    m_json.key("version");
    m_json.number(1);
    m_json.key("paging");
    m_json.text(paging.name());
    m_json.key("root");
    m_json.hex(m_snapshot.root().value);
    m_json.key("root_gap");
    noRoot ? m_json.text(stateText(m_snapshot.table(0).state)) : m_json.null();
    m_json.key("channel");
    m_json.text(m_snapshot.channel());
    m_json.key("table_frames");
    m_json.number(m_snapshot.tableFrames());
    m_json.key("runs");
    m_json.open('[');
    flushLine();
}

bool JsonWriter::write(const Run& run)
{
    m_empty = false;
    m_json.newLine();
    m_json.open('{');
    for (const FieldInfo& field : fields()) {
        if (!field.inRuns)
            continue;
        m_json.key(field.name);
        addField(field.field, run);
    }
    m_json.close('}');
    return flushLine();
}

void JsonWriter::end(RunsEnd how)
{
    if (!m_empty)
        m_json.newLine();
    m_json.close(']');
    m_json.key("end");
    m_json.text(endText(how));
    m_json.key("truncated");
    m_json.flag(m_snapshot.truncated());
    m_json.close('}');
    m_line += '\n';
    flushLine();
    m_out.flush();
}

void JsonWriter::addText(std::string_view text) { m_json.text(text); }
void JsonWriter::addNumber(std::uint64_t number) { m_json.number(number); }
void JsonWriter::addHex(std::uint64_t number) { m_json.hex(number); }
void JsonWriter::addFlag(bool flag) { m_json.flag(flag); }
void JsonWriter::addNothing() { m_json.null(); }

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

void CsvWriter::addNumber(std::uint64_t number) { appendDecimal(m_line, number); }

void CsvWriter::addHex(std::uint64_t number)
{
    m_line += "0x";
    appendHex(m_line, number);
}

void CsvWriter::addFlag(bool flag) { m_line += flag ? '1' : '0'; }
void CsvWriter::addNothing() { }

} // namespace pgtscope::core
