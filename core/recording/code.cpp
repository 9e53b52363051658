// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/code.h"

#include <algorithm>
#include <optional>

#include "core/base/packing.h"
#include "core/recording/compression.h"
#include "core/recording/schema.h"

namespace pgtscope::core {

namespace {

constexpr std::size_t maxLines = 64;
constexpr std::size_t maxText = 256;
constexpr std::size_t maxBytes = maxLines * (3 * maxText + 32);

Bytes packLines(std::span<const CodeLine> lines)
{
    Packer out;
    lines = lines.first(std::min(lines.size(), maxLines));
    out.number(lines.size());
    std::uint64_t previous = 0;
    for (const CodeLine& line : lines) {
        out.difference(std::exchange(previous, line.address.value), line.address.value);
        for (const std::string* text : {&line.bytes, &line.text, &line.source})
            out.text(std::string_view(*text).substr(0, maxText));
    }
    return out.take();
}

std::optional<std::vector<CodeLine>> unpackLines(ByteView bytes)
{
    Unpacker in(bytes);
    std::vector<CodeLine> lines(std::min(in.count(4), maxLines));
    std::uint64_t previous = 0;
    for (CodeLine& line : lines) {
        line.address = LinearAddress(previous = in.difference(previous));
        for (std::string* text : {&line.bytes, &line.text, &line.source})
            *text = in.text();
    }
    return in.good() && in.atEnd() ? std::optional(std::move(lines)) : std::nullopt;
}

} // namespace

class CodeWriter::Impl {
public:
    std::unique_ptr<Database> database;
    Statement insert;
};

CodeWriter::CodeWriter(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{
}

CodeWriter::~CodeWriter() = default;

Result<std::unique_ptr<CodeWriter>> CodeWriter::open(const std::string& path)
{
    ASSIGN_OR_RETURN(auto database, editRecording(path));
    ASSIGN_OR_RETURN(auto insert, database->prepare("INSERT OR REPLACE INTO code VALUES(?, ?, ?, ?)"));
    auto impl = std::make_unique<Impl>();
    impl->database = std::move(database);
    impl->insert = std::move(insert);
    return std::unique_ptr<CodeWriter>(new CodeWriter(std::move(impl)));
}

Result<void> CodeWriter::add(StepNumber step, std::span<const CodeLine> lines)
{
    if (lines.empty())
        return {};
    const Bytes packed = packLines(lines);
    const Bytes data = compress(packed);
    m_impl->insert.bind(0, step).bind(1, packed.size());
    return m_impl->insert.bind(2, contentHash(data)).bind(3, data).run();
}

class CodeReader::Impl {
public:
    /// Most readers of a recording never ask for code: the first question prepares the query.
    Result<void> prepare();

    Database& database;
    bool prepared = false;
    std::optional<Statement> query; ///< None for a recording of format 1, which has no table for code.
};

Result<void> CodeReader::Impl::prepare()
{
    if (prepared)
        return {};
    ASSIGN_OR_RETURN(auto table, database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'code'"));
    ASSIGN_OR_RETURN(const auto has, table.next());
    if (has) {
        ASSIGN_OR_RETURN(auto select, database.prepare("SELECT bytes, hash, data FROM code WHERE step = ?"));
        query = std::move(select);
    }
    prepared = true;
    return {};
}

CodeReader::CodeReader(Database& recording)
    : m_impl(new Impl{recording, false, {}})
{
}

CodeReader::~CodeReader() = default;

Result<std::vector<CodeLine>> CodeReader::lines(StepNumber step)
{
    RETURN_IF_ERROR(m_impl->prepare());
    if (!m_impl->query)
        return std::vector<CodeLine>();
    Statement& query = *m_impl->query;
    ASSIGN_OR_RETURN(const auto row, query.bind(0, step).next());
    if (!row)
        return std::vector<CodeLine>();
    const bool sound
        = query.number(0) <= maxBytes && std::ranges::equal(contentHash(query.bytes(2)), query.bytes(1));
    const auto raw = sound ? decompress(query.bytes(2), query.number(0)) : tl::unexpected(Error{});
    auto lines = raw ? unpackLines(*raw) : std::nullopt;
    query.reset();
    if (!lines)
        return failure("read the code at step " + std::to_string(step) + " of " + m_impl->database.path(),
            "it is damaged");
    return std::move(*lines);
}

} // namespace pgtscope::core
