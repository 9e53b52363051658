// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/kallsymstables.h"

#include <algorithm>

#include "core/symbols/bytes.h"

namespace pgtscope::core {

namespace {

using Image = std::span<const std::byte>;

/// KSYM_NAME_LEN is 512 since 6.1; no token can be longer than a name.
constexpr std::uint64_t maxTokenBytes = 512;
constexpr std::uint64_t indexBytes = 512;
constexpr std::uint64_t symbolsPerMarker = 256;
/// The markers lie close before the tokens: 3 bytes a symbol at most between, for 2 million symbols.
constexpr std::uint64_t maxMarkerDistance = std::uint64_t{8} << 20;
constexpr std::uint32_t maxSymbols = 2'000'000;
/// Fewer markers than these say too little to be distinguished from other data.
constexpr std::uint64_t minMarkers = 4;
/// 256 names of at least two bytes, and of at most 512 plus the length.
constexpr std::uint64_t minMarkerStep = symbolsPerMarker * 2;
constexpr std::uint64_t maxMarkerStep = symbolsPerMarker * 514;

bool isIndexAt(Image image, std::uint64_t at)
{
    unsigned previous = 0;
    for (unsigned i = 1; i < 256; ++i) {
        const unsigned value = littleEndianAt<std::uint16_t>(image, at + 2 * i);
        if (value <= previous || value - previous > maxTokenBytes) {
            return false;
        }
        previous = value;
    }
    return true;
}

/// The NUL-terminated token at `at`, only of characters that symbol names use.
std::optional<std::string_view> tokenAt(Image image, std::uint64_t at, std::uint64_t limit)
{
    const auto* text = reinterpret_cast<const char*>(image.data() + at);
    const std::size_t most = std::min<std::uint64_t>(limit - at, maxTokenBytes + 1);
    for (std::size_t length = 0; length < most; ++length) {
        const char c = text[length];
        if (c == '\0') {
            return std::string_view(text, length);
        }
        if (c < '!' || c > '~') {
            return std::nullopt;
        }
    }
    return std::nullopt;
}

/// Checks that tokens which begin at `begin` end, up to alignment, right before the index at `index`.
std::optional<TokenTable> tokensAt(Image image, std::uint64_t begin, std::uint64_t index)
{
    TokenTable table{begin, index, index + indexBytes, {}};
    std::uint64_t expected = begin;
    for (unsigned i = 0; i < 256; ++i) {
        const std::uint64_t at = begin + littleEndianAt<std::uint16_t>(image, index + 2 * i);
        if (at != expected) {
            return std::nullopt;
        }
        const auto token = tokenAt(image, at, index);
        if (!token) {
            return std::nullopt;
        }
        table.tokens[i] = *token;
        expected = at + token->size() + 1;
    }
    if (alignedUp(expected, 4) != index && alignedUp(expected, 8) != index) {
        return std::nullopt;
    }
    return table;
}

std::optional<TokenTable> tokensBefore(Image image, std::uint64_t index, WorkBudget& budget)
{
    const std::uint64_t last = littleEndianAt<std::uint16_t>(image, index + indexBytes - 2);
    const std::uint64_t nearest = last + 1;
    const std::uint64_t farthest = last + maxTokenBytes + 8;
    for (std::uint64_t back = alignedUp(nearest, 4); back <= farthest && back <= index; back += 4) {
        if (!budget.spend(8)) {
            return std::nullopt;
        }
        // A token ends where the next begins; looking at one such place refutes nearly every wrong start.
        const std::uint64_t second = index - back + littleEndianAt<std::uint16_t>(image, index + 2);
        if (image[second - 1] != std::byte{0}) {
            continue;
        }
        budget.spend(256);
        if (auto table = tokensAt(image, index - back, index)) {
            return table;
        }
    }
    return std::nullopt;
}

/// Markers as stored: 32 bits each since 4.20, of pointer size before.
struct Markers {
    Image image;
    std::uint64_t at;
    unsigned width;

    std::uint64_t operator[](std::uint64_t i) const
    {
        return width == 8 ? littleEndianAt<std::uint64_t>(image, at + 8 * i)
                          : littleEndianAt<std::uint32_t>(image, at + 4 * i);
    }
    /// Whether the first `count` markers rise by what 256 names can take.
    bool plausible(std::uint64_t count) const
    {
        std::uint64_t previous = (*this)[0];
        if (previous != 0) {
            return false;
        }
        for (std::uint64_t i = 1; i < count; ++i) {
            const std::uint64_t value = (*this)[i];
            if (value - previous < minMarkerStep || value - previous > maxMarkerStep) {
                return false;
            }
            previous = value;
        }
        return true;
    }
};

/// Walks `count` names from `at`; the offset after the last, or nullopt.
std::optional<std::uint64_t> skipNames(Image image, std::uint64_t at, std::uint64_t count, WorkBudget& budget)
{
    if (!budget.spend(count)) {
        return std::nullopt;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto name = packedNameAt(image, at);
        if (!name) {
            return std::nullopt;
        }
        at = name->next();
    }
    return at;
}

class NameSearch {
public:
    NameSearch(Image image, const TokenTable& tokens, unsigned pointerBytes, WorkBudget& budget)
        : m_image(image)
        , m_tokens(tokens)
        , m_pointerBytes(pointerBytes)
        , m_budget(budget)
    {
    }

