// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/xen/refusedtables.h"

#include <algorithm>
#include <set>

namespace pgtscope::core {

namespace {

constexpr std::size_t maxCandidates = 8192;
constexpr std::size_t pagesPerRead = 256;
constexpr unsigned leastEntries = 16;

/// Neighbours of the domain's tables that are none themselves.
std::vector<FrameNumber> candidatesOf(const Snapshot& snapshot, const XenState& xen)
{
    std::set<FrameNumber> known;
    for (const Table& table : snapshot.tables())
        known.insert(table.frame());
    for (const XenTable& table : xen.tables)
        known.insert(table.frame);
    std::set<FrameNumber> candidates;
    for (const FrameNumber frame : known) {
        const auto guest = xen.ownGuestFrame(frame);
        if (!guest)
            continue;
        for (const std::uint64_t neighbour : {guest->value - 1, guest->value + 1}) {
            const auto at = xen.machineFrame(GuestFrame(neighbour));
            if (at && !known.contains(*at) && candidates.size() < maxCandidates)
                candidates.insert(*at);
        }
    }
    return {candidates.begin(), candidates.end()};
}

bool looksLikePtes(const Snapshot& snapshot, const XenState& xen, const TablePagePtr& page, FrameNumber frame)
{
    Table table;
    table.address = addressOf(frame);
    table.level = 1;
    table.page = page;
    unsigned used = 0;
    unsigned following = 0;
    std::optional<GuestFrame> before;
    for (const EntryAt& at : table.allEntries(snapshot.paging())) {
        if (at.entry.raw == 0) {
            before.reset();
            continue;
        }
        const auto target = at.entry.usable() ? xen.ownGuestFrame(frameOf(at.entry.target)) : std::nullopt;
        // An entry that permits writes leads from a directory to a table; it does not map one.
        if (!target || (at.entry.rights.write && xen.table(frameOf(at.entry.target))))
            return false;
        ++used;
        following += before && *before + 1 == *target ? 1U : 0U;
        before = target;
    }
    return used >= leastEntries && following * 10 >= used * 9;
}

} // namespace

Result<std::vector<DetachedRoot>> refusedTables(const Snapshot& snapshot, PhysicalMemory& memory)
{
    std::vector<DetachedRoot> found;
    const XenState* xen = snapshot.xen();
    if (!xen || !xen->complete || !snapshot.paging().enabled())
        return found;
    const std::vector<FrameNumber> candidates = candidatesOf(snapshot, *xen);
    for (std::size_t first = 0; first < candidates.size(); first += pagesPerRead) {
        const std::size_t count = std::min(pagesPerRead, candidates.size() - first);
        std::vector<std::shared_ptr<TablePage>> pages;
        std::vector<PhysicalRead> reads;
        for (std::size_t i = 0; i < count; ++i) {
            pages.push_back(std::make_shared<TablePage>());
            reads.push_back(
                {addressOf(candidates[first + i]), std::as_writable_bytes(std::span(pages[i]->words))});
        }
        RETURN_IF_ERROR(memory.read(reads));
        for (std::size_t i = 0; i < count; ++i)
            if (reads[i].ok && looksLikePtes(snapshot, *xen, pages[i], candidates[first + i]))
                found.push_back({addressOf(candidates[first + i]), 1});
    }
    return found;
}

} // namespace pgtscope::core
