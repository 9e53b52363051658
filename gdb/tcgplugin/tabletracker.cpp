// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/tcgplugin/tabletracker.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace pgtscope::writes {

namespace {

constexpr std::uint64_t nowhere = ~std::uint64_t{0};
// Table pages that a guest may make us keep: 256 MiB of copies.
constexpr std::size_t maxTables = 65'536;

} // namespace

TableTracker::TableTracker(Shared& shared, Ram ram)
    : m_shared(shared)
    , m_ram(ram)
    , m_pages(ram.bytes / pageBytes)
    , m_writers(1)
{
    void* place = ::mmap(
        nullptr, ram.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    m_lastWriters = place == MAP_FAILED ? nullptr : static_cast<InstructionId*>(place);
}

InstructionId TableTracker::instruction(std::uint64_t rip, std::uint64_t caller)
{
    const Writer writer{rip, caller};
    const auto [known, isNew] = m_ids.try_emplace(writer, static_cast<InstructionId>(m_writers.size()));
    if (isNew)
        m_writers.push_back(writer);
    return known->second;
}

const Setter* TableTracker::setterAt(std::uint64_t address) const
{
    const auto begin = m_request.setters.begin();
    const auto end = begin + m_request.setterCount;
    const auto after = std::upper_bound(
        begin, end, address, [](std::uint64_t place, const Setter& one) { return place < one.begin; });
    return after != begin && address < (after - 1)->end ? &*(after - 1) : nullptr;
}

std::uint64_t TableTracker::offsetOf(std::uint64_t physical) const
{
    for (std::uint32_t i = 0; i < m_request.pieceCount; ++i) {
        const Piece& piece = m_request.pieces[i];
        if (physical < piece.begin || physical - piece.begin >= piece.bytes)
            continue;
        const std::uint64_t offset = piece.offset + (physical - piece.begin);
        return offset < m_ram.bytes ? offset : nowhere;
    }
    return nowhere;
}

std::uint64_t TableTracker::childOf(unsigned level, std::uint64_t entry) const
{
    const Level& rules = m_request.rules[level];
    const bool leads = level >= 2 && (entry & 1) != 0 && (rules.mayBePage == 0 || (entry & 0x80) == 0);
    return leads ? offsetOf(entry & rules.tableAddress) : nowhere;
}

std::uint64_t TableTracker::held(const Page& page, std::uint64_t offset) const
{
    const std::uint64_t word = page.held[offset % pageBytes / 8];
    return m_wordBytes == 8 ? word : (word >> (offset % 8 * 8)) & 0xffff'ffff;
}

void TableTracker::setHeld(Page& page, std::uint64_t offset, std::uint64_t value)
{
    auto* bytes = reinterpret_cast<std::byte*>(page.held.data()) + offset % pageBytes;
    std::memcpy(bytes, &value, m_wordBytes); // x86 runs on little-endian hosts here: the plugin is for them
}

void TableTracker::adoptRequest()
{
    flushRun();
    const Request& wanted = m_shared.request;
    const bool sameMode = wanted.levels == m_request.levels && wanted.entryBytes == m_request.entryBytes;
    if (!sameMode) {
        for (auto& page : m_pages)
            page.reset();
        m_tableCount = 0;
        m_request.rootCount = 0;
    }
    const std::vector<Root> old(
        m_request.roots.begin(), m_request.roots.begin() + std::min(m_request.rootCount, maxRoots));
    m_request = wanted;
    m_request.rootCount = std::min(m_request.rootCount, maxRoots);
    m_request.pieceCount = std::min(m_request.pieceCount, maxPieces);
    m_request.setterCount = std::min(m_request.setterCount, maxSetters);
    m_request.levels = std::min(m_request.levels, levelCount - 1);
    m_wordBytes = m_request.entryBytes == 4 ? 4 : 8;
    refresh();
    for (std::uint32_t i = 0; i < m_request.rootCount; ++i)
        addReference(offsetOf(m_request.roots[i].address), static_cast<unsigned>(m_request.roots[i].level));
    for (const Root& root : old)
        dropReference(offsetOf(root.address), static_cast<unsigned>(root.level));
    m_shared.header.pending.store(0, std::memory_order_release);
}

/// The processor sets accessed and dirty flags without a store that we see; the recorder has read them at the
/// stop. What differs in more than these is a store that is about to be reported.
void TableTracker::refresh()
{
    constexpr std::uint64_t flags = 0x60;
    for (std::uint64_t number = 0; number < m_pages.size(); ++number) {
        if (!m_pages[number])
            continue;
        const std::uint64_t begin = number * pageBytes;
        for (std::uint64_t offset = begin; offset < begin + pageBytes; offset += m_wordBytes) {
            const std::uint64_t now = m_ram.word(offset, m_wordBytes);
            if (((now ^ held(*m_pages[number], offset)) & ~flags) == 0)
                setHeld(*m_pages[number], offset, now);
        }
    }
}

TableTracker::Page& TableTracker::becomeTable(std::uint64_t offset)
{
    const std::uint64_t begin = offset / pageBytes * pageBytes;
    auto& page = m_pages[begin / pageBytes];
    if (page)
        return *page;
    page = std::make_unique<Page>();
    ++m_tableCount;
    page->held.resize(pageBytes / 8);
    std::memcpy(page->held.data(), m_ram.begin + begin, pageBytes);
    // A cached page may be this one.
    m_shared.header.generation.fetch_add(1, std::memory_order_relaxed);
    push({begin, 0, 0, 0, 1, RecordKind::Page, 0, 0});
    for (std::uint64_t at = begin; at < begin + pageBytes; at += m_wordBytes) {
        const std::uint64_t value = held(*page, at);
        if (value == 0)
            continue;
        const bool known = looksLikeEntry(value, m_wordBytes);
        const Writer writer = known ? m_writers[m_lastWriters[at / 4]] : Writer();
        push({at, value, writer.rip, writer.caller, 1, RecordKind::Found, 0, 0});
    }
    return *page;
}

void TableTracker::forEachChild(const Part& part, void (TableTracker::*act)(std::uint64_t, unsigned))
{
    const std::uint64_t entries = m_request.rules[part.level].entries;
    for (std::uint64_t i = 0; i < entries; ++i) {
        const std::uint64_t at = part.offset + i * m_wordBytes;
        const auto& page = m_pages[part.offset / pageBytes];
        // Dropping a table that refers to itself may have removed it.
        if (!page || at / pageBytes != part.offset / pageBytes)
            return;
        (this->*act)(childOf(part.level, held(*page, at)), part.level - 1);
    }
}

void TableTracker::addReference(std::uint64_t offset, unsigned level)
{
    if (offset == nowhere || level == 0 || level > m_request.levels || offset % 32 != 0)
        return;
    if (m_tableCount >= maxTables && !isTable(offset)) {
        m_shared.header.lost.store(1);
        return;
    }
    Page& page = becomeTable(offset);
    const auto same = [&](const Part& part) { return part.offset == offset && part.level == level; };
    const auto known = std::find_if(page.parts.begin(), page.parts.end(), same);
    if (known != page.parts.end()) {
        ++known->references;
        return;
    }
    page.parts.push_back({offset, level, 1});
    if (level > 1)
        forEachChild({offset, level, 1}, &TableTracker::addReference);
}

void TableTracker::dropReference(std::uint64_t offset, unsigned level)
{
    if (offset == nowhere || !isTable(offset))
        return;
    auto& page = m_pages[offset / pageBytes];
    const auto same = [&](const Part& part) { return part.offset == offset && part.level == level; };
    const auto known = std::find_if(page->parts.begin(), page->parts.end(), same);
    if (known == page->parts.end() || --known->references != 0)
        return;
    const Part gone = *known;
    page->parts.erase(known);
    if (level > 1)
        forEachChild(gone, &TableTracker::dropReference);
    if (page && page->parts.empty()) {
        page.reset();
        --m_tableCount;
    }
}

void TableTracker::stored(const Store& store)
{
    const std::uint64_t first = store.offset / m_wordBytes * m_wordBytes;
    const std::uint64_t last = store.offset + std::max(store.bytes, 1U) - 1;
    for (std::uint64_t offset = first; offset <= last; offset += m_wordBytes)
        if (offset < m_ram.bytes && isTable(offset))
            storedWord(store, offset);
}

void TableTracker::storedWord(const Store& store, std::uint64_t offset)
{
    Page& page = *m_pages[offset / pageBytes];
    const std::uint64_t before = held(page, offset);
    const std::uint64_t after = m_ram.word(offset, m_wordBytes);
    m_lastWriters[offset / 4] = store.instruction;
    const Writer& writer = m_writers[store.instruction];
    Record record{offset, after, writer.rip, writer.caller, 1, RecordKind::Write,
        static_cast<std::uint8_t>(store.bytes), static_cast<std::uint16_t>(store.cpu)};
    if (before == after) {
        repeated(record);
        return;
    }
    setHeld(page, offset, after);
    // A page that is mapped elsewhere now may be in the cache at its old address.
    if ((before & 1) != 0)
        m_shared.header.generation.fetch_add(1, std::memory_order_relaxed);
    const std::vector<Part> parts = page.parts; // the list may change in the loops
    const auto holds = [&](const Part& part) {
        return part.offset <= offset
            && offset - part.offset < std::uint64_t{m_request.rules[part.level].entries} * m_wordBytes;
    };
    for (const Part& part : parts)
        if (holds(part))
            addReference(childOf(part.level, after), part.level - 1);
    push(record);
    for (const Part& part : parts)
        if (holds(part))
            dropReference(childOf(part.level, before), part.level - 1);
}

void TableTracker::repeated(const Record& record)
{
    Record& run = m_shared.header.run;
    constexpr std::uint32_t most = 0xffff'ffff;
    if (run.count != 0 && run.rip == record.rip && run.caller == record.caller && run.cpu == record.cpu
        && run.count != most) {
        ++run.count;
        return;
    }
    flushRun();
    run = record;
    run.kind = RecordKind::Repeat;
}

void TableTracker::flushRun()
{
    Record& run = m_shared.header.run;
    if (run.count == 0)
        return;
    const Record complete = run;
    run.count = 0;
    write(complete);
}

void TableTracker::push(const Record& record)
{
    flushRun();
    write(record);
}

/// Waits while the ring is full: the guest is held up so that no store goes unreported.
void TableTracker::write(const Record& record)
{
    Header& header = m_shared.header;
    const std::uint64_t number = header.produced.load(std::memory_order_relaxed);
    for (unsigned waits = 0; number - header.consumed.load(std::memory_order_acquire) >= ringRecords;
         ++waits) {
        const bool look = waits % 256 == 255;
        if (header.lost.load() != 0 || (look && ::kill(header.consumer, 0) != 0 && errno == ESRCH)) {
            header.lost.store(1);
            return;
        }
        ::usleep(200);
    }
    m_shared.ring[number % ringRecords] = record;
    header.produced.store(number + 1, std::memory_order_release);
}

} // namespace pgtscope::writes
