// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/linux/recognition.h"

#include <algorithm>
#include <string_view>

#include "core/linux/events.h"
#include "core/walk/translation.h"

namespace pgtscope::core {

bool areLinux(const SymbolTable& symbols)
{
    const auto isEntryInC = [](const BootEvent& event) {
        return event.everyBoot && event.phase == BootPhase::EarlyC && event.flavour != KernelFlavour::Lab;
    };
    return std::ranges::any_of(bootEvents(), [&](const BootEvent& event) {
        return isEntryInC(event) && symbols.find(event.symbols.front()).has_value();
    });
}

namespace {

constexpr std::string_view banner = "Linux version ";
constexpr std::uint64_t mebibyte = 1ULL << 20;

class BannerSearch {
public:
    BannerSearch(const Snapshot& snapshot, PhysicalMemory& memory)
        : m_snapshot(snapshot)
        , m_memory(memory)
    {
    }

    /// Looks at `bytes` bytes from each multiple of `step` on.
    std::optional<LinearAddress> within(LinearRange range, std::uint64_t step, std::size_t bytes)
    {
        m_buffer.resize(bytes);
        for (LinearAddress at = range.begin; at < range.end; at = at + step)
            if (const auto found = in(at, bytes))
                return found;
        return std::nullopt;
    }

    bool isAt(LinearAddress place)
    {
        m_buffer.resize(banner.size() + 1);
        return in(place, m_buffer.size()) == place;
    }

    bool maps(LinearAddress linear, PhysicalAddress physical) const
    {
        const Translation at = translate(m_snapshot, linear);
        return at.end == TranslationEnd::Mapped && at.physical == physical;
    }

private:
    std::optional<LinearAddress> in(LinearAddress at, std::size_t bytes)
    {
        const auto read = std::span(m_buffer).first(bytes);
        if (!readLinear(m_snapshot, m_memory, at, std::as_writable_bytes(read)))
            return std::nullopt;
        const std::string_view text(read.data(), read.size());
        for (std::size_t place = text.find(banner); place != std::string_view::npos;
             place = text.find(banner, place + 1)) {
            const std::size_t release = place + banner.size();
            if (release < text.size() && text[release] >= '0' && text[release] <= '9')
                return at + place;
        }
        return std::nullopt;
    }

    const Snapshot& m_snapshot;
    PhysicalMemory& m_memory;
    std::vector<char> m_buffer;
};

} // namespace

std::optional<LinearAddress> findLinuxBanner(
    const Snapshot& snapshot, PhysicalMemory& memory, std::optional<LinearAddress> known)
{
    const Paging& paging = snapshot.paging();
    if (!paging.enabled())
        return std::nullopt;
    BannerSearch search(snapshot, memory);
    if (known && search.isAt(*known))
        return known;
    if (paging.linearBits() != 32)
        return search.within({LinearAddress(0xffffffff80000000), LinearAddress(0xffffffffc0000000)},
            2 * mebibyte, 4 * frameBytes);
    // CONFIG_PAGE_OFFSET, arch/x86/Kconfig. The direct map begins there, with the frames of the image.
    for (const std::uint64_t base :
        {0xc0000000ULL, 0xb0000000ULL, 0x80000000ULL, 0x78000000ULL, 0x40000000ULL}) {
        const LinearAddress image(base + mebibyte);
        if (!search.maps(image, PhysicalAddress(mebibyte)))
            continue;
        if (const auto found
            = search.within({image, image + 31 * mebibyte}, mebibyte / 4, mebibyte / 4 + banner.size() + 1))
            return found;
    }
    return std::nullopt;
}

} // namespace pgtscope::core
