// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/rulecontext.h"

#include <algorithm>

#include "core/walk/unreadtables.h"

namespace pgtscope::core {

RuleContext::RuleContext(SnapshotPtr snapshot, const RuleLimits& limits)
    : m_snapshot(std::move(snapshot))
    , m_limits(limits)
{
}

RuleContext::RuleContext(SnapshotPtr snapshot, const RuleLimits& limits, TableDigests& digests)
    : m_snapshot(std::move(snapshot))
    , m_limits(limits)
    , m_sharedDigests(&digests)
{
}

const std::vector<const TableDigest*>& RuleContext::digests() const
{
    if (!m_digests)
        m_digests = (m_sharedDigests != nullptr ? *m_sharedDigests : m_ownDigests).of(*m_snapshot);
    return *m_digests;
}

const FrameRoles& RuleContext::roles() const
{
    if (!m_roles)
        m_roles.emplace(m_snapshot);
    return *m_roles;
}

const std::vector<Reach>& RuleContext::reached() const
{
    if (m_reached)
        return *m_reached;
    m_reached = reachedTables(*m_snapshot);
    std::stable_sort(m_reached->begin(), m_reached->end(),
        [](const Reach& a, const Reach& b) { return a.table < b.table; });
    m_reachBegin.assign(m_snapshot->tables().size() + 1, 0);
    for (const Reach& reach : *m_reached)
        ++m_reachBegin[reach.table + 1];
    for (std::size_t i = 1; i < m_reachBegin.size(); ++i)
        m_reachBegin[i] += m_reachBegin[i - 1];
    return *m_reached;
}

std::span<const Reach> RuleContext::reachesOf(TableId table) const
{
    const std::span<const Reach> all = reached();
    return all.subspan(m_reachBegin[table], m_reachBegin[table + 1] - m_reachBegin[table]);
}

const std::vector<TableFrame>& RuleContext::tableFrames() const
{
    if (m_tableFrames)
        return *m_tableFrames;
    std::vector<TableFrame> frames;
    for (const Table& table : m_snapshot->tables()) {
        if (table.state != TableState::OutsideRam)
            frames.push_back({table.frame(), static_cast<std::uint8_t>(1U << table.level),
                table.origin == TableOrigin::Detached});
    }
    std::sort(frames.begin(), frames.end(), [](auto& a, auto& b) { return a.frame < b.frame; });
    std::size_t kept = 0;
    for (const TableFrame& part : frames) {
        if (kept != 0 && frames[kept - 1].frame == part.frame) {
            frames[kept - 1].levels = static_cast<std::uint8_t>(frames[kept - 1].levels | part.levels);
            frames[kept - 1].detached = frames[kept - 1].detached && part.detached;
        } else {
            frames[kept++] = part;
        }
    }
    frames.resize(kept);
    m_tableFrames = std::move(frames);
    return *m_tableFrames;
}

const TableFrame* RuleContext::tableFrame(FrameNumber frame) const
{
    const auto& frames = tableFrames();
    const auto found = std::lower_bound(frames.begin(), frames.end(), frame,
        [](const TableFrame& part, FrameNumber f) { return part.frame < f; });
    return found == frames.end() || found->frame != frame ? nullptr : &*found;
}

bool RuleContext::isHooked(FrameNumber frame) const
{
    if (m_hooked)
        return std::binary_search(m_hooked->begin(), m_hooked->end(), frame);
    std::vector<FrameNumber> hooked;
    if (!m_snapshot->tables().empty())
        hooked.push_back(frameOf(m_snapshot->root()));
    if (m_snapshot->otherRoot() != noTable)
        hooked.push_back(frameOf(*m_snapshot->otherHalf()));
    for (const Table& table : m_snapshot->tables()) {
        if (table.level == 1)
            continue;
        for (const EntryAt& at : table.entries(paging()))
            if (at.entry.leadsToTable())
                hooked.push_back(frameOf(at.entry.target));
    }
    std::sort(hooked.begin(), hooked.end());
    m_hooked = std::move(hooked);
    return std::binary_search(m_hooked->begin(), m_hooked->end(), frame);
}

std::vector<FrameNumber> RuleContext::bufferFrames() const
{
    std::vector<FrameNumber> frames;
    const auto add = [&](GuestFrameRange guest) {
        std::uint64_t placed = 0;
        for (const FramePiece& piece : m_snapshot->pieces(guest)) {
            placed += piece.frames.bytes();
            for (FrameNumber frame = piece.frames.begin; frame < piece.frames.end; frame = frame + 1) {
                if (frames.size() == m_limits.bufferFrames) {
                    m_bufferCut = true;
                    return;
                }
                frames.push_back(frame);
            }
        }
        m_bufferUnplaced += guest.bytes() - placed;
    };
    // The newest epoch first: should the bound be met, it is the one that matters.
    const auto& epochs = pgtBuf().epochs;
    for (auto epoch = epochs.rbegin(); epoch != epochs.rend(); ++epoch)
        add(epoch->whole());
    for (const GuestFrameRange& range : pgtBuf().beyond)
        add(range);
    return frames;
}

void RuleContext::addSlotFrames(std::vector<FrameNumber>& frames) const
{
    const TableId id = pgtBuf().bmPte ? m_snapshot->find(*pgtBuf().bmPte, 1) : noTable;
    if (id == noTable)
        return;
    for (const EntryAt& at : m_snapshot->table(id).entries(paging()))
        if (at.entry.usable())
            frames.push_back(frameOf(at.entry.target));
}

const FrameMappings& RuleContext::bufferMappings() const
{
    if (m_bufferMappings)
        return *m_bufferMappings;
    std::vector<FrameNumber> frames = bufferFrames();
    for (const TableFrame& table : tableFrames())
        frames.push_back(table.frame);
    if (!m_snapshot->tables().empty())
        addSlotFrames(frames);
    m_bufferMappings.emplace(*m_snapshot, reached(), std::move(frames), digests(), m_limits.listed);
    return *m_bufferMappings;
}

bool RuleContext::bufferCut() const
{
    bufferMappings();
    return m_bufferCut;
}

const std::vector<std::string>& RuleContext::tableGaps() const
{
    if (!m_tableGaps)
        m_tableGaps = unreadTables(*m_snapshot);
    return *m_tableGaps;
}

std::uint64_t RuleContext::bufferUnplaced() const
{
    bufferMappings();
    return m_bufferUnplaced;
}

FrameMappings RuleContext::mappingsOf(std::vector<FrameNumber> frames) const
{
    return {*m_snapshot, reached(), std::move(frames), digests()};
}

} // namespace pgtscope::core
