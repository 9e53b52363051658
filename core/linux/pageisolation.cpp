// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/linux/pageisolation.h"

#include <array>

namespace pgtscope::core {

namespace {

constexpr unsigned entries = frameBytes / 8;
constexpr unsigned userEntries = entries / 2;
using Root = std::array<std::uint64_t, entries>;

PhysicalAddress evenFrame(PhysicalAddress root)
{
    return PhysicalAddress(root.value & ~std::uint64_t{frameBytes});
}

/// Where the entry leads and what it permits, but for XD and the flags that the processor sets.
std::uint64_t essence(const Paging& paging, std::uint64_t raw)
{
    const Entry entry = paging.decode(paging.levels(), raw);
    return entry.target.value | (entry.rights.write ? 1U : 0U) | (entry.rights.user ? 2U : 0U);
}

bool areHalves(const Paging& paging, const Root& kernel, const Root& user)
{
    const auto present = [&](const Root& root, unsigned index) {
        return paging.decode(paging.levels(), root[index]).present();
    };
    unsigned shared = 0;
    unsigned kernelOnly = 0;
    for (unsigned index = 0; index < entries; ++index) {
        const bool inKernel = present(kernel, index);
        const bool inUser = present(user, index);
        if (index < userEntries) {
            if (inKernel != inUser
                || (inKernel && essence(paging, kernel[index]) != essence(paging, user[index])))
                return false;
            shared += inKernel ? 1U : 0U;
            continue;
        }
        if (inUser && !inKernel)
            return false;
        kernelOnly += inKernel && !inUser ? 1U : 0U;
    }
    return shared != 0 && kernelOnly != 0;
}

} // namespace

Result<std::optional<PhysicalAddress>> otherHalf(
    PhysicalMemory& memory, const Paging& paging, PhysicalAddress root)
{
    const bool longMode = paging.mode() == PagingMode::Level4 || paging.mode() == PagingMode::Level5;
    if (!longMode)
        return std::nullopt;
    const PhysicalAddress kernel = evenFrame(root);
    const PhysicalAddress user = kernel + frameBytes;
    std::array<Root, 2> roots{};
    std::array<PhysicalRead, 2> reads{PhysicalRead{kernel, std::as_writable_bytes(std::span(roots[0]))},
        PhysicalRead{user, std::as_writable_bytes(std::span(roots[1]))}};
    RETURN_IF_ERROR(memory.read(reads));
    if (!reads[0].ok || !reads[1].ok || !areHalves(paging, roots[0], roots[1]))
        return std::nullopt;
    return root == kernel ? user : kernel;
}

Result<std::optional<PhysicalAddress>> kernelHalf(
    PhysicalMemory& memory, const CpuState& cpu, const CpuFeatures& features)
{
    const Paging paging(cpu.control, features);
    const PhysicalAddress root = paging.enabled() ? paging.root(cpu.control.cr3) : PhysicalAddress();
    if ((root.value & frameBytes) == 0)
        return std::nullopt;
    return otherHalf(memory, paging, root);
}

std::string_view halfText(PhysicalAddress root) { return halfText(isolationHalfOf(root)); }

std::string_view rootText(const Snapshot& snapshot)
{
    if (snapshot.otherHalf())
        return halfText(snapshot.root());
    const PhysicalAddress inCr3 = snapshot.paging().root(snapshot.cpu().control.cr3);
    if (snapshot.root() == inCr3)
        return snapshot.nested() ? "a nested guest's CR3" : snapshot.cpu().smm ? "SMM's CR3" : "CR3";
    if (snapshot.xen() && snapshot.root() == snapshot.xen()->root)
        return snapshot.xen()->isolated ? "Xen's true root" : "the kernel's root of the process";
    if (snapshot.paging().linearBits() != 32 && snapshot.root() == evenFrame(inCr3))
        return "KPTI's kernel half";
    return "chosen";
}

} // namespace pgtscope::core
