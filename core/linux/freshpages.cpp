// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/linux/freshpages.h"

#include <algorithm>

namespace pgtscope::core {

namespace {

/// No caller of the allocator takes more pages at once.
constexpr std::uint64_t maxAtOnce = 64;

Result<std::unique_ptr<TablePage>> readPage(FrameNumber frame, PhysicalMemory& memory)
{
    auto page = std::make_unique<TablePage>();
    PhysicalRead read{addressOf(frame), std::as_writable_bytes(std::span(page->words))};
    RETURN_IF_ERROR(memory.read(std::span(&read, 1)));
    if (!read.ok)
        page.reset();
    return page;
}

bool holdsOldWords(const TablePage& now, const TablePage& before)
{
    for (std::size_t i = 0; i < now.words.size(); ++i)
        if (now.words[i] != 0 && now.words[i] == before.words[i])
            return true;
    return false;
}

} // namespace

Result<void> FreshPages::handedOut(std::span<const FramePiece> frames, PhysicalMemory& memory)
{
    m_found.clear();
    std::uint64_t left = maxAtOnce;
    for (const FramePiece& piece : frames) {
        for (FrameNumber frame = piece.frames.begin; frame < piece.frames.end && left != 0; --left) {
            ASSIGN_OR_RETURN(auto page, readPage(frame, memory));
            if (page)
                m_found.emplace(frame, std::move(page));
            frame = frame + 1;
        }
    }
    return look(memory);
}

Result<void> FreshPages::look(PhysicalMemory& memory)
{
    for (auto at = m_found.begin(); at != m_found.end();) {
        ASSIGN_OR_RETURN(auto now, readPage(at->first, memory));
        at = now && holdsOldWords(*now, *at->second) ? std::next(at) : m_found.erase(at);
    }
    return {};
}

std::vector<FrameNumber> FreshPages::notCleared() const
{
    std::vector<FrameNumber> frames;
    for (const auto& [frame, content] : m_found)
        frames.push_back(frame);
    return frames;
}

} // namespace pgtscope::core