    std::optional<NameTable> run()
    {
        const std::uint64_t reach = std::min(m_tokens.begin, maxMarkerDistance);
        for (std::uint64_t back = 4 * minMarkers; back <= reach && !m_budget.spent(); back += 4) {
            for (const unsigned width : {4U, 8U}) {
                if (width > m_pointerBytes) {
                    continue;
                }
                const Markers markers{m_image, m_tokens.begin - back, width};
                if (!markers.plausible(minMarkers)) {
                    continue;
                }
                if (auto names = namesOf(markers, back)) {
                    return names;
                }
            }
        }
        return std::nullopt;
    }

private:
    /// The distance to the tokens leaves few possible numbers of markers: exactly filled by them, or by them
    /// and 3 bytes of seqs_of_names a symbol.
    std::optional<NameTable> namesOf(const Markers& markers, std::uint64_t back)
    {
        const std::uint64_t alone = back / markers.width;
        const std::uint64_t withSeqs = back / (markers.width + 3 * symbolsPerMarker);
        for (const std::uint64_t count : {alone, alone - 1, withSeqs, withSeqs + 1, withSeqs + 2}) {
            if (count < minMarkers || count > maxSymbols / symbolsPerMarker + 1 || !m_budget.spend(count)
                || !markers.plausible(count)) {
                continue;
            }
            if (auto names = namesBefore(markers, count)) {
                return names;
            }
        }
        return std::nullopt;
    }

    std::optional<NameTable> namesBefore(const Markers& markers, std::uint64_t markerCount)
    {
        const std::uint64_t last = markers[markerCount - 1];
        for (std::uint64_t back = alignedUp(last + 2, 4); back <= last + maxMarkerStep + 8; back += 4) {
            // The count is right before the names (7.x), or padded to a pointer's size.
            for (std::uint64_t header = 4; header <= m_pointerBytes; header += 4) {
                if (back + header > markers.at || !m_budget.spend(1)) {
                    return std::nullopt;
                }
                const std::uint64_t begin = markers.at - back;
                const NameTable names{begin - header, begin,
                    littleEndianAt<std::uint32_t>(m_image, begin - header), m_pointerBytes};
                if (fits(names, markers, markerCount)) {
                    return names;
                }
            }
        }
        return std::nullopt;
    }

    /// Cheap checks first: the count against the number of markers, the end of the last group, then all.
    bool fits(const NameTable& names, const Markers& markers, std::uint64_t markerCount)
    {
        if (names.count > maxSymbols
            || alignedUp(names.count, symbolsPerMarker) / symbolsPerMarker != markerCount
            || !reachesTokens(names, markers, markerCount)) {
            return false;
        }
        const std::uint64_t lastGroup = (markerCount - 1) * symbolsPerMarker;
        const auto end
            = skipNames(m_image, names.begin + markers[markerCount - 1], names.count - lastGroup, m_budget);
        return end && endsAt(*end, markers.at) && groupsMatch(names, markers, markerCount);
    }

    /// Whether what ends at `end` is followed by a table at `next`: aligned to 4 bytes (7.x) or to a
    /// pointer's.
    bool endsAt(std::uint64_t end, std::uint64_t next) const
    {
        return alignedUp(end, 4) == next || alignedUp(end, m_pointerBytes) == next;
    }

    bool reachesTokens(const NameTable& names, const Markers& markers, std::uint64_t markerCount) const
    {
        const std::uint64_t end = markers.at + markers.width * markerCount;
        return endsAt(end, m_tokens.begin)
            || endsAt(alignedUp(end, m_pointerBytes) + 3 * std::uint64_t{names.count}, m_tokens.begin);
    }

    bool groupsMatch(const NameTable& names, const Markers& markers, std::uint64_t markerCount)
    {
        std::uint64_t at = names.begin;
        for (std::uint64_t i = 1; i < markerCount; ++i) {
            const auto end = skipNames(m_image, at, symbolsPerMarker, m_budget);
            if (!end || *end != names.begin + markers[i]) {
                return false;
            }
            at = *end;
        }
        return true;
    }

    Image m_image;
    const TokenTable& m_tokens;
    unsigned m_pointerBytes;
    WorkBudget& m_budget;
};

} // namespace

std::optional<PackedName> packedNameAt(std::span<const std::byte> image, std::uint64_t offset)
{
    std::uint32_t length = littleEndianAt<std::uint8_t>(image, offset);
    std::uint64_t at = offset + 1;
    if ((length & 0x80U) != 0) {
        length = (length & 0x7fU) | (std::uint32_t{littleEndianAt<std::uint8_t>(image, at)} << 7U);
        ++at;
    }
    if (length == 0 || at > image.size() || length > image.size() - at) {
        return std::nullopt;
    }
    return PackedName{at, length};
}

std::optional<TokenTable> findTokenTable(
    std::span<const std::byte> image, std::uint64_t from, WorkBudget& budget)
{
    for (std::uint64_t at = alignedUp(from, 4); at + indexBytes <= image.size(); at += 4) {
        // The index begins with 0 and the length of the first token plus 1: read as one number, for speed.
        const auto first = littleEndianAt<std::uint32_t>(image, at);
        if ((first & 0xffffU) != 0 || first == 0 || (first >> 16U) > maxTokenBytes || !isIndexAt(image, at)) {
            continue;
        }
        if (auto table = tokensBefore(image, at, budget)) {
            return table;
        }
        if (budget.spent()) {
            return std::nullopt;
        }
    }
    return std::nullopt;
}

std::optional<NameTable> findNameTable(
    std::span<const std::byte> image, const TokenTable& tokens, unsigned pointerBytes, WorkBudget& budget)
{
    return NameSearch(image, tokens, pointerBytes, budget).run();
}

} // namespace pgtscope::core
