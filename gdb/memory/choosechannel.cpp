// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/memory/choosechannel.h"

#include <array>

#include "gdb/memory/gdbmimemory.h"
#include "gdb/memory/mappedram.h"
#include "gdb/memory/pmemsave.h"
#include "gdb/memory/procmem.h"
#include "gdb/memory/rspmemory.h"
#include "gdb/stub/target.h"

namespace pgtscope::gdb {

namespace {

constexpr std::array<const char*, 5> channelNames{"mapped", "procmem", "rsp", "pmemsave", "gdb"};

/// CR3's address bits, SDM vol. 3, 4.5; the low bits are flags or a PCID.
constexpr std::uint64_t cr3Address = 0x000ffffffffff000ULL;

using Page = std::array<std::byte, core::frameBytes>;

core::Result<std::unique_ptr<Channel>> open(StoppedGuest& guest, Target* gdb, const ChannelRequest& request,
    const std::vector<RamPiece>& pieces, std::string_view name)
{
    if (name == "mapped") {
        if (request.ramFile.empty())
            return core::failure("map the guest's RAM", "it is in no file that pgtscope knows",
                "start the guest with pgt launch");
        return MappedRam::open(request.ramFile, pieces);
    }
    if (name == "procmem") {
        const auto process = request.processId ? request.processId : guest.facts().processId;
        if (!process)
            return core::failure("read QEMU's memory", "its process was not found on this machine");
        return ProcMem::open(guest, *process, pieces);
    }
    if (name == "rsp")
        return RspMemory::open(guest.reader(), pieces, guest.cancelFlag());
    if (gdb == nullptr)
        return core::failure("read memory by channel \"" + std::string(name) + "\"",
            "the debugger of this guest was not started by pgtscope", "choose mapped, procmem or rsp");
    if (name == "pmemsave")
        return Pmemsave::open(*gdb, pieces);
    return std::make_unique<GdbMiMemory>(*gdb, pieces);
}

/// The way that every debugger's reads take.
core::Result<std::unique_ptr<Channel>> stubsOwnWay(
    StoppedGuest& guest, Target* gdb, const std::vector<RamPiece>& pieces)
{
    return open(guest, gdb, {}, pieces, gdb != nullptr ? "gdb" : "rsp");
}

/// QEMU answers for ROM and flash wherever its RAM is; null if that way is not open.
std::unique_ptr<Channel> romReader(StoppedGuest& guest, Target* gdb, const std::vector<RamPiece>& pieces)
{
    auto channel = open(guest, gdb, {}, pieces, "rsp");
    if (!channel)
        channel = open(guest, gdb, {}, pieces, "gdb");
    return channel ? std::move(*channel) : nullptr;
}

/// An Error unless both channels deliver the same bytes; false if these are all zero.
core::Result<bool> compare(Channel& channel, Channel& reference, core::PhysicalAddress root)
{
    std::array<Page, 4> pages{};
    std::array<core::PhysicalRead, 2> own{{{core::PhysicalAddress(0), pages[0]}, {root, pages[1]}}};
    std::array<core::PhysicalRead, 2> other{{{core::PhysicalAddress(0), pages[2]}, {root, pages[3]}}};
    RETURN_IF_ERROR(channel.read(own));
    RETURN_IF_ERROR(reference.read(other));
    bool differs = false;
    for (std::size_t which = 0; which < own.size(); ++which) {
        if (own[which].ok != other[which].ok || (own[which].ok && pages[which] != pages[which + 2]))
            return core::failure("read the guest's memory", "it differs from what the gdbstub reads");
        differs = differs || (own[which].ok && pages[which] != Page{});
    }
    return differs;
}

core::Result<core::PhysicalAddress> rootOf(StoppedGuest& guest)
{
    ASSIGN_OR_RETURN(const auto cpus, guest.cpus());
    return core::PhysicalAddress(cpus.front().control.cr3 & cr3Address);
}

} // namespace

core::Result<ChosenChannel> chooseChannel(StoppedGuest& guest, Target* gdb, const ChannelRequest& request)
{
    const bool any = request.name.empty() || request.name == "auto";
    ASSIGN_OR_RETURN(auto pieces, guest.ram());
    ASSIGN_OR_RETURN(const auto root, rootOf(guest));
    ASSIGN_OR_RETURN(auto reference, stubsOwnWay(guest, gdb, pieces));
    ChosenChannel chosen;
    bool known = any;
    for (const std::string name : channelNames) {
        if (!any && request.name != name)
            continue;
        known = true;
        auto channel = open(guest, gdb, request, pieces, name);
        core::Result<bool> usable = channel ? core::Result<bool>(true) : tl::unexpected(channel.error());
        if (usable)
            (*channel)->setRomReader(romReader(guest, gdb, pieces));
        if (usable && name != "gdb")
            usable = compare(**channel, *reference, root);
        if (usable) {
            chosen.channel = std::move(*channel);
            chosen.proven = *usable;
            return chosen;
        }
        if (!any)
            RETURN_IF_ERROR(usable);
        chosen.notes.push_back(name + ": " + usable.error().message());
        // A guest or a gdb that is gone ends this, not the next channel.
        if ((gdb != nullptr && gdb->gdbProcessId() == 0)
            || (guest.cancelFlag() != nullptr && guest.cancelFlag()->cancelled()))
            return tl::unexpected(usable.error());
    }
    if (!known)
        return core::failure("read memory by channel \"" + request.name + "\"", "there is no such channel",
            "choose mapped, procmem, rsp, pmemsave or gdb");
    return core::failure("read the guest's memory", "no channel works");
}

core::Result<bool> provesItself(StoppedGuest& guest, Target* gdb, Channel& channel)
{
    ASSIGN_OR_RETURN(const auto root, rootOf(guest));
    ASSIGN_OR_RETURN(const auto reference, stubsOwnWay(guest, gdb, channel.pieces()));
    return compare(channel, *reference, root);
}

} // namespace pgtscope::gdb
