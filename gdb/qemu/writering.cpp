// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/qemu/writering.h"

#include <algorithm>
#include <new>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/numbers.h"
#include "gdb/qemu/sharedfile.h"

namespace pgtscope::gdb {

using writes::Shared;

WriteRing::WriteRing(writes::Shared* shared, std::size_t bytes)
    : m_shared(shared)
    , m_bytes(bytes)
{
}

WriteRing::~WriteRing() { ::munmap(m_shared, m_bytes); }

core::Result<void> WriteRing::create(const std::filesystem::path& file)
{
    ASSIGN_OR_RETURN(void* const place, mapSharedFile(file, sizeof(Shared), SharedFile::New));
    auto* shared = new (place) Shared;
    shared->header.magic = writes::ringMagic;
    shared->header.format = writes::ringFormat;
    shared->header.consumer = ::getpid();
    ::munmap(place, sizeof(Shared));
    return {};
}

core::Result<std::unique_ptr<WriteRing>> WriteRing::open(const std::filesystem::path& file)
{
    ASSIGN_OR_RETURN(void* const place, mapSharedFile(file, sizeof(Shared), SharedFile::Existing));
    std::unique_ptr<WriteRing> ring(new WriteRing(static_cast<Shared*>(place), sizeof(Shared)));
    const writes::Header& header = ring->m_shared->header;
    if (header.magic != writes::ringMagic || header.format != writes::ringFormat)
        return core::failure("open the shared memory " + file.string(),
            "it does not have the format that pgtscope shares with QEMU");
    if (header.attached.load() == 0)
        return core::failure(
            "follow every write of the guest", "QEMU's plugin does not answer", "see QEMU's log");
    return ring;
}

core::Result<void> WriteRing::follow(const Followed& followed)
{
    writes::Request& request = m_shared->request;
    const auto& [mode, entryBytes, pieces, roots, setters, hypervisor] = followed;
    const core::Paging& paging = *mode;
    if (pieces.size() > writes::maxPieces || roots.size() > writes::maxRoots)
        return core::failure("follow every write of the guest",
            core::countText(roots.size(), "table") + " in " + core::countText(pieces.size(), "piece")
                + " of RAM exceed what the plugin accepts");
    request.levels = paging.levels();
    request.entryBytes = paging.enabled() ? paging.entryBytes() : entryBytes;
    for (unsigned level = 1; level <= paging.levels(); ++level) {
        const core::LevelRules& rules = paging.at(level);
        request.rules[level] = {rules.entries, rules.mayBePage() ? 1U : 0U, rules.tableForm.address};
    }
    request.pieceCount = static_cast<std::uint32_t>(pieces.size());
    for (std::size_t i = 0; i < pieces.size(); ++i)
        request.pieces[i] = {pieces[i].range.begin.value, pieces[i].range.bytes(), pieces[i].offset};
    request.rootCount = static_cast<std::uint32_t>(roots.size());
    for (std::size_t i = 0; i < roots.size(); ++i)
        request.roots[i] = {roots[i].address.value, roots[i].level};
    request.setterCount
        = static_cast<std::uint32_t>(std::min<std::size_t>(setters.size(), writes::maxSetters));
    std::copy_n(setters.begin(), request.setterCount, request.setters.begin());
    request.hypervisorBegin = hypervisor.begin.value;
    request.hypervisorEnd = hypervisor.end.value;
    m_shared->header.pending.store(1, std::memory_order_release);
    m_shared->header.generation.fetch_add(1);
    return {};
}

std::vector<writes::Record> WriteRing::take()
{
    writes::Header& header = m_shared->header;
    const std::uint64_t from = header.consumed.load(std::memory_order_relaxed);
    const std::uint64_t to
        = std::min(header.produced.load(std::memory_order_acquire), from + writes::ringRecords);
    std::vector<writes::Record> records;
    for (std::uint64_t number = from; number < to; ++number)
        records.push_back(m_shared->ring[number % writes::ringRecords]);
    header.consumed.store(to, std::memory_order_release);
    return records;
}

writes::Record WriteRing::takeRun()
{
    writes::Record run = m_shared->header.run;
    m_shared->header.run.count = 0;
    return run;
}

bool WriteRing::lost() const { return m_shared->header.lost.load() != 0; }

void WriteRing::dismiss() { m_shared->header.lost.store(1); }

} // namespace pgtscope::gdb
