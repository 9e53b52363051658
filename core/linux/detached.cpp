// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/linux/detached.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace pgtscope::core {

std::string_view evidenceText(LevelEvidence evidence)
{
    constexpr std::array<std::string_view, 7> texts{"known from the allocator or the hypervisor",
        "its entries reference tables", "its entries can only map pages", "all zero: not filled yet",
        "all zero, but referenced by a detached table", "not readable", "handed out, not cleared yet"};
    return texts[static_cast<std::size_t>(evidence)];
}

std::vector<DetachedRoot> DetachedTables::roots() const
{
    std::vector<DetachedRoot> result;
    for (const DetachedTable& table : tables)
        if (table.level != 0)
            result.push_back({addressOf(table.frame), table.level});
    std::stable_sort(result.begin(), result.end(), [](auto& a, auto& b) { return a.level > b.level; });
    return result;
}

namespace {

constexpr std::size_t maxCandidates = 1U << 15;
constexpr std::size_t framesPerRead = 256;
/// Frames looked at, candidates or not: a hostile range may have any length.
constexpr std::size_t maxVisits = 1U << 20;

/// A page of the allocator, and what its content says.
struct Candidate {
    DetachedTable table;
    unsigned knownChild = 0; ///< Highest level among the known tables that it references.
    std::vector<std::uint32_t> children; ///< Candidates that it references.
};

class Search {
public:
    Search(
        const Snapshot& reachable, std::span<const LevelHint> hints, std::span<const FrameNumber> notCleared)
        : m_snapshot(reachable)
        , m_paging(reachable.paging())
        , m_notCleared(notCleared.begin(), notCleared.end())
    {
        for (const Table& table : reachable.tables()) {
            unsigned& level = m_known[table.frame()];
            level = std::max(level, unsigned{table.level});
        }
        for (const LevelHint& hint : hints)
            if (hint.level >= 1 && hint.level <= m_paging.levels())
                m_hints.emplace(hint.frame, hint.level);
    }

    void addFrames(GuestFrameRange guest)
    {
        for (const FramePiece& piece : m_snapshot.pieces(guest))
            addRange(piece.frames);
    }

    void addRange(FrameRange range)
    {
        for (FrameNumber frame = range.begin; frame < range.end; frame = frame + 1) {
            if (m_candidates.size() == maxCandidates || ++m_visits > maxVisits) {
                m_cut = true;
                return;
            }
            if (m_known.contains(frame) || !m_snapshot.ramMap().contains(addressOf(frame), frameBytes))
                continue;
            const auto index = static_cast<std::uint32_t>(m_candidates.size());
            if (m_index.emplace(frame, index).second)
                m_candidates.push_back({{frame, 0, LevelEvidence::Empty}, 0, {}});
        }
    }

    Result<void> readPages(PhysicalMemory& memory)
    {
        std::vector<std::byte> buffer(framesPerRead * frameBytes);
        for (std::size_t begin = 0; begin < m_candidates.size(); begin += framesPerRead) {
            const std::size_t count = std::min(framesPerRead, m_candidates.size() - begin);
            std::vector<PhysicalRead> batch;
            for (std::size_t i = 0; i < count; ++i)
                batch.push_back({addressOf(m_candidates[begin + i].table.frame),
                    std::span(buffer).subspan(i * frameBytes, frameBytes)});
            RETURN_IF_ERROR(memory.read(batch));
            for (std::size_t i = 0; i < count; ++i)
                look(m_candidates[begin + i], batch[i]);
        }
        return {};
    }

    DetachedTables finish()
    {
        // Each round can settle the parents of what the previous round settled.
        for (unsigned round = 0; round < maxLevels; ++round)
            for (Candidate& candidate : m_candidates)
                settle(candidate);
        for (Candidate& candidate : m_candidates)
            settleOnEmptyChildren(candidate);
        DetachedTables result;
        result.cut = m_cut;
        for (const Candidate& candidate : m_candidates)
            result.tables.push_back(candidate.table);
        std::sort(
            result.tables.begin(), result.tables.end(), [](auto& a, auto& b) { return a.frame < b.frame; });
        return result;
    }

private:
    void look(Candidate& candidate, const PhysicalRead& read)
    {
        DetachedTable& table = candidate.table;
        if (!read.ok) {
            table.evidence = LevelEvidence::Unreadable;
            return;
        }
        if (m_notCleared.contains(table.frame)) {
            table.evidence = LevelEvidence::NotCleared;
            return;
        }
        auto page = std::make_shared<TablePage>();
        std::memcpy(page->words.data(), read.bytes.data(), frameBytes);
        const bool empty = std::all_of(page->words.begin(), page->words.end(), [](auto w) { return w == 0; });
        if (const auto hint = m_hints.find(table.frame); hint != m_hints.end()) {
            table.level = hint->second;
            table.evidence = LevelEvidence::Hint;
        } else if (!empty) {
            Table content;
            content.address = addressOf(table.frame);
            content.level = 1;
            content.page = std::move(page);
            judge(candidate, content);
        }
    }

