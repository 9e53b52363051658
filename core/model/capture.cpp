// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/model/capture.h"

#include <algorithm>
#include <cstring>

#include "core/model/xenlayout.h"
#include "core/paging/infotlb.h"

namespace pgtscope::core {

namespace {

/// Table pages in place. They are neighbours more often than not, and one question for a stretch of memory
/// costs what one for a page does.
class MappedTables {
public:
    explicit MappedTables(const PhysicalMemory& memory)
        : m_memory(memory)
    {
    }

    /// Null if the frame is not mapped into this process.
    const std::byte* at(FrameNumber frame)
    {
        const PhysicalAddress address = addressOf(frame);
        if (!holds(address))
            ask(PhysicalAddress(address.value / stretchBytes * stretchBytes));
        if (!holds(address))
            ask(address);
        return holds(address) ? m_bytes.data() + (address - m_begin) : nullptr;
    }

private:
    static constexpr std::uint64_t stretchBytes = 64U << 10;

    bool holds(PhysicalAddress address) const
    {
        return address >= m_begin && address - m_begin < m_bytes.size();
    }
    void ask(PhysicalAddress begin)
    {
        m_begin = begin;
        m_bytes = m_memory.mappedRange(begin, stretchBytes);
    }

    const PhysicalMemory& m_memory;
    PhysicalAddress m_begin;
    std::span<const std::byte> m_bytes;
};

} // namespace

SnapshotBuilder::SnapshotBuilder(PhysicalMemory& memory, const CpuState& cpu, const CpuFeatures& features)
    : m_memory(memory)
    , m_snapshot(std::make_shared<Snapshot>())
{
    m_snapshot->m_cpu = cpu;
    m_snapshot->m_paging = Paging(cpu.control, features);
    m_snapshot->m_facts.features = m_snapshot->m_paging.features();
    m_snapshot->m_facts.ramMap = memory.ramMap();
    m_snapshot->m_facts.channel = memory.name();
}

Result<void> SnapshotBuilder::captureTables(const CaptureOptions& options)
{
    Snapshot& snapshot = *m_snapshot;
    const Paging& paging = snapshot.m_paging;
    // A root by hand is as good as a value of CR3: with a PCID, the bits of LAM, or that nothing is flushed.
    const std::uint64_t cr3 = options.root ? options.root->value : snapshot.m_cpu.control.cr3;
    snapshot.m_facts.root = paging.root(cr3);
    if (!paging.enabled())
        return {};
    if (options.previous) {
        // From one stop to the next the number of tables hardly changes.
        const std::size_t expected = options.previous->tables().size();
        snapshot.m_tables.reserve(expected);
        snapshot.m_index.reserve(expected);
        m_pages.reserve(expected);
    }
    const TableId root = add(snapshot.m_facts.root, paging.levels(), TableOrigin::Reachable);
    RETURN_IF_ERROR(captureFrom(root, options));
    return captureDetached(options.detached, options);
}

Result<void> SnapshotBuilder::captureOtherHalf(PhysicalAddress root, const CaptureOptions& options)
{
    Snapshot& snapshot = *m_snapshot;
    setOtherHalf(root);
    if (!snapshot.m_paging.enabled() || snapshot.otherRoot() != noTable)
        return {};
    // What both roots lead to is there already, and keeps its origin.
    const TableId other = add(root, snapshot.m_paging.levels(), TableOrigin::OtherHalf);
    RETURN_IF_ERROR(captureFrom(other, options));
    snapshot.m_tableFrames = m_pages.size();
    return {};
}

Result<void> SnapshotBuilder::captureDetached(
    std::span<const DetachedRoot> roots, const CaptureOptions& options)
{
    Snapshot& snapshot = *m_snapshot;
    for (const DetachedRoot& root : roots) {
        if (root.level == 0 || root.level > snapshot.m_paging.levels()
            || snapshot.find(root.address, root.level) != noTable)
            continue;
        const TableId id = add(root.address, root.level, TableOrigin::Detached);
        RETURN_IF_ERROR(captureFrom(id, options));
    }
    snapshot.m_tableFrames = m_pages.size();
    return {};
}

TableId SnapshotBuilder::add(PhysicalAddress address, unsigned level, TableOrigin origin)
{
    const auto id = static_cast<TableId>(m_snapshot->m_tables.size());
    const auto [known, isNew] = m_snapshot->m_index.try_emplace(Snapshot::Key{address, level}, id);
    if (!isNew)
        return known->second;
    Table table;
    table.address = address;
    table.level = static_cast<std::uint8_t>(level);
    table.origin = origin;
    m_snapshot->m_tables.push_back(std::move(table));
    return id;
}

Result<void> SnapshotBuilder::captureFrom(TableId first, const CaptureOptions& options)
{
    auto& tables = m_snapshot->m_tables;
    // Everything appended during one round is the next level's work, read as one batch.
    for (std::size_t begin = first; begin < tables.size();) {
        if (options.cancel && options.cancel->cancelled())
            return failure("capture the page tables", "cancelled");
        const std::size_t end = tables.size();
        RETURN_IF_ERROR(load(std::span(tables).subspan(begin, end - begin), options));
        for (std::size_t id = begin; id < end; ++id)
            addChildren(static_cast<TableId>(id), options);
        begin = end;
    }
    return {};
}

Result<void> SnapshotBuilder::load(std::span<Table> tables, const CaptureOptions& options)
{
    MappedTables inPlace(m_memory);
    std::vector<Table*> wanted;
    for (Table& table : tables) {
        if (table.state != TableState::Read)
            continue;
        if (const auto known = m_pages.find(table.frame()); known != m_pages.end()) {
            table.page = known->second;
        } else if (!m_memory.readable(addressOf(table.frame()), frameBytes)) {
            table.state = TableState::OutsideRam;
        } else if (m_pages.size() + wanted.size() >= options.maxTables) {
            table.state = TableState::OverLimit;
            m_snapshot->m_facts.truncated = true;
        } else if (const std::byte* mapped = inPlace.at(table.frame())) {
            table.page = share(table, mapped, options.previous);
        } else {
            wanted.push_back(&table);
        }
    }
    return wanted.empty() ? Result<void>{} : readPages(wanted, options);
}

Result<void> SnapshotBuilder::readPages(std::vector<Table*>& wanted, const CaptureOptions& options)
{
    std::sort(wanted.begin(), wanted.end(), [](auto* a, auto* b) { return a->address < b->address; });
    std::vector<PhysicalRead> batch;
    std::vector<std::byte> buffer(wanted.size() * frameBytes);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto bytes = std::span(buffer).subspan(i * frameBytes, frameBytes);
        if (i == 0 || wanted[i]->frame() != wanted[i - 1]->frame())
            batch.push_back({addressOf(wanted[i]->frame()), bytes});
    }
    RETURN_IF_ERROR(m_memory.read(batch));
    std::size_t read = 0;
    for (Table* table : wanted) {
        while (batch[read].address != addressOf(table->frame()))
            ++read;
        if (batch[read].ok)
            table->page = share(*table, batch[read].bytes.data(), options.previous);
        else
            table->state = TableState::Unreadable;
    }
    return {};
}

