// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/xen/xenprobe.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <vector>

#include "core/model/xenlayout.h"
#include "core/xen/framescan.h"
#include "core/xen/rootreader.h"

namespace pgtscope::core {

namespace {

constexpr unsigned rootEntries = 512;
/// More than the tables and pages that Xen needs to be entered.
constexpr unsigned maxXensFrames = 256;

bool isXens(unsigned slot) { return slot >= xen::firstSlot && slot < xen::endSlot; }

/// What every root that Xen loads has: the machine-to-physical table, for the guest to read and not to write.
bool hasMachineToPhysical(RootReader& reader)
{
    const Entry slot = reader.rootEntry(xen::machineToPhysicalSlot);
    if (!slot.present() || slot.rights.write || !slot.rights.user)
        return false;
    const auto page = reader.page(xen::machineToPhysical);
    return page && page->rights.user && !page->rights.write;
}

/// What a domain's own root, and Xen's, have besides: the slot that leads to the root itself, and Xen's map
/// of all memory.
bool hasXenItself(RootReader& reader)
{
    const Entry self = reader.rootEntry(xen::linearTablesSlot);
    const auto mapped = reader.translate(xen::directMap + reader.root().value);
    return self.isTable() && self.target == reader.root() && mapped == reader.root();
}

/// Whether anything is in the slots that a kernel leaves to a hypervisor.
bool hasXensSlots(RootReader& reader)
{
    for (unsigned slot = xen::firstSlot; slot < xen::endSlot; ++slot)
        if (reader.rootEntry(slot).present())
            return true;
    return false;
}

/// The guest's slots of a root, without what the processor sets: in the copy of a root, and not in the root.
std::array<std::uint64_t, rootEntries> guestSlots(const std::byte* page)
{
    std::array<std::uint64_t, rootEntries> slots{};
    std::memcpy(slots.data(), page, sizeof slots);
    for (unsigned i = 0; i < rootEntries; ++i)
        slots[i] = isXens(i) ? 0 : slots[i] & ~setByProcessor;
    return slots;
}

/// Looks for the root that CR3 holds Xen's copy of.
class OwnRoot {
public:
    OwnRoot(PhysicalMemory& memory, const Paging& paging, const std::byte* copy)
        : m_memory(memory)
        , m_paging(paging)
        , m_slots(guestSlots(copy))
    {
        const auto used = std::find_if(m_slots.begin(), m_slots.end(), [](auto raw) { return raw != 0; });
        m_first = static_cast<unsigned>(used - m_slots.begin());
    }

    bool empty() const { return m_first == rootEntries; }

    bool is(PhysicalAddress candidate)
    {
        const std::byte* page = m_memory.mappedFrame(frameOf(candidate));
        std::array<std::byte, frameBytes> bytes;
        if (!page && read(candidate, bytes))
            page = bytes.data();
        if (!page || guestSlots(page) != m_slots)
            return false;
        RootReader reader(m_memory, m_paging, candidate);
        return hasXenItself(reader);
    }

    /// In what Xen leaves mapped in the copy to be entered by. Its stack is among it, and holds the root that
    /// Xen goes back to then (struct cpu_info, xen_cr3; Xen 4.17, xen/arch/x86/include/asm/current.h).
    std::optional<PhysicalAddress> searchXensPages(RootReader& loaded)
    {
        std::vector<Reached> left;
        for (unsigned slot = xen::firstSlot; slot < xen::endSlot; ++slot)
            if (slot != xen::machineToPhysicalSlot)
                left.push_back({loaded.rootEntry(slot), xen::rootLevel});
        for (unsigned frames = 0; !left.empty() && frames < maxXensFrames; ++frames) {
            const Reached at = left.back();
            left.pop_back();
            const bool stack = at.level == 1 && at.entry.rights.write;
            const bool reads = at.entry.present() && at.entry.usable() && (stack || at.entry.isTable());
            const std::byte* page = reads ? loaded.frame(frameOf(at.entry.target)) : nullptr;
            if (page && stack) {
                if (const auto root = rootIn(page))
                    return root;
            } else if (page) {
                for (const EntryAt& below : loaded.entries(page, at.level - 1))
                    left.push_back({below.entry, at.level - 1});
            }
        }
        return std::nullopt;
    }

