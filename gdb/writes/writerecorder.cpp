// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/writes/writerecorder.h"

#include <algorithm>
#include <thread>

#include "core/base/numbers.h"
#include "core/steps/diff.h"
#include "core/steps/tablediff.h"
#include "core/symbols/xensymbols.h"

namespace pgtscope::gdb {

using namespace std::chrono_literals;

namespace {

constexpr auto idle = 2ms;
// Steps in one transaction of the recording.
constexpr std::size_t stepsAtOnce = 4096;
// Entries whose repeated stores are counted at a time; beyond, they are reported early.
constexpr std::size_t repeatedAtOnce = 65'536;

} // namespace

WriteRecorder::WriteRecorder(
    GuestSession& session, core::RecordingWriter& writer, std::unique_ptr<WriteRing> ring)
    : m_session(session)
    , m_writer(writer)
    , m_ring(std::move(ring))
    , m_known{session.symbols(), session.xenNames().symbols()}
    , m_setters(settersOf(m_known.kernel))
{
}

core::Result<std::unique_ptr<WriteRecorder>> WriteRecorder::create(
    GuestSession& session, const RunningGuest& guest, core::RecordingWriter& writer)
{
    if (guest.spec.writesPlugin.empty())
        return core::failure("follow every write of " + guest.id, "it was started without the plugin",
            "launch it again for this recording");
    ASSIGN_OR_RETURN(auto ring, WriteRing::open(guest.writesRing()));
    std::unique_ptr<WriteRecorder> recorder(new WriteRecorder(session, writer, std::move(ring)));
    recorder->m_task.start([target = recorder.get()](const core::CancelFlag& stop) { target->run(stop); });
    return recorder;
}

WriteRecorder::~WriteRecorder()
{
    m_task.cancel();
    m_task.wait();
    m_ring->dismiss();
}

void WriteRecorder::run(const core::CancelFlag& stop)
{
    while (!stop.cancelled()) {
        bool quiet = false;
        {
            const std::lock_guard lock(m_mutex);
            const std::uint64_t before = m_writer.size();
            // The ring is emptied even after a failure: the guest must not wait for us.
            if (auto done = drain(); !done && m_state)
                m_state = done;
            quiet = m_writer.size() == before;
        }
        if (quiet)
            std::this_thread::sleep_for(idle);
    }
}

core::Result<void> WriteRecorder::drain()
{
    for (const writes::Record& record : m_ring->take())
        if (m_state)
            RETURN_IF_ERROR(process(record));
    return m_state ? flush() : m_state;
}

core::Result<void> WriteRecorder::process(const writes::Record& record)
{
    const auto address = physicalOf(record.offset);
    if (!address || !m_latest)
        return {};
    const unsigned bytes = m_latest->paging().entryBytes();
    switch (record.kind) {
    case writes::RecordKind::Page:
        m_mirror.begin(core::frameOf(*address));
        return {};
    case writes::RecordKind::Found:
        m_mirror.write(*address, bytes, record.value);
        if (record.rip != 0)
            m_stores.push_back({*address, static_cast<std::uint8_t>(bytes), 0, record.value, record.value,
                writerOf(record)});
        return {};
    case writes::RecordKind::Write:
        return stored(*address, record);
    case writes::RecordKind::Repeat:
        // The processor's flags may have changed under the first of them.
        if (m_mirror.word(*address, bytes) != record.value)
            RETURN_IF_ERROR(stored(*address, record));
        return repeated(*address, record);
    }
    return {};
}

core::Result<void> WriteRecorder::stored(core::PhysicalAddress address, const writes::Record& record)
{
    const unsigned bytes = m_latest->paging().entryBytes();
    const auto before = m_mirror.word(address, bytes);
    m_mirror.write(address, bytes, record.value);
    core::EntryChange change{address, static_cast<std::uint8_t>(bytes), levelsAt(address), before.value_or(0),
        record.value, writerOf(record)};
    // The rest of a page that begins with a PAE page-directory-pointer table, or a page that is followed but
    // that no walk meets any more.
    if (!before || change.levels == 0 || *before == record.value)
        return {};
    ++m_tally.changes;
    recordRepeats(address);
    if (!m_stores.empty() || core::changesStructure(m_latest->paging(), change)) {
        m_stores.push_back(std::move(change));
        return flush().and_then([&] { return appendTables(record); });
    }
    m_batch.push_back({stepOf(record), std::move(change)});
    return m_batch.size() < stepsAtOnce ? core::Result<void>{} : flush();
}

/// A kernel that sets up espfix stores the same values a million times: one step for an entry and an
/// instruction, until the entry changes or the guest stops, shows as much as a step each.
core::Result<void> WriteRecorder::repeated(core::PhysicalAddress address, const writes::Record& record)
{
    m_tally.repeats += record.count;
    const auto [kept, isNew] = m_repeats[address].try_emplace({record.rip, record.caller}, record);
    if (!isNew)
        kept->second.count += record.count;
    return m_repeats.size() < repeatedAtOnce ? core::Result<void>{} : recordAllRepeats();
}

void WriteRecorder::recordRepeats(core::PhysicalAddress address)
{
    const auto found = m_repeats.find(address);
    if (found == m_repeats.end())
        return;
    const unsigned bytes = m_latest->paging().entryBytes();
    const std::uint8_t levels = levelsAt(address);
    for (const auto& [writer, record] : found->second) {
        if (levels == 0)
            break;
        core::WriteStep write{stepOf(record),
            {address, static_cast<std::uint8_t>(bytes), levels, record.value, record.value,
                writerOf(record)}};
        write.step.text = core::countText(record.count, "store") + " changed nothing";
        m_batch.push_back(std::move(write));
    }
    m_repeats.erase(found);
}

core::Result<void> WriteRecorder::recordAllRepeats()
{
    while (!m_repeats.empty()) {
        recordRepeats(m_repeats.begin()->first);
        if (m_batch.size() >= stepsAtOnce)
            RETURN_IF_ERROR(flush());
    }
    return flush();
}

/// A step that changes which tables there are.
core::Result<void> WriteRecorder::appendTables(const writes::Record& record)
{
    const core::Step step = stepOf(record);
    ASSIGN_OR_RETURN(auto snapshot, replayed(step.cpu, step.ripSymbol));
    RETURN_IF_ERROR(m_writer.append(step, snapshot, m_stores));
    m_stores.clear();
    adopt(snapshot);
    return {};
}

core::Result<void> WriteRecorder::flush()
{
    if (m_batch.empty())
        return {};
    const auto number = m_writer.appendWrites(m_batch);
    m_batch.clear();
    RETURN_IF_ERROR(number);
    return {};
}

core::Result<core::SnapshotPtr> WriteRecorder::replayed(
    const core::CpuState& cpu, const std::string& ripSymbol)
{
    core::SnapshotBuilder builder(m_mirror, cpu, m_latest->paging().features());
    builder.setXen(m_latest->xenState());
    core::CaptureOptions options;
    options.root = m_latest->root();
    options.previous = m_latest.get();
    RETURN_IF_ERROR(builder.captureTables(options));
    if (const auto other = m_latest->otherHalf())
        RETURN_IF_ERROR(builder.captureOtherHalf(*other, options));
    RETURN_IF_ERROR(builder.captureDetached(m_detached, options));
    builder.takeFacts(*m_latest);
    // What the checker takes a frame for changes with its calls, and no store shows them.
    builder.setCheckerTypes({});
    builder.setRipSymbol(ripSymbol);
    return builder.finish();
}

core::Result<std::uint64_t> WriteRecorder::differences(const core::Snapshot& snapshot)
{
    ASSIGN_OR_RETURN(auto known, replayed(m_latest->cpu(), snapshot.ripSymbol()));
    core::DiffOptions options;
    options.mappings = false;
    const core::SnapshotDiff diff = core::diffSnapshots(*known, snapshot, options);
    const auto& entries = diff.tables.entries;
    auto count = static_cast<std::uint64_t>(
        std::count_if(entries.begin(), entries.end(), [](const auto& e) { return !e.flagsOnly(); }));
    // Another root, or a page that the allocator has handed out, brings tables that no store hooked in.
    if (!diff.other.root)
        for (const core::TableChange& change : diff.tables.tables)
            count += change.detached || change.kind == core::TableChangeKind::Hooked
                    || change.kind == core::TableChangeKind::Unhooked
                ? 0U
                : 1U;
    return count;
}

core::Result<core::StepNumber> WriteRecorder::add(
    const core::Step& step, const core::SnapshotPtr& snapshot, const BeforeStop& first)
{
    const std::lock_guard lock(m_mutex);
    RETURN_IF_ERROR(drain());
    if (const writes::Record run = m_ring->takeRun(); run.count != 0)
        RETURN_IF_ERROR(process(run));
    if (m_latest)
        RETURN_IF_ERROR(recordAllRepeats());
    core::Step recorded = step;
    if (m_latest && m_latest->paging().enabled() && m_latest->paging().mode() == snapshot->paging().mode()) {
        ASSIGN_OR_RETURN(const auto count, differences(*snapshot));
        ++m_tally.stops;
        m_tally.unexplained += count;
        if (count != 0)
            recorded.text += (recorded.text.empty() ? "" : "; ") + core::groupedText(count)
                + " entries or tables changed without a recorded store";
    }
    if (first)
        RETURN_IF_ERROR(first(m_writer.size()));
    const auto number = m_writer.append(recorded, snapshot, m_stores);
    if (!number)
        return number;
    m_stores.clear();
    m_findings = step.findings;
    m_detached.clear();
    for (const core::Table& table : snapshot->tables())
        if (table.origin == core::TableOrigin::Detached)
            m_detached.push_back({table.address, table.level});
    m_mirror.adopt(*snapshot);
    adopt(snapshot);
    RETURN_IF_ERROR(follow());
    return number;
}

core::Result<void> WriteRecorder::follow()
{
    ASSIGN_OR_RETURN(auto pieces, m_session.target().ram());
    m_pieces = std::move(pieces);
    // Parts that differ only in the chipset's shadowing follow one another: one piece is enough.
    std::vector<RamPiece> joined;
    for (const RamPiece& piece : m_pieces) {
        const bool behind = !joined.empty() && joined.back().range.end == piece.range.begin
            && joined.back().block == piece.block
            && joined.back().offset + joined.back().range.bytes() == piece.offset;
        if (behind)
            joined.back().range.end = piece.range.end;
        else
            joined.push_back(piece);
    }
    m_pieces = std::move(joined);
    std::vector<core::DetachedRoot> roots = m_detached;
    if (m_latest->paging().enabled())
        roots.push_back({m_latest->root(), m_latest->paging().levels()});
    if (m_latest->otherRoot() != core::noTable)
        roots.push_back({*m_latest->otherHalf(), m_latest->paging().levels()});
    // A kernel that is linked below 4 GiB is a 32-bit one, maybe with 4-byte entries.
    const auto& symbols = m_known.kernel.symbols();
    const bool wide = symbols.empty() || symbols.back().address.value >> 32 != 0;
    const bool xen = m_latest->xen() != nullptr;
    return m_ring->follow({&m_latest->paging(), wide ? 8U : 4U, m_pieces, roots, m_setters,
        xen ? core::xenRange : core::LinearRange()});
}

void WriteRecorder::adopt(const core::SnapshotPtr& snapshot)
{
    m_latest = snapshot;
    m_tables.clear();
    for (const core::Table& table : snapshot->tables()) {
        core::Table part = table;
        part.page = nullptr;
        m_tables[table.frame()].push_back(std::move(part));
    }
}

std::optional<core::PhysicalAddress> WriteRecorder::physicalOf(std::uint64_t offset) const
{
    for (const RamPiece& piece : m_pieces)
        if (offset >= piece.offset && offset - piece.offset < piece.range.bytes())
            return piece.range.begin + (offset - piece.offset);
    return std::nullopt;
}

std::uint8_t WriteRecorder::levelsAt(core::PhysicalAddress address) const
{
    unsigned levels = 0;
    const core::Paging& paging = m_latest->paging();
    if (const auto known = m_tables.find(core::frameOf(address)); known != m_tables.end())
        for (const core::Table& table : known->second)
            if (table.range(paging).contains(address))
                levels |= 1U << table.level;
    return static_cast<std::uint8_t>(levels);
}

core::EntryWriter WriteRecorder::writerOf(const writes::Record& record)
{
    const core::LinearAddress rip(record.rip);
    const auto [name, isNew] = m_names.try_emplace({record.rip, record.caller});
    if (isNew)
        name->second = writerName(m_known, rip, core::LinearAddress(record.caller));
    return {rip, name->second, record.bytes};
}

core::Step WriteRecorder::stepOf(const writes::Record& record)
{
    core::Step step;
    step.cause = core::StepCause::TableWrite;
    step.time = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - m_began)
            .count());
    step.findings = m_findings;
    // The processor was not read: what is known of it is where it was and what no store changes.
    step.cpu.control = m_latest->cpu().control;
    step.cpu.cs = m_latest->cpu().cs;
    step.cpu.id = record.cpu;
    step.cpu.rip = core::LinearAddress(record.rip);
    step.ripSymbol = writerOf(record).symbol;
    return step;
}

core::Result<void> WriteRecorder::finish()
{
    m_task.cancel();
    m_task.wait();
    const std::lock_guard lock(m_mutex);
    RETURN_IF_ERROR(drain().and_then([this] { return recordAllRepeats(); }));
    m_tally.lost = m_ring->lost();
    m_ring->dismiss();
    return m_tally.lost ? core::failure("follow every write of the guest", "the plugin had to drop records",
               "the recording is complete up to there")
                        : core::Result<void>{};
}

WriteTally WriteRecorder::tally() const
{
    const std::lock_guard lock(m_mutex);
    return m_tally;
}

} // namespace pgtscope::gdb
