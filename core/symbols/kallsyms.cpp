// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/kallsyms.h"

#include <algorithm>
#include <optional>
#include <string>

#include "core/symbols/bytes.h"
#include "core/symbols/kallsymstables.h"

namespace pgtscope::core {

namespace {

using Image = std::span<const std::byte>;

/// Enough for ten times the largest kernel; an image made to mislead ends here after about a second.
constexpr std::uint64_t searchSteps = 100'000'000;
/// KSYM_NAME_LEN is 512; the type letter comes on top.
constexpr std::size_t maxTokenedNameBytes = 513;
/// Sum over all names; a distribution kernel has 5 MiB of them.
constexpr std::size_t maxNamesBytes = std::size_t{256} << 20;
/// CONFIG_PAGE_OFFSET of a 32-bit kernel is 1 GiB at least (VMSPLIT_1G).
constexpr std::uint64_t lowestNarrowKernel = 0x40000000;
constexpr std::uint64_t lowestWideKernel = 0xffff800000000000;

struct Addresses {
    std::vector<std::uint64_t> values;
    KallsymsAddresses form;
    bool last;
};

/// What the tables themselves do not say.
struct Placement {
    const LinkAddressOf& linkOf;
    std::optional<LinearAddress> origin;
};

/// One place where the addresses may be, and how they may be stored there.
class AddressReader {
public:
    AddressReader(Image image, const NameTable& names, const TokenTable& tokens, const Placement& placement)
        : m_image(image)
        , m_names(names)
        , m_tokens(tokens)
        , m_placement(placement)
        , m_width(names.pointerBytes)
    {
    }

    std::optional<Addresses> read() const
    {
        const std::uint64_t offsetBytes = alignedUp(4 * std::uint64_t{m_names.count}, m_width);
        const std::uint64_t plainBytes = m_width * std::uint64_t{m_names.count};
        const std::uint64_t before = m_names.countAt;
        const std::uint64_t after = alignedUp(m_tokens.end, m_width);
        if (auto found = relative(after, after + offsetBytes, true)) {
            return found;
        }
        if (auto found = plain(after, true)) {
            return found;
        }
        if (auto found = placeRelative(m_tokens.end)) {
            return found;
        }
        for (const std::uint64_t bytes : {4 * std::uint64_t{m_names.count}, offsetBytes}) {
            if (auto found = fromOrigin(before - bytes)) {
                return found;
            }
        }
        if (before >= offsetBytes + m_width) {
            if (auto found = relative(before - m_width - offsetBytes, before - m_width, false)) {
                return found;
            }
        }
        return before >= plainBytes ? plain(before - plainBytes, false) : std::nullopt;
    }

private:
    std::uint64_t pointerAt(std::uint64_t at) const
    {
        return m_width == 8 ? littleEndianAt<std::uint64_t>(m_image, at)
                            : littleEndianAt<std::uint32_t>(m_image, at);
    }

    bool inKernel(std::uint64_t address) const
    {
        return m_width == 8 ? address >= lowestWideKernel
                            : address >= lowestNarrowKernel && address <= 0xffffffff;
    }

    bool isInside(std::uint64_t at, std::uint64_t bytes) const
    {
        return at <= m_image.size() && bytes <= m_image.size() - at;
    }

    /// kallsyms sorts by address, so anything else means that these are not the addresses.
    bool isCredible(const std::vector<std::uint64_t>& values) const
    {
        return std::is_sorted(values.begin(), values.end()) && values.front() != values.back()
            && inKernel(values.back());
    }

    std::optional<Addresses> relative(std::uint64_t offsetsAt, std::uint64_t baseAt, bool last) const
    {
        const std::uint64_t base = pointerAt(baseAt);
        if (!isInside(offsetsAt, baseAt + m_width - offsetsAt) || !inKernel(base)) {
            return std::nullopt;
        }
        std::vector<std::int32_t> offsets(m_names.count);
        std::memcpy(offsets.data(), m_image.data() + offsetsAt, offsets.size() * sizeof(std::int32_t));
        // Kernels span less than 2 GiB, so without absolute per-CPU symbols no offset has the top bit.
        const bool perCpu = std::any_of(offsets.begin(), offsets.end(), [](std::int32_t o) { return o < 0; });
        std::vector<std::uint64_t> values(offsets.size());
        std::transform(offsets.begin(), offsets.end(), values.begin(), [&](std::int32_t o) {
            const auto offset = static_cast<std::uint64_t>(std::int64_t{o});
            if (!perCpu) {
                return base + offset;
            }
            return o >= 0 ? offset : base - 1 - offset;
        });
        if (!isCredible(values)) {
            return std::nullopt;
        }
        return Addresses{std::move(values),
            perCpu ? KallsymsAddresses::AbsolutePerCpu : KallsymsAddresses::Relative, last};
    }

    std::optional<Addresses> placeRelative(std::uint64_t at) const
    {
        const auto place = m_placement.linkOf ? m_placement.linkOf(at) : std::nullopt;
        if (!place || !isInside(at, 4 * std::uint64_t{m_names.count})) {
            return std::nullopt;
        }
        std::vector<std::uint64_t> values(m_names.count);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto offset = littleEndianAt<std::int32_t>(m_image, at + 4 * i);
            values[i] = place->value + 4 * i + static_cast<std::uint64_t>(std::int64_t{offset});
            if (m_width == 4) {
                values[i] &= 0xffffffff;
            }
        }
        if (!isCredible(values)) {
            return std::nullopt;
        }
        return Addresses{std::move(values), KallsymsAddresses::PlaceRelative, true};
    }