    /// Among all frames that are mapped into this process.
    std::optional<PhysicalAddress> search(const CancelFlag* cancel)
    {
        for (const PhysicalRange& range : m_memory.ramMap().ranges()) {
            for (FrameNumber frame = frameOf(range.begin); frame < frameOf(range.end); frame = frame + 1) {
                if (frame.value % 65536 == 0 && cancel && cancel->cancelled())
                    return std::nullopt;
                // A frame that the guest never wrote may be a hole in the file that backs it.
                const std::byte* page = m_memory.mappedFrame(frame);
                if (!page)
                    continue;
                std::uint64_t raw = 0;
                std::memcpy(&raw, page + m_first * sizeof raw, sizeof raw);
                if ((raw & ~setByProcessor) == m_slots[m_first] && is(addressOf(frame)))
                    return addressOf(frame);
            }
        }
        return std::nullopt;
    }

private:
    /// An entry that was met under the copy, and its level.
    struct Reached {
        Entry entry;
        unsigned level = 0;
    };

    /// Among the words of a stack.
    std::optional<PhysicalAddress> rootIn(const std::byte* stack)
    {
        for (std::size_t at = 0; at < frameBytes; at += sizeof(std::uint64_t)) {
            std::uint64_t word = 0;
            std::memcpy(&word, stack + at, sizeof word);
            if (const auto root = rootFrom(word); root && is(*root))
                return root;
        }
        return std::nullopt;
    }

    /// A value of CR3, whose low bits may hold a PCID and whose highest that nothing is to be flushed.
    std::optional<PhysicalAddress> rootFrom(std::uint64_t word)
    {
        const PhysicalAddress root(word & ~cr3NoFlush & ~(frameBytes - 1));
        const bool fresh
            = root.value != 0 && m_memory.ramMap().contains(root, frameBytes) && m_tried.insert(root).second;
        return fresh ? std::optional(root) : std::nullopt;
    }

    bool read(PhysicalAddress address, std::span<std::byte> bytes)
    {
        PhysicalRead read{address, bytes};
        return m_memory.ramMap().contains(address, bytes.size()) && m_memory.read(std::span(&read, 1))
            && read.ok;
    }

    PhysicalMemory& m_memory;
    const Paging& m_paging;
    std::array<std::uint64_t, rootEntries> m_slots;
    unsigned m_first = 0; ///< The first slot in use.
    std::set<PhysicalAddress> m_tried;
};

/// A 64-bit PV kernel gives each process two roots, and Xen loads the one without the kernel's half while the
/// process runs (xen_get_user_pgd; arch/x86/xen/mmu_pv.c, Linux 6.1).
class ProcessRoots {
public:
    ProcessRoots(PhysicalMemory& memory, const Paging& paging, RootReader& inUse)
        : m_memory(memory)
        , m_paging(paging)
        , m_inUse(slotsOf(inUse))
        , m_mapsImage(mapsImage(inUse))
    {
    }

    /// Before there are processes, a kernel's root may map nothing but its image, and the list of its frames
    /// in the lower half (XEN_ELFNOTE_INIT_P2M).
    bool lackKernel() const
    {
        return holds(m_inUse, 0, xen::firstSlot) && !hasKernel(m_inUse) && !m_mapsImage;
    }

    /// Whether it is the other root of the process, with the kernel's half.
    bool isKernels(FrameNumber frame) const
    {
        RootReader reader(m_memory, m_paging, addressOf(frame));
        const Slots slots = slotsOf(reader);
        return hasKernel(slots) && std::equal(slots.begin(), slots.begin() + xen::firstSlot, m_inUse.begin());
    }

private:
    using Slots = std::array<std::uint64_t, rootEntries>;