    /// Decides between leaves and references, and the level of leaves.
    void judge(Candidate& candidate, const Table& content) const
    {
        bool large = false;
        bool sameIndex = true;
        bool present = false;
        for (const EntryAt& at : content.entries(m_paging)) {
            present = true;
            large = large || isLarge(at.entry);
            const FrameNumber target = frameOf(at.entry.target);
            // A direct map puts frame n at index n of its table. References have no reason to.
            sameIndex = sameIndex && target.value % m_paging.at(1).entries == at.index;
            if (!large && !noteReference(candidate, target))
                return setLeaf(candidate, 1);
        }
        if (!present)
            return;
        if (large)
            setLeaf(candidate, largePageLevel(content));
        else if (sameIndex)
            setLeaf(candidate, 1);
    }

    /// False if the target is no table: then the entry is a leaf.
    bool noteReference(Candidate& candidate, FrameNumber target) const
    {
        if (const auto known = m_known.find(target); known != m_known.end()) {
            candidate.knownChild = std::max(candidate.knownChild, known->second);
            return true;
        }
        const auto other = m_index.find(target);
        if (other == m_index.end())
            return false;
        candidate.children.push_back(other->second);
        return true;
    }

    static void setLeaf(Candidate& candidate, unsigned level)
    {
        candidate.table.level = level;
        candidate.table.evidence = LevelEvidence::MapsPages;
        candidate.knownChild = 0;
        candidate.children.clear();
    }

    /// Bit 7 is PS in every entry but a PTE, as which this one has been decoded: there it is PAT.
    static bool isLarge(const Entry& pte) { return pte.pat(); }

    /// The level whose page size all large entries are aligned to.
    unsigned largePageLevel(const Table& content) const
    {
        const unsigned highest = std::min(m_paging.levels(), 3U);
        unsigned level = 1;
        while (level < highest && mayMapPagesOf(level + 1, content))
            ++level;
        unsigned large = 0;
        for (const EntryAt& at : content.entries(m_paging))
            large += isLarge(at.entry) ? 1U : 0U;
        // One lone entry may be aligned to more than its size: the smaller large page is the likelier.
        return large == 1 ? std::min(level, 2U) : level;
    }

    /// Whether all large entries are valid at that level, and no two pages overlap.
    bool mayMapPagesOf(unsigned level, const Table& content) const
    {
        std::optional<PhysicalAddress> last;
        for (const EntryAt& at : content.entries(m_paging)) {
            if (!isLarge(at.entry))
                continue;
            const Entry entry = m_paging.decode(level, at.entry.raw);
            // What is reserved in a PTE as well says nothing about the level.
            const bool aligned = (entry.reserved & ~at.entry.reserved) == 0;
            if (!entry.isPage() || !aligned || (last && entry.target - *last < m_paging.span(level)))
                return false;
            last = entry.target;
        }
        return true;
    }

    void settle(Candidate& candidate) const
    {
        if (candidate.table.level != 0)
            return;
        unsigned highest = candidate.knownChild;
        for (const std::uint32_t child : candidate.children)
            highest = std::max(highest, m_candidates[child].table.level);
        setParent(candidate, highest);
    }

    void setParent(Candidate& candidate, unsigned childLevel) const
    {
        if (childLevel == 0 || childLevel + 1 > m_paging.levels())
            return;
        candidate.table.level = childLevel + 1;
        candidate.table.evidence = LevelEvidence::PointsAtTables;
    }

    /// Nothing below is known: if all that it references is empty, these are fresh page tables.
    void settleOnEmptyChildren(Candidate& candidate)
    {
        const bool references = !candidate.children.empty();
        if (candidate.table.level == 0 && references)
            setParent(candidate, 1);
        if (!references || candidate.table.level < 2)
            return;
        for (const std::uint32_t index : candidate.children) {
            DetachedTable& child = m_candidates[index].table;
            if (child.evidence != LevelEvidence::Empty || child.level != 0
                || !m_candidates[index].children.empty())
                continue;
            child.level = candidate.table.level - 1;
            child.evidence = LevelEvidence::Referenced;
        }
    }

    const Snapshot& m_snapshot;
    const Paging& m_paging;
    std::unordered_map<FrameNumber, unsigned> m_known;
    std::unordered_map<FrameNumber, unsigned> m_hints;
    std::unordered_map<FrameNumber, std::uint32_t> m_index;
    std::unordered_set<FrameNumber> m_notCleared;
    std::vector<Candidate> m_candidates;
    std::size_t m_visits = 0;
    bool m_cut = false;
};

} // namespace

Result<DetachedTables> findDetachedTables(const Snapshot& reachable, PhysicalMemory& memory,
    const PageTableBuffer& buffer, std::span<const LevelHint> hints, std::span<const FrameNumber> notCleared)
{
    const bool believed = buffer.trust == PgtBufTrust::Live || buffer.trust == PgtBufTrust::HandedBack;
    if (!believed || !reachable.paging().enabled())
        return DetachedTables{};
    Search search(reachable, hints, notCleared);
    for (auto epoch = buffer.epochs.rbegin(); epoch != buffer.epochs.rend(); ++epoch)
        search.addFrames(epoch->used());
    for (const GuestFrameRange& range : buffer.beyond)
        search.addFrames(range);
    RETURN_IF_ERROR(search.readPages(memory));
    return search.finish();
}

} // namespace pgtscope::core