    std::optional<Addresses> fromOrigin(std::uint64_t at) const
    {
        if (!m_placement.origin || !isInside(at, 4 * std::uint64_t{m_names.count})) {
            return std::nullopt;
        }
        std::vector<std::uint64_t> values(m_names.count);
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = m_placement.origin->value + littleEndianAt<std::uint32_t>(m_image, at + 4 * i);
        }
        if (!isCredible(values)) {
            return std::nullopt;
        }
        return Addresses{std::move(values), KallsymsAddresses::OriginRelative, false};
    }

    std::optional<Addresses> plain(std::uint64_t at, bool last) const
    {
        if (!isInside(at, m_width * std::uint64_t{m_names.count})) {
            return std::nullopt;
        }
        std::vector<std::uint64_t> values(m_names.count);
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = pointerAt(at + m_width * i);
        }
        if (!isCredible(values)) {
            return std::nullopt;
        }
        return Addresses{std::move(values), KallsymsAddresses::Plain, last};
    }

    Image m_image;
    const NameTable& m_names;
    const TokenTable& m_tokens;
    const Placement& m_placement;
    unsigned m_width;
};

/// The type letter and the name that the packed bytes encode; false if it is no symbol name.
bool unpack(Image image, const PackedName& packed, const TokenTable& tokens, Symbol& symbol)
{
    std::size_t length = 0;
    for (std::uint32_t i = 0; i < packed.length; ++i) {
        length += tokens.tokens[std::to_integer<std::size_t>(image[packed.at + i])].size();
    }
    if (length < 2 || length > maxTokenedNameBytes) {
        return false;
    }
    symbol.name.reserve(length);
    for (std::uint32_t i = 0; i < packed.length; ++i) {
        symbol.name += tokens.tokens[std::to_integer<std::size_t>(image[packed.at + i])];
    }
    symbol.type = symbol.name.front();
    symbol.name.erase(0, 1);
    return true;
}

std::optional<Kallsyms> decode(
    Image image, const TokenTable& tokens, const NameTable& names, const Placement& placement)
{
    auto addresses = AddressReader(image, names, tokens, placement).read();
    if (!addresses) {
        return std::nullopt;
    }
    Kallsyms result;
    result.form = addresses->form;
    result.addressesLast = addresses->last;
    result.pointerBytes = names.pointerBytes;
    result.symbols.resize(names.count);
    std::uint64_t at = names.begin;
    std::size_t total = 0;
    for (std::uint32_t i = 0; i < names.count; ++i) {
        const auto packed = packedNameAt(image, at);
        Symbol& symbol = result.symbols[i];
        if (!packed || !unpack(image, *packed, tokens, symbol)
            || (total += symbol.name.size()) > maxNamesBytes) {
            return std::nullopt;
        }
        symbol.address = LinearAddress(addresses->values[i]);
        at = packed->next();
    }
    return result;
}

} // namespace

std::string_view nameOf(KallsymsAddresses form)
{
    switch (form) {
    case KallsymsAddresses::Plain:
        return "plain";
    case KallsymsAddresses::Relative:
        return "base-relative";
    case KallsymsAddresses::AbsolutePerCpu:
        return "base-relative, absolute per-CPU";
    case KallsymsAddresses::PlaceRelative:
        return "place-relative";
    case KallsymsAddresses::OriginRelative:
        return "origin-relative (Xen)";
    }
    return "unknown";
}

Result<Kallsyms> decodeKallsyms(std::span<const std::byte> image, unsigned pointerBytes,
    const LinkAddressOf& linkOf, std::optional<LinearAddress> origin)
{
    const std::string tried = "decode the kernel's kallsyms tables";
    const std::string advice = "give the matching vmlinux or System.map";
    WorkBudget budget(searchSteps);
    bool sawTokens = false;
    bool sawNames = false;
    for (auto tokens = findTokenTable(image, 0, budget); tokens;
         tokens = findTokenTable(image, tokens->end, budget)) {
        sawTokens = true;
        for (const unsigned width : {8U, 4U}) {
            if (pointerBytes != 0 && pointerBytes != width) {
                continue;
            }
            const auto names = findNameTable(image, *tokens, width, budget);
            if (!names) {
                continue;
            }
            sawNames = true;
            if (auto decoded = decode(image, *tokens, *names, {linkOf, origin})) {
                return std::move(*decoded);
            }
        }
    }
    if (budget.spent()) {
        return failure(tried, "too many places in the image only look like them", advice);
    }
    if (sawNames) {
        return failure(tried,
            linkOf ? "its names were found, but no addresses that match them"
                   : "its names were found, but their addresses depend on where the table is linked, which "
                     "raw bytes do not say",
            advice);
    }
    return failure(tried,
        sawTokens ? "its token table was found, but no names that match it"
                  : "there is no token table (a kernel built without CONFIG_KALLSYMS, or no kernel)",
        advice);
}

} // namespace pgtscope::core
