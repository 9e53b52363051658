// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/capture/guestmemory.h"

#include <utility>

#include "gdb/stub/target.h"

namespace pgtscope::gdb {

core::Result<void> GuestMemory::open(ChannelRequest request, Target* gdb)
{
    m_request = std::move(request);
    m_gdb = gdb;
    const bool domain = gdb != nullptr && !gdb->facts().can.controlRegisters;
    return domain ? openDomain(*gdb) : choose();
}

core::Result<void> GuestMemory::openDomain(Target& gdb)
{
    ASSIGN_OR_RETURN(auto memory, domainMemoryOf(gdb));
    m_domain = memory.get();
    m_channel = std::move(memory);
    m_notes.emplace_back(DomainMemory::whyNoOther);
    return {};
}

core::Result<void> GuestMemory::choose()
{
    ASSIGN_OR_RETURN(auto chosen, chooseChannel(m_guest, m_gdb, m_request));
    m_channel = std::move(chosen.channel);
    m_notes = std::move(chosen.notes);
    m_proven = chosen.proven;
    return {};
}

core::Result<void> GuestMemory::follow(const core::CpuState& cpu)
{
    if (m_domain)
        return {};
    return refreshRam().and_then([&] { return prove(cpu); });
}

core::Result<void> GuestMemory::refreshRam()
{
    ASSIGN_OR_RETURN(auto pieces, m_guest.ram());
    return pieces == m_channel->pieces() ? core::Result<void>{} : m_channel->setPieces(std::move(pieces));
}

core::Result<void> GuestMemory::prove(const core::CpuState& cpu)
{
    if (m_proven || (cpu.control.cr0 & core::cr0Pg) == 0)
        return {};
    const auto proven = provesItself(m_guest, m_gdb, *m_channel);
    if (proven) {
        m_proven = *proven;
        return {};
    }
    ASSIGN_OR_RETURN(auto chosen, chooseChannel(m_guest, m_gdb, m_request));
    m_notes.push_back(std::string(m_channel->name()) + ": " + proven.error().message());
    m_channel = std::move(chosen.channel);
    m_proven = chosen.proven;
    return {};
}

} // namespace pgtscope::gdb