TablePagePtr SnapshotBuilder::share(const Table& table, const std::byte* content, const Snapshot* previous)
{
    auto& page = m_pages[table.frame()];
    if (page)
        return page;
    if (previous) {
        const TableId old = previous->find(table.address, table.level);
        const TablePagePtr known = old == noTable ? nullptr : previous->table(old).page;
        if (known && std::memcmp(known.get(), content, frameBytes) == 0)
            return page = known;
    }
    // Copied first and looked at only in the copy: a guest that runs on cannot change what we decode.
    auto copy = std::make_shared_for_overwrite<TablePage>();
    std::memcpy(copy->words.data(), content, frameBytes);
    return page = std::move(copy);
}

void SnapshotBuilder::addChildren(TableId parent, const CaptureOptions& options)
{
    const Paging& paging = m_snapshot->m_paging;
    // By value: add() may move the tables.
    const Table table = m_snapshot->m_tables[parent];
    if (table.level == 1)
        return;
    for (const EntryAt& at : table.entries(paging)) {
        const bool behind = options.asInfoTlb && infotlb::followsDespiteReserved(paging, at.entry);
        if (!at.entry.leadsToTable() && !behind)
            continue;
        // Each frame can occur once per level: the limit on frames bounds the tables too.
        if (m_snapshot->m_tables.size() >= options.maxTables * maxLevels) {
            m_snapshot->m_facts.truncated = true;
            return;
        }
        const TableId child = behind
            ? add(infotlb::tableBehind(at.entry), table.level - 1U, TableOrigin::Detached)
            : add(at.entry.target, table.level - 1U, table.origin);
        // One of them leads back to the root, so that every table of the guest seems mapped by it.
        const bool xens = m_snapshot->m_xen && table.level == xen::rootLevel && at.index >= xen::firstSlot
            && at.index < xen::endSlot;
        if (xens && !m_snapshot->m_tables[child].page)
            m_snapshot->m_tables[child].state = TableState::Hypervisor;
    }
}

void SnapshotBuilder::setXen(XenStatePtr xen) { m_snapshot->m_xen = std::move(xen); }

void SnapshotBuilder::setRipSymbol(std::string symbol) { m_snapshot->m_ripSymbol = std::move(symbol); }

void SnapshotBuilder::setDying(bool dying) { m_snapshot->m_dying = dying; }

void SnapshotBuilder::setNested(std::shared_ptr<const Snapshot> tables)
{
    m_snapshot->m_nested = std::move(tables);
}

SnapshotFacts& SnapshotBuilder::facts() { return m_snapshot->m_facts; }

void SnapshotBuilder::takeFacts(const Snapshot& from)
{
    forEachFact([&](const auto& row) {
        if (!row.captured)
            facts().*row.member = from.facts().*row.member;
    });
}

SnapshotPtr SnapshotBuilder::finish()
{
    std::ranges::sort(
        facts().linearRegions, {}, [](const LinearRegion& region) { return region.range.begin; });
    m_snapshot->nameRegions();
    return std::move(m_snapshot);
}

Result<SnapshotPtr> captureSnapshot(
    PhysicalMemory& memory, const CpuState& cpu, const CpuFeatures& features, const CaptureOptions& options)
{
    SnapshotBuilder builder(memory, cpu, features);
    RETURN_IF_ERROR(builder.captureTables(options));
    return builder.finish();
}

} // namespace pgtscope::core
