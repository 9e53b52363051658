// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/kaslr.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace pgtscope::core {

namespace {

constexpr std::uint64_t wideWindowStart = 0xffffffff80000000;
constexpr std::uint64_t wideWindowBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t narrowWindowBytes = std::uint64_t{512} << 20;
/// CONFIG_PHYSICAL_ALIGN is at least 2 MiB on 64 bits; on 32 bits, 8 KiB is allowed and 2 MiB the default.
constexpr std::uint64_t usualStep = std::uint64_t{2} << 20;

struct Window {
    std::uint64_t first;
    std::uint64_t bytes;
};

/// Where `_text` may be. It begins so that slide 0 is one of the steps.
Window windowOf(const SlideClues& clues)
{
    if (clues.pointerBytes == 8) {
        const std::uint64_t rest = (clues.text.value - wideWindowStart) % slideStep(clues);
        return {wideWindowStart + rest, wideWindowBytes - rest};
    }
    return {clues.text.value, narrowWindowBytes};
}

std::uint64_t addressMask(const SlideClues& clues)
{
    return clues.pointerBytes == 8 ? ~std::uint64_t{0} : 0xffffffff;
}

class SlideSearch {
public:
    SlideSearch(const SlideClues& clues, const ReadLinear& read)
        : m_clues(clues)
        , m_read(read)
        , m_mask(addressMask(clues))
        , m_bytes(clues.banner.text.size())
    {
    }

    SlideAnswer run(const ExecutableMappings& mappings)
    {
        if (matches(0)) {
            return answer();
        }
        for (const LinearAddress start : mappings()) {
            const std::uint64_t slide = (start - m_clues.text) & m_mask;
            if (isPossibleSlide(m_clues, slide) && matches(slide)) {
                return answer();
            }
        }
        const auto [first, bytes] = windowOf(m_clues);
        for (std::uint64_t at = 0; at < bytes; at += slideStep(m_clues)) {
            if (matches((first + at - m_clues.text.value) & m_mask)) {
                return answer();
            }
        }
        return answer();
    }

private:
    bool matches(std::uint64_t slide)
    {
        if (!m_seen.insert(slide).second) {
            return false;
        }
        const LinearAddress place((m_clues.banner.link.value + slide) & m_mask);
        if (!m_read(place, m_bytes)) {
            return false;
        }
        m_sawMemory = true;
        m_found = std::memcmp(m_bytes.data(), m_clues.banner.text.data(), m_bytes.size()) == 0;
        m_slide = slide;
        return m_found;
    }

    SlideAnswer answer() const
    {
        const SlideState missed = m_sawMemory ? SlideState::NoMatch : SlideState::NotMapped;
        return {m_found ? SlideState::Found : missed, m_found ? m_slide : 0, m_seen.size()};
    }

    const SlideClues& m_clues;
    const ReadLinear& m_read;
    std::uint64_t m_mask;
    std::vector<std::byte> m_bytes;
    std::set<std::uint64_t> m_seen;
    std::uint64_t m_slide = 0;
    bool m_sawMemory = false;
    bool m_found = false;
};

} // namespace

std::uint64_t slideStep(const SlideClues& clues)
{
    // A step from a damaged header could make the scan endless or skip everything.
    const std::uint64_t stated = clues.alignment;
    return stated >= usualStep && stated <= narrowWindowBytes && (stated & (stated - 1)) == 0 ? stated
                                                                                              : usualStep;
}

bool isPossibleSlide(const SlideClues& clues, std::uint64_t slide)
{
    const auto [first, bytes] = windowOf(clues);
    const std::uint64_t text = clues.text.value + slide;
    return ((text - first) & addressMask(clues)) < bytes && slide % frameBytes == 0;
}

Result<SlideClues> slideCluesOf(const KernelSymbols& symbols)
{
    if (!symbols.banner || symbols.banner->text.empty() || !symbols.text) {
        return failure("find the KASLR slide", symbols.path + " does not hold the kernel's banner",
            "give the bzImage or vmlinux, or boot with nokaslr");
    }
    return SlideClues{*symbols.text, *symbols.banner, symbols.pointerBytes, symbols.alignment};
}

SlideAnswer findSlide(const SlideClues& clues, const ExecutableMappings& mappings, const ReadLinear& read)
{
    if (clues.banner.text.empty()) {
        return {};
    }
    return SlideSearch(clues, read).run(mappings);
}

} // namespace pgtscope::core
