// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/recordedstate.h"

#include <limits>

namespace pgtscope::core {

namespace {

constexpr std::uint32_t noRow = std::numeric_limits<std::uint32_t>::max();
// CaptureOptions::maxTables frames, each in its part as every level.
constexpr std::size_t maxRows = std::size_t{262'144} * maxLevels;

tl::unexpected<Error> misfit(std::string what)
{
    return failure("replay a step of the recording", std::move(what), "the recording is damaged");
}

} // namespace

void RecordedState::adopt(SnapshotParts parts)
{
    m_parts = std::move(parts);
    reindex();
}

void RecordedState::reindex()
{
    m_first.clear();
    m_next.assign(m_parts.tables.size(), noRow);
    // Backwards, so that the chains run forwards.
    for (std::size_t row = m_parts.tables.size(); row-- > 0;) {
        if (!m_parts.tables[row].page)
            continue;
        const auto [place, isNew]
            = m_first.try_emplace(m_parts.tables[row].frame(), static_cast<std::uint32_t>(row));
        if (!isNew) {
            m_next[row] = place->second;
            place->second = static_cast<std::uint32_t>(row);
        }
    }
}

const Table* RecordedState::firstIn(FrameNumber frame) const
{
    const auto found = m_first.find(frame);
    return found == m_first.end() ? nullptr : &m_parts.tables[found->second];
}

std::vector<std::size_t> RecordedState::tablesIn(FrameNumber frame) const
{
    std::vector<std::size_t> rows;
    const auto found = m_first.find(frame);
    for (std::uint32_t row = found == m_first.end() ? noRow : found->second; row != noRow; row = m_next[row])
        rows.push_back(row);
    return rows;
}

std::optional<std::uint64_t> RecordedState::entryAt(PhysicalAddress address, unsigned bytes) const
{
    const Table* table = firstIn(frameOf(address));
    if (!table || (bytes != 4 && bytes != 8) || address.value % bytes != 0)
        return std::nullopt;
    const std::uint64_t word = table->page->words[(address.value % frameBytes) / 8];
    return bytes == 8 ? word : (word >> (address.value % 8 * 8)) & 0xffff'ffff;
}

bool RecordedState::write(const EntryChange& change)
{
    if (entryAt(change.address, change.bytes) != change.before)
        return false;
    const FrameNumber frame = frameOf(change.address);
    TablePagePtr page = firstIn(frame)->page;
    // One reference a table of the frame and the one above: more means that a snapshot shares the page.
    const auto ours = static_cast<long>(tablesIn(frame).size()) + 1;
    std::shared_ptr<TablePage> mine;
    if (page.use_count() == ours) {
        mine = std::const_pointer_cast<TablePage>(page);
    } else {
        mine = std::make_shared<TablePage>(*page);
        setPage(frame, mine);
    }
    std::uint64_t& word = mine->words[(change.address.value % frameBytes) / 8];
    if (change.bytes == 8) {
        word = change.after;
    } else {
        const unsigned shift = static_cast<unsigned>(change.address.value % 8 * 8);
        word = (word & ~(0xffff'ffffULL << shift)) | (change.after & 0xffff'ffff) << shift;
    }
    return true;
}

void RecordedState::setPlace(const Step& step)
{
    m_parts.cpu = step.cpu;
    m_parts.ripSymbol = step.ripSymbol;
    m_parts.dying = step.cause == StepCause::Death;
}

void RecordedState::setPage(FrameNumber frame, const TablePagePtr& page)
{
    for (const std::size_t row : tablesIn(frame))
        m_parts.tables[row].page = page;
}

namespace {

/// A buffer as formats 1 and 2 keep it under Xen. Its epochs follow each other in both counts; what Xen does
/// not place is left out, as it was when it was written.
PageTableBuffer inGuestFrames(PageTableBuffer buffer, const XenState& xen)
{
    const auto guestOf = [&xen](GuestFrame machine) { return xen.ownGuestFrame(FrameNumber(machine.value)); };
    std::vector<PgtBufEpoch> epochs;
    for (const PgtBufEpoch& epoch : buffer.epochs)
        if (const auto start = guestOf(epoch.start))
            epochs.push_back({*start, *start + (epoch.end - epoch.start), *start + (epoch.top - epoch.start),
                epoch.startRecovered});
    std::vector<GuestFrameRange> beyond;
    for (const GuestFrameRange& range : buffer.beyond) {
        for (const XenExtent& extent : xen.extents) {
            const std::uint64_t begin = std::max(range.begin.value, extent.machine.value);
            const std::uint64_t end = std::min(range.end.value, (extent.machine + extent.frames).value);
            if (begin >= end || extent.domain != xen.domain)
                continue;
            const GuestFrame guest = extent.guest + (begin - extent.machine.value);
            beyond.push_back({guest, guest + (end - begin)});
        }
    }
    // The live epoch is the last one. Without it nothing is live: those before were handed back.
    const bool lastPlaced = !buffer.epochs.empty() && guestOf(buffer.epochs.back().start);
    if (buffer.trust == PgtBufTrust::Live && !lastPlaced)
        buffer.trust = PgtBufTrust::HandedBack;
    buffer.epochs = std::move(epochs);
    buffer.beyond = std::move(beyond);
    return buffer;
}

} // namespace

Result<void> RecordedState::apply(const StepRecord& record, const PageLoader& load)
{
    setPlace(record.step);
    forEachFact([&](const auto& fact) {
        if (const auto& value = record.delta.facts[fact.member])
            m_parts.*fact.member = *value;
    });
    if (record.delta.xen) {
        ASSIGN_OR_RETURN(auto xen, applyXen(m_parts.xen.get(), *record.delta.xen));
        m_parts.xen = std::move(xen);
    }
    if (record.delta.facts[&SnapshotFacts::pgtBuf] && record.delta.pgtBufOfMachine && m_parts.xen)
        m_parts.pgtBuf = inGuestFrames(m_parts.pgtBuf, *m_parts.xen);
    if (record.delta.tableList)
        RETURN_IF_ERROR(applyTableList(*record.delta.tableList, load));
    for (const EntryChange& change : record.delta.entries)
        if (!write(change))
            return misfit("an entry differs from its recorded old value");
    for (const PageSwap& swap : record.delta.pages)
        RETURN_IF_ERROR(applySwap(swap, load));
    return {};
}

Result<void> RecordedState::applyTableList(const std::vector<TableListPiece>& pieces, const PageLoader& load)
{
    std::vector<Table> tables;
    const std::vector<Table>& old = m_parts.tables;
    for (const TableListPiece& piece : pieces) {
        if (tables.size() + piece.count > maxRows || piece.count > maxRows)
            return misfit("it has more tables than can be recorded");
        if (piece.count != 0) {
            if (piece.first > old.size() || piece.count > old.size() - piece.first)
                return misfit("it refers to tables that do not exist");
            const auto from = old.begin() + static_cast<std::ptrdiff_t>(piece.first);
            tables.insert(tables.end(), from, from + static_cast<std::ptrdiff_t>(piece.count));
            continue;
        }
        Table table = piece.table;
        if (table.state == TableState::Read && piece.page != 0) {
            ASSIGN_OR_RETURN(auto page, load(piece.page));
            table.page = std::move(page);
        } else if (table.state == TableState::Read) {
            const Table* known = firstIn(table.frame());
            if (!known)
                return misfit("it refers to a page that does not exist");
            table.page = known->page;
        }
        tables.push_back(std::move(table));
    }
    m_parts.tables = std::move(tables);
    reindex();
    // A frame has one content, whatever the file says.
    for (const auto& [frame, row] : m_first)
        if (m_next[row] != noRow)
            setPage(frame, TablePagePtr(m_parts.tables[row].page));
    return {};
}

Result<void> RecordedState::applySwap(const PageSwap& swap, const PageLoader& load)
{
    if (!firstIn(swap.frame))
        return misfit("it changes a page that does not exist");
    ASSIGN_OR_RETURN(auto page, load(swap.after));
    setPage(swap.frame, page);
    return {};
}

} // namespace pgtscope::core