    static Slots slotsOf(RootReader& reader)
    {
        Slots slots;
        for (unsigned slot = 0; slot < rootEntries; ++slot)
            slots[slot] = reader.rootEntry(slot).raw & ~setByProcessor;
        return slots;
    }
    bool holds(const Slots& slots, unsigned begin, unsigned end) const
    {
        return std::any_of(slots.begin() + begin, slots.begin() + end,
            [&](std::uint64_t raw) { return m_paging.decode(xen::rootLevel, raw).present(); });
    }
    /// The last slot is left out: in a process's root it leads to the vsyscall page.
    bool hasKernel(const Slots& slots) const { return holds(slots, xen::endSlot, rootEntries - 1); }
    /// Whether anything is mapped where the image is linked: 0xffffffff80000000 and the GiB above
    /// (__START_KERNEL_map; arch/x86/include/asm/page_64_types.h, Linux 6.1).
    bool mapsImage(RootReader& reader) const
    {
        const Entry last = m_paging.decode(xen::rootLevel, m_inUse[rootEntries - 1]);
        const std::byte* page = last.isTable() ? reader.frame(frameOf(last.target)) : nullptr;
        return page && reader.entries(page, xen::rootLevel - 1).at(rootEntries - 2).entry.present();
    }

    PhysicalMemory& m_memory;
    const Paging& m_paging;
    Slots m_inUse;
    bool m_mapsImage = false;
};

/// Goes from a process's own root to its kernel's, which frame_table leads to.
void findKernelsRoot(XenState& state, PhysicalMemory& memory, const Paging& paging, RootReader& own,
    const XenProbeOptions& options)
{
    const ProcessRoots roots(memory, paging, own);
    if (!roots.lackKernel())
        return;
    state.rootKnown = false;
    if (!options.wholeTables)
        return;
    FrameScan scan(memory, own);
    const auto found
        = scan.findRoot([&](FrameNumber frame) { return roots.isKernels(frame); }, options.cancel);
    if (!found)
        return;
    state.root = addressOf(*found);
    state.rootKnown = true;
}

void findOwnRoot(XenState& state, PhysicalMemory& memory, const Paging& paging, RootReader& loaded,
    const XenProbeOptions& options)
{
    state.isolated = true;
    state.rootKnown = false;
    std::array<std::byte, frameBytes> copy;
    PhysicalRead read{loaded.root(), copy};
    if (!memory.read(std::span(&read, 1)) || !read.ok)
        return;
    OwnRoot own(memory, paging, copy.data());
    if (own.empty())
        return;
    const auto given = options.kernelRoot ? loaded.translate(*options.kernelRoot) : std::nullopt;
    auto found = given && own.is(*given) ? given : own.searchXensPages(loaded);
    if (!found && memory.mappedFrame(frameOf(loaded.root())) != nullptr)
        found = own.search(options.cancel);
    if (!found)
        return;
    state.root = *found;
    state.rootKnown = true;
}

} // namespace

Result<std::shared_ptr<XenState>> probeXen(
    PhysicalMemory& memory, const CpuState& cpu, const CpuFeatures& features, const XenProbeOptions& options)
{
    const Paging paging(cpu.control, features);
    if (paging.mode() != PagingMode::Level4)
        return nullptr;
    RootReader loaded(memory, paging, paging.root(cpu.control.cr3));
    // A process's root may lack it (VMASST_TYPE_m2p_strict; xen/include/public/xen.h, Xen 4.17).
    const bool readable = hasMachineToPhysical(loaded);
    auto state = std::make_shared<XenState>();
    state->root = loaded.root();
    if (!hasXenItself(loaded)) {
        // Under XPTI the copy that a guest runs on lacks Xen's map, and Xen's tables there are few.
        if (cpu.cpl() != 3 || !hasXensSlots(loaded))
            return nullptr;
        findOwnRoot(*state, memory, paging, loaded, options);
        if (!readable && !state->rootKnown)
            return nullptr;
    }
    if (state->rootKnown) {
        RootReader own(memory, paging, state->root);
        findKernelsRoot(*state, memory, paging, own, options);
    }
    RootReader own(memory, paging, state->root);
    FrameScan scan(memory, state->rootKnown || !state->isolated ? own : loaded);
    RETURN_IF_ERROR(scan.run(*state, options.wholeTables, options.cancel));
    return state;
}

} // namespace pgtscope::core
