// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/linux/layout.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/linux/events.h"
#include "core/model/regionnames.h"
#include "core/walk/translation.h"

namespace pgtscope::core {

namespace {

constexpr std::uint64_t mib = 1ULL << 20;
constexpr std::uint64_t gib = 1ULL << 30;
constexpr std::uint64_t tib = 1ULL << 40;

/// Reads the kernel's variables by name.
class KernelVariables {
public:
    KernelVariables(const Snapshot& snapshot, const SymbolTable* symbols, PhysicalMemory& memory)
        : m_snapshot(snapshot)
        , m_symbols(symbols)
        , m_memory(memory)
    {
    }

    std::optional<LinearAddress> address(std::string_view name) const
    {
        return m_symbols ? m_symbols->find(name) : std::nullopt;
    }

    bool hasKaslr() const { return m_symbols && core::hasKaslr(*m_symbols); }

    /// An unsigned long; nullopt if there is no such symbol or it is not mapped yet.
    std::optional<std::uint64_t> word(std::string_view name) const
    {
        const auto at = address(name);
        std::uint64_t value = 0;
        const std::size_t bytes = m_snapshot.paging().linearBits() == 32 ? 4 : 8;
        if (!at
            || !readLinear(
                m_snapshot, m_memory, *at, std::as_writable_bytes(std::span(&value, 1)).first(bytes)))
            return std::nullopt;
        return value;
    }

