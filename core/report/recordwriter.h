// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "core/base/json.h"
#include "core/filter/fields.h"
#include "core/report/runwriter.h"

namespace pgtscope::core {

/// Runs as records of fields(), those with FieldInfo::inRuns. Derived classes say how a value looks. Fields
/// that mean nothing for a run's kind are null in JSON and empty in CSV.
class RecordWriter : public RunWriter {
public:
    RecordWriter(const Snapshot& snapshot, std::ostream& out);

protected:
    virtual void addText(std::string_view text) = 0;
    virtual void addHex(std::uint64_t number) = 0;
    virtual void addFlag(bool flag) = 0;
    virtual void addNothing() = 0;
    virtual void addNumber(std::uint64_t number) = 0;
    void addField(Field field, const Run& run);
    bool flushLine();

    const Snapshot& m_snapshot;
    std::ostream& m_out;
    std::string m_line;

private:
    struct Columns;
    void addGuestFrame(FrameNumber frame);
};

/// {"format": "pgtscope.runs", "version": 1, …, "runs": [ one run a line ], "end": "complete"}. "end" is
/// complete, limit, cancelled or stopped; "root_gap" is null unless the root table itself could not be read.
/// Addresses and raw values are text in hexadecimal: JSON's numbers do not hold 64 bits everywhere.
class JsonWriter : public RecordWriter {
public:
    using RecordWriter::RecordWriter;
    void begin() override;
    bool write(const Run& run) override;
    void end(RunsEnd how) override;

private:
    void addText(std::string_view text) override;
    void addNumber(std::uint64_t number) override;
    void addHex(std::uint64_t number) override;
    void addFlag(bool flag) override;
    void addNothing() override;

    JsonStream m_json{m_line};
    bool m_empty = true;
};

/// RFC 4180, but for the line end, which is a single line feed. A flag is 1 or 0.
class CsvWriter : public RecordWriter {
public:
    using RecordWriter::RecordWriter;
    void begin() override;
    bool write(const Run& run) override;
    void end(RunsEnd how) override;

private:
    void addText(std::string_view text) override;
    void addNumber(std::uint64_t number) override;
    void addHex(std::uint64_t number) override;
    void addFlag(bool flag) override;
    void addNothing() override;
};

/// `text` as a CSV cell, quoted where it must be.
std::string csvText(std::string_view text);

} // namespace pgtscope::core
