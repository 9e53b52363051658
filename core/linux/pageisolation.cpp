// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/linux/pageisolation.h"

#include <array>
#include <vector>

namespace pgtscope::core {

namespace {

constexpr unsigned entries = frameBytes / 8;
constexpr unsigned userEntries = entries / 2;
using TableEntries = std::array<std::uint64_t, entries>;
using TablePair = std::array<TableEntries, 2>; ///< The kernel's and the user's.

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

/// What two roots have in common.
struct Likeness {
    bool differs = false; ///< Of user space, or in something that only the user's has.
    unsigned ofUser = 0; ///< Entries of user space.
    unsigned kernelOnly = 0; ///< The kernel's that user mode lacks.
    unsigned ofKernel = 0; ///< The kernel's that lead to the same table.
    std::vector<unsigned> apart; ///< The kernel's that both have, which lead to different tables.
};

Likeness likenessOf(const Paging& paging, const TableEntries& kernel, const TableEntries& user)
{
    const auto present = [&](const TableEntries& root, unsigned index) {
        return paging.decode(paging.levels(), root[index]).present();
    };
    Likeness like;
    for (unsigned index = 0; index < entries; ++index) {
        const bool inKernel = present(kernel, index);
        const bool inUser = present(user, index);
        const bool same
            = inKernel && inUser && essence(paging, kernel[index]) == essence(paging, user[index]);
        if (index < userEntries) {
            like.differs = like.differs || (inKernel != inUser) || (inKernel && !same);
            like.ofUser += same ? 1U : 0U;
            continue;
        }
        like.differs = like.differs || (inUser && !inKernel);
        like.kernelOnly += inKernel && !inUser ? 1U : 0U;
        like.ofKernel += same ? 1U : 0U;
        if (inKernel && inUser && !same)
            like.apart.push_back(index);
    }
    return like;
}

Result<bool> readTables(PhysicalMemory& memory, std::array<PhysicalAddress, 2> at, TablePair& tables)
{
    std::array<PhysicalRead, 2> reads{PhysicalRead{at[0], std::as_writable_bytes(std::span(tables[0]))},
        PhysicalRead{at[1], std::as_writable_bytes(std::span(tables[1]))}};
    RETURN_IF_ERROR(memory.read(reads));
    return reads[0].ok && reads[1].ok;
}

/// With five levels one entry of the root leads to all that the kernel shows user mode: what the two have in
/// common is a level below.
Result<bool> shareBelow(
    PhysicalMemory& memory, const Paging& paging, const TablePair& roots, const Likeness& like)
{
    for (const unsigned index : like.apart) {
        const auto targetIn
            = [&](const TableEntries& root) { return paging.decode(paging.levels(), root[index]).target; };
        TablePair tables{};
        ASSIGN_OR_RETURN(
            const bool read, readTables(memory, {targetIn(roots[0]), targetIn(roots[1])}, tables));
        for (unsigned below = 0; read && below < entries; ++below) {
            const Entry entry = paging.decode(paging.levels() - 1, tables[1][below]);
            if (entry.present()
                && entry.target == paging.decode(paging.levels() - 1, tables[0][below]).target)
                return true;
        }
    }
    return false;
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
    TablePair roots{};
    ASSIGN_OR_RETURN(const bool read, readTables(memory, {kernel, user}, roots));
    const Likeness like = read ? likenessOf(paging, roots[0], roots[1]) : Likeness();
    if (like.differs || like.kernelOnly == 0)
        return std::nullopt;
    // Before the first process there is nothing of user space.
    bool confirmed = like.ofUser != 0 || like.ofKernel != 0;
    if (!confirmed && paging.mode() == PagingMode::Level5) {
        ASSIGN_OR_RETURN(confirmed, shareBelow(memory, paging, roots, like));
    }
    if (!confirmed)
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

bool isUserHalfUnused(const Snapshot& snapshot)
{
    if (!snapshot.otherHalf() || snapshot.tables().empty())
        return false;
    const Table& root = snapshot.table(0);
    const auto ofUser = root.entries(snapshot.paging(), 0, userEntries);
    return root.page && ofUser.begin() == ofUser.end();
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