    /// A base that KASLR moves: believed only if it is a kernel address at a PUD's boundary.
    std::uint64_t base(std::string_view name, std::uint64_t fixed) const
    {
        const std::uint64_t value = word(name).value_or(fixed);
        const bool believable
            = value % gib == 0 && value >> 63 != 0 && m_snapshot.paging().canonical(LinearAddress(value));
        return believable ? value : fixed;
    }

private:
    const Snapshot& m_snapshot;
    const SymbolTable* m_symbols;
    PhysicalMemory& m_memory;
};

/// Collects regions in ascending order; each is cut where the next begins.
class RegionList {
public:
    void add(std::string_view name, std::string title, std::uint64_t begin, std::uint64_t end)
    {
        if (!m_regions.empty()) {
            LinearAddress& previousEnd = m_regions.back().range.end;
            if (previousEnd.value > begin || previousEnd.value == 0)
                previousEnd = LinearAddress(begin);
        }
        m_regions.push_back(
            {std::string(name), std::move(title), {LinearAddress(begin), LinearAddress(end)}});
    }
    std::vector<LinearRegion> take()
    {
        std::erase_if(m_regions, [](const LinearRegion& r) { return r.range.begin == r.range.end; });
        return std::move(m_regions);
    }

private:
    std::vector<LinearRegion> m_regions;
};

struct LongModeBases {
    std::uint64_t hole, holeEnd, ldt, direct, directBytes, vmalloc, vmallocBytes, vmemmap, vmemmapBytes;
};
constexpr LongModeBases bases4{0xffff800000000000, 0xffff880000000000, 0xffff880000000000, 0xffff888000000000,
    64 * tib, 0xffffc90000000000, 32 * tib, 0xffffea0000000000, tib};
constexpr LongModeBases bases5{0xff00000000000000, 0xff10000000000000, 0xff10000000000000, 0xff11000000000000,
    32 * 1024 * tib, 0xffa0000000000000, 12800 * tib, 0xffd4000000000000, 512 * tib};

/// Up to v4.19 the direct map began where the LDT remap is now.
bool directMapIsOld(const Snapshot& snapshot, const KernelVariables& kernel)
{
    if (snapshot.paging().levels() != 4 || kernel.address("page_offset_base") || snapshot.tables().empty())
        return false;
    const Table& root = snapshot.table(0);
    return root.page && root.entry(snapshot.paging(), 272).present()
        && !root.entry(snapshot.paging(), 273).present();
}

void addMovableRegions(RegionList& list, const Snapshot& snapshot, const KernelVariables& kernel)
{
    LongModeBases at = snapshot.paging().levels() == 5 ? bases5 : bases4;
    const bool old = directMapIsOld(snapshot, kernel);
    if (old)
        at.direct = at.holeEnd;
    const std::uint64_t direct = kernel.base("page_offset_base", at.direct);
    const std::uint64_t vmalloc = kernel.base("vmalloc_base", at.vmalloc);
    const std::uint64_t vmemmap = kernel.base("vmemmap_base", at.vmemmap);
    if (snapshot.xen())
        list.add(region::xen, "Xen's own", at.hole, at.holeEnd);
    else
        list.add("hypervisor", "Guard hole, reserved for the hypervisor", at.hole, at.holeEnd);
    if (!old)
        list.add("ldt", "LDT remap", at.ldt, bases4.ldt == at.ldt ? bases4.direct : bases5.direct);
    // KASLR keeps the order direct map, vmalloc, vmemmap (arch/x86/mm/kaslr.c); anything else was garbage.
    const bool ordered = direct < vmalloc && vmalloc < vmemmap;
    list.add(region::direct, "Low Kernel Mapping", ordered ? direct : at.direct,
        (ordered ? direct : at.direct) + at.directBytes);
    list.add(region::vmalloc, "vmalloc() Area", ordered ? vmalloc : at.vmalloc,
        (ordered ? vmalloc : at.vmalloc) + at.vmallocBytes);
    list.add("vmemmap", "Vmemmap", ordered ? vmemmap : at.vmemmap,
        (ordered ? vmemmap : at.vmemmap) + at.vmemmapBytes);
}

std::vector<LinearRegion> longModeRegions(const Snapshot& snapshot, const KernelVariables& kernel)
{
    constexpr std::uint64_t imageBase = 0xffffffff80000000;
    constexpr std::uint64_t modulesEnd = 0xffffffffff000000;
    constexpr std::uint64_t vsyscall = 0xffffffffff600000;
    RegionList list;
    list.add(region::user, "User Space", 0, 1ULL << (snapshot.paging().linearBits() - 1));
    addMovableRegions(list, snapshot, kernel);
    list.add("cpu_entry_area", "CPU entry Area", 0xfffffe0000000000, 0xfffffe8000000000);
    list.add("espfix", "ESPfix Area", 0xffffff0000000000, 0xffffff8000000000);
    list.add("efi", "EFI Runtime Services", 0xffffffef00000000, 0xffffffff00000000);
    // KERNEL_IMAGE_SIZE is 1 GiB where the base can be randomised, 512 MiB elsewhere (page_64_types.h).
    const bool randomised = kernel.hasKaslr();
    const std::uint64_t image = imageBase + (randomised ? gib : gib / 2);
    const auto text = kernel.address("_text");
    const auto end = kernel.address("_end");
    if (text && end && text->value >= imageBase && *text < *end && end->value <= image) {
        list.add("kernel_low", "High Kernel Mapping, below the image", imageBase, text->value);
        list.add(region::kernel, "High Kernel Mapping", text->value, end->value);
        list.add("kernel_high", "High Kernel Mapping, above the image", end->value, image);
    } else {
        list.add(region::kernel, "High Kernel Mapping", imageBase, image);
    }
    list.add("modules", "Modules", image, modulesEnd);
    list.add(region::fixmap, "Fixmap Area", modulesEnd, vsyscall);
    list.add("vsyscall", "vsyscall page", vsyscall, vsyscall + frameBytes);
    list.add(region::fixmap, "Fixmap Area", vsyscall + frameBytes, 0xffffffffff800000);
    return list.take();
}

/// PKMAP_BASE: the linear address that the table at pkmap_page_table serves.
std::optional<std::uint64_t> persistentKmapBase(const Snapshot& snapshot, const KernelVariables& kernel)
{
    const auto table = kernel.word("pkmap_page_table");
    if (!table)
        return std::nullopt;
    const Translation at = translate(snapshot, LinearAddress(*table));
    if (at.end != TranslationEnd::Mapped)
        return std::nullopt;
    for (std::uint64_t linear = 0xc0000000; linear < 1ULL << 32; linear += snapshot.paging().span(2)) {
        const Translation path = translate(snapshot, LinearAddress(linear));
        for (const TranslationStep& step : path.steps)
            if (step.entry.level == 2 && step.entry.isTable()
                && frameOf(step.entry.target) == frameOf(at.physical))
                return linear;
    }
    return std::nullopt;
}

std::vector<LinearRegion> protectedModeRegions(const Snapshot& snapshot, const KernelVariables& kernel)
{
    // The default split; CONFIG_VMSPLIT_* choices show in the kernel's own address.
    const std::uint64_t text = kernel.address("_text").value_or(LinearAddress(0xc0000000)).value;
    const std::uint64_t pageOffset = text & 0xc0000000;
    const std::uint64_t highMemory = kernel.word("high_memory").value_or(0);
    RegionList list;
    list.add(region::user, "User Space", 0, pageOffset);
    if (highMemory <= pageOffset) {
        list.add(region::direct, "Kernel Mapping", pageOffset, 1ULL << 32);
        return list.take();
    }
    const auto kmap = persistentKmapBase(snapshot, kernel);
    list.add(region::direct, "Kernel Mapping", pageOffset, highMemory);
    // VMALLOC_START leaves a guard of 8 MiB (VMALLOC_OFFSET).
    list.add(region::vmalloc, "vmalloc() Area", highMemory + 8 * mib, kmap.value_or(1ULL << 32));
    if (kmap) {
        list.add("kmap", "Persistent kmap() Area", *kmap, *kmap + snapshot.paging().span(2));
        list.add(
            region::fixmap, "LDT, CPU entry and Fixmap Area", *kmap + snapshot.paging().span(2), 1ULL << 32);
    }
    return list.take();
}

} // namespace

std::vector<LinearRegion> linuxLinearRegions(
    const Snapshot& snapshot, const SymbolTable* symbols, PhysicalMemory& memory)
{
    const KernelVariables kernel(snapshot, symbols, memory);
    switch (snapshot.paging().mode()) {
    case PagingMode::Off:
        return {};
    case PagingMode::Bits32:
    case PagingMode::Pae:
        return protectedModeRegions(snapshot, kernel);
    case PagingMode::Level4:
    case PagingMode::Level5:
        return longModeRegions(snapshot, kernel);
    }
    return {};
}

namespace {

constexpr std::string_view lowerHalf = "lower_half";
constexpr std::string_view upperHalf = "upper_half";
constexpr std::string_view wholeSpace = "linear";

/// The image of a kernel that is not Linux, as most linker scripts name its borders.
std::optional<LinearRange> imageNamed(const SymbolTable& symbols)
{
    auto begin = symbols.find("_text");
    if (!begin)
        begin = symbols.find("_start");
    const auto end = symbols.find("_end");
    return begin && end && *begin < *end ? std::optional(LinearRange{*begin, *end}) : std::nullopt;
}

/// The regions, with `inner` cut out of the one that holds it.
std::vector<LinearRegion> withInner(const std::vector<LinearRegion>& regions, const LinearRegion& inner)
{
    std::vector<LinearRegion> parts;
    for (const LinearRegion& region : regions) {
        if (!region.range.contains(inner.range.begin) || !region.range.contains(inner.range.end - 1)) {
            parts.push_back(region);
            continue;
        }
        for (const LinearRegion& part :
            {LinearRegion{region.name, region.title, {region.range.begin, inner.range.begin}}, inner,
                LinearRegion{region.name, region.title, {inner.range.end, region.range.end}}})
            if (part.range.bytes() != 0)
                parts.push_back(part);
    }
    return parts;
}

} // namespace

std::vector<LinearRegion> plainLinearRegions(const Snapshot& snapshot, const SymbolTable* symbols)
{
    const Paging& paging = snapshot.paging();
    if (!paging.enabled())
        return {};
    std::vector<LinearRegion> regions;
    const LinearRange beyond = paging.nonCanonical();
    if (beyond.bytes() == 0) {
        regions.push_back(
            {std::string(wholeSpace), "Linear addresses", {LinearAddress(0), LinearAddress(1ULL << 32)}});
    } else {
        regions.push_back({std::string(lowerHalf), "Lower half", {LinearAddress(0), beyond.begin}});
        regions.push_back({std::string(upperHalf), "Upper half", {beyond.end, LinearAddress(0)}});
    }
    if (snapshot.xen() && paging.levels() == 4)
        regions = withInner(regions,
            {std::string(region::xen), "Xen's own",
                {LinearAddress(bases4.hole), LinearAddress(bases4.holeEnd)}});
    if (const auto image = symbols != nullptr ? imageNamed(*symbols) : std::nullopt)
        regions = withInner(regions, {std::string(region::kernel), "Image", *image});
    return regions;
}

bool hasPlainRegions(const Snapshot& snapshot)
{
    return std::ranges::any_of(snapshot.linearRegions(),
        [](const LinearRegion& region) { return region.name == lowerHalf || region.name == wholeSpace; });
}

namespace {

using enum ImagePart;

/// A part of physical memory, and the symbols around it; the RAM disk is found by its variables.
struct Section {
    ImagePart part;
    std::string_view name, title, begin, end;
};
constexpr std::uint64_t maxImage = gib;
constexpr std::array<Section, 7> sections{{
    {Text, region::kernelText, "kernel text", "_text", "_etext"},
    {Rodata, "kernel_rodata", "kernel read-only data", "__start_rodata", "__end_rodata"},
    {Data, "kernel_data", "kernel data", "_sdata", "_edata"},
    {Data, region::kernelInit, "kernel init sections", "__init_begin", "__init_end"},
    {Data, "kernel_bss", "kernel bss", "__bss_start", "__bss_stop"},
    {Brk, "kernel_brk", "kernel brk", "__brk_base", "__brk_limit"},
    {Initrd, "initrd", "initial RAM disk", "", ""},
}};

/// What [begin, end) of the linear space is in physical memory, starting at `physical`. An image is loaded in
/// one piece, but under Xen a guest's piece may be several of the machine's.
std::vector<PhysicalRange> placesOf(
    const Snapshot& snapshot, LinearAddress begin, LinearAddress end, PhysicalAddress physical)
{
    if (!snapshot.xen())
        return {{physical, physical + (end - begin)}};
    std::vector<PhysicalRange> places;
    for (LinearAddress linear = begin; linear < end;) {
        const LinearAddress next = std::min(LinearAddress((linear.value | (frameBytes - 1)) + 1), end);
        const Translation at = translate(snapshot, linear);
        if (at.end == TranslationEnd::Mapped) {
            if (places.empty() || places.back().end != at.physical)
                places.push_back({at.physical, at.physical});
            places.back().end = at.physical + (next - linear);
        }
        linear = next;
    }
    return places;
}

std::vector<PhysicalRange> initrdPlaces(const Snapshot& snapshot, const KernelVariables& kernel)
{
    const auto begin = kernel.word("initrd_start");
    const auto end = kernel.word("initrd_end");
    if (!begin || !end || *begin == 0 || *end <= *begin)
        return {};
    const Translation at = translate(snapshot, LinearAddress(*begin));
    if (at.end != TranslationEnd::Mapped || *end - *begin > snapshot.ramMap().bytes()
        || (!snapshot.xen() && !snapshot.ramMap().contains(at.physical, *end - *begin)))
        return {};
    return placesOf(snapshot, LinearAddress(*begin), LinearAddress(*end), at.physical);
}

} // namespace

std::vector<PhysicalRegion> linuxPhysicalRegions(
    const Snapshot& snapshot, const SymbolTable& symbols, PhysicalMemory& memory)
{
    const KernelVariables kernel(snapshot, &symbols, memory);
    std::vector<PhysicalRegion> regions;
    const auto text = kernel.address("_text");
    if (!text)
        return regions;
    const Translation image = translate(snapshot, *text);
    if (image.end != TranslationEnd::Mapped)
        return regions;
    for (const Section& section : sections) {
        if (section.part == Initrd) {
            for (const PhysicalRange& place : initrdPlaces(snapshot, kernel))
                regions.push_back({std::string(section.name), std::string(section.title), place});
            continue;
        }
        const auto begin = kernel.address(section.begin);
        const auto end = kernel.address(section.end);
        if (!begin || !end || !(*begin < *end) || *begin < *text)
            continue;
        if (*end - *begin > maxImage)
            continue;
        for (const PhysicalRange& place : placesOf(snapshot, *begin, *end, image.physical + (*begin - *text)))
            regions.push_back({std::string(section.name), std::string(section.title), place});
    }
    return regions;
}

std::optional<ImagePart> imagePartOf(std::string_view region)
{
    const auto* found = std::find_if(sections.begin(), sections.end(),
        [region](const Section& section) { return section.name == region; });
    return found == sections.end() ? std::nullopt : std::optional(found->part);
}

} // namespace pgtscope::core
