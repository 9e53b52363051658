// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/xencodec.h"

#include <algorithm>

namespace pgtscope::core {

namespace {

// What the first byte says.
constexpr unsigned present = 1, hasDomain = 2, isolated = 4, rootKnown = 8, complete = 16, hasExtents = 32;
constexpr unsigned allBits = 63;
constexpr unsigned pinnedBit = 8;

bool byFrame(const XenTable& a, const XenTable& b) { return a.frame < b.frame; }

/// Ascending, apart from each other, and none past the end of the number space.
bool inOrder(const XenExtents& extents)
{
    FrameNumber end;
    for (const XenExtent& extent : extents) {
        if (extent.frames == 0 || extent.machine < end || extent.frames > 1ULL << 52
            || extent.machine.value > 1ULL << 52 || extent.guest.value > 1ULL << 52)
            return false;
        end = extent.machine + extent.frames;
    }
    return true;
}

template <class T>
std::vector<T> row(Unpacker& in, std::size_t bytesEach, std::size_t& budget)
{
    const std::size_t count = in.count(bytesEach);
    if (!in.good() || count * sizeof(T) > budget) {
        in.fail();
        return {};
    }
    budget -= count * sizeof(T);
    return std::vector<T>(count);
}

/// `frame` is what the first one is a difference to.
void packTables(const std::vector<XenTable>& tables, std::uint64_t frame, Packer& out)
{
    out.number(tables.size());
    for (const XenTable& table : tables) {
        out.difference(frame, table.frame.value);
        frame = table.frame.value;
        out.byte(static_cast<std::uint8_t>(table.level() | (table.pinned ? pinnedBit : 0U)));
        out.number(table.uses);
    }
}

} // namespace

XenDelta xenDelta(const XenState* before, const XenState* after)
{
    XenDelta delta;
    if (!after)
        return delta;
    static const XenState nothing;
    const XenState& old = before ? *before : nothing;
    delta.present = true;
    delta.facts = *after;
    delta.facts.tables.clear();
    delta.extentsChanged = old.extents != after->extents;
    if (!delta.extentsChanged)
        delta.facts.extents = {};
    for (const XenTable& table : after->tables) {
        const XenTable* known = old.table(table.frame);
        if (!known || !(*known == table))
            delta.tables.push_back(table);
    }
    for (const XenTable& table : old.tables)
        if (!after->table(table.frame))
            delta.gone.push_back(table.frame);
    return delta;
}

Result<XenStatePtr> applyXen(const XenState* before, const XenDelta& delta)
{
    if (!delta.present)
        return XenStatePtr();
    auto state = std::make_shared<XenState>(delta.facts);
    if (before && !delta.extentsChanged)
        state->extents = before->extents;
    if (before)
        std::copy_if(before->tables.begin(), before->tables.end(), std::back_inserter(state->tables),
            [&delta](const XenTable& table) {
                return !std::binary_search(delta.gone.begin(), delta.gone.end(), table.frame)
                    && !std::binary_search(delta.tables.begin(), delta.tables.end(), table, byFrame);
            });
    const bool sorted = std::is_sorted(delta.tables.begin(), delta.tables.end(), byFrame)
        && std::is_sorted(delta.gone.begin(), delta.gone.end()) && inOrder(state->extents);
    if (!sorted)
        return failure("replay a step of the recording", "what it records of Xen is out of order",
            "the recording is damaged");
    const auto middle = static_cast<std::ptrdiff_t>(state->tables.size());
    state->tables.insert(state->tables.end(), delta.tables.begin(), delta.tables.end());
    std::inplace_merge(state->tables.begin(), state->tables.begin() + middle, state->tables.end(), byFrame);
    return state;
}

void encodeXen(const XenDelta& delta, Packer& out)
{
    const XenState& facts = delta.facts;
    out.byte(static_cast<std::uint8_t>((delta.present ? present : 0U) | (facts.domain ? hasDomain : 0U)
        | (facts.isolated ? isolated : 0U) | (facts.rootKnown ? rootKnown : 0U)
        | (facts.complete ? complete : 0U) | (delta.extentsChanged ? hasExtents : 0U)));
    if (!delta.present)
        return;
    if (facts.domain)
        out.number(*facts.domain);
    out.number(facts.root.value);
    out.number(facts.p2m.value);
    out.number(facts.p2mFrames);
    if (delta.extentsChanged) {
        out.number(facts.extents.size());
        XenExtent last;
        for (const XenExtent& extent : facts.extents) {
            out.difference(last.machine.value + last.frames, extent.machine.value);
            out.difference(last.guest.value + last.frames, extent.guest.value);
            out.number(extent.frames);
            out.number(extent.domain);
            last = extent;
        }
    }
    std::uint64_t frame = 0;
    out.number(delta.gone.size());
    for (const FrameNumber gone : delta.gone) {
        out.difference(frame, gone.value);
        frame = gone.value;
    }
    packTables(delta.tables, frame, out);
}

void encodeXenTables(const std::vector<XenTable>& tables, Packer& out) { packTables(tables, 0, out); }

namespace {

XenExtents decodeExtents(Unpacker& in, std::size_t& budget)
{
    auto extents = row<XenExtent>(in, 4, budget);
    XenExtent last;
    for (XenExtent& extent : extents) {
        extent.machine = FrameNumber(in.difference(last.machine.value + last.frames));
        extent.guest = GuestFrame(in.difference(last.guest.value + last.frames));
        extent.frames = in.number();
        extent.domain = static_cast<std::uint16_t>(in.number());
        last = extent;
    }
    return XenExtents(std::move(extents));
}

std::vector<XenTable> unpackTables(Unpacker& in, std::uint64_t frame, std::size_t& budget)
{
    auto tables = row<XenTable>(in, 3, budget);
    for (XenTable& table : tables) {
        table.frame = FrameNumber(frame = in.difference(frame));
        const std::uint8_t bits = in.byte();
        const unsigned level = bits & (pinnedBit - 1);
        if (level < 1 || level > 4 || (bits & ~(pinnedBit | 7)) != 0)
            in.fail();
        table.type = static_cast<XenFrameType>(level);
        table.pinned = (bits & pinnedBit) != 0;
        table.uses = in.number();
    }
    return tables;
}

void decodeTables(Unpacker& in, XenDelta& delta, std::size_t& budget)
{
    std::uint64_t frame = 0;
    delta.gone = row<FrameNumber>(in, 1, budget);
    for (FrameNumber& gone : delta.gone)
        gone = FrameNumber(frame = in.difference(frame));
    delta.tables = unpackTables(in, frame, budget);
}

} // namespace

std::vector<XenTable> decodeXenTables(Unpacker& in, std::size_t& budget)
{
    auto tables = unpackTables(in, 0, budget);
    if (!std::is_sorted(tables.begin(), tables.end(), byFrame))
        in.fail();
    return tables;
}

XenDelta decodeXen(Unpacker& in, std::size_t& budget)
{
    XenDelta delta;
    const std::uint8_t bits = in.byte();
    if ((bits & ~allBits) != 0)
        in.fail();
    delta.present = (bits & present) != 0;
    if (!delta.present)
        return delta;
    XenState& facts = delta.facts;
    if ((bits & hasDomain) != 0)
        facts.domain = static_cast<std::uint16_t>(in.number());
    facts.isolated = (bits & isolated) != 0;
    facts.rootKnown = (bits & rootKnown) != 0;
    facts.complete = (bits & complete) != 0;
    facts.root = PhysicalAddress(in.number());
    facts.p2m = LinearAddress(in.number());
    facts.p2mFrames = in.number();
    delta.extentsChanged = (bits & hasExtents) != 0;
    if (delta.extentsChanged)
        facts.extents = decodeExtents(in, budget);
    decodeTables(in, delta, budget);
    return delta;
}

} // namespace pgtscope::core
