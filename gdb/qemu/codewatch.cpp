// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/qemu/codewatch.h"

#include <algorithm>
#include <new>
#include <span>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

#include "gdb/qemu/sharedfile.h"

namespace pgtscope::gdb {

using places::Places;

core::Result<void> CodeWatch::create(const std::filesystem::path& file)
{
    ASSIGN_OR_RETURN(void* const place, mapSharedFile(file, sizeof(Places), SharedFile::New));
    auto* shared = new (place) Places;
    shared->magic = places::magic;
    shared->format = places::format;
    shared->consumer = ::getpid();
    ::munmap(place, sizeof(Places));
    return {};
}

core::Result<std::unique_ptr<CodeWatch>> CodeWatch::open(const std::filesystem::path& file)
{
    ASSIGN_OR_RETURN(void* const place, mapSharedFile(file, sizeof(Places), SharedFile::Existing));
    std::unique_ptr<CodeWatch> watch(new CodeWatch(static_cast<Places*>(place)));
    const Places& shared = *watch->m_shared;
    const std::string tried = "stop the guest before code runs for the first time";
    if (shared.magic != places::magic || shared.format != places::format)
        return core::failure(
            tried, file.string() + " does not have the format that pgtscope shares with QEMU");
    if (shared.attached.load() == 0)
        return core::failure(tried, "QEMU's plugin cannot see what QEMU waits for");
    // What an earlier debugger of this guest waited for.
    watch->m_shared->count = 0;
    watch->m_shared->stores.writerCount = 0;
    watch->m_shared->instructions = {};
    (void)watch->takeMet();
    return watch;
}

CodeWatch::~CodeWatch()
{
    m_shared->holding.store(0);
    ::munmap(m_shared, sizeof(Places));
}

bool CodeWatch::add(core::LinearAddress address)
{
    Places& shared = *m_shared;
    const std::span wanted(shared.wanted.data(), std::min(shared.count, places::maxPlaces));
    if (std::find(wanted.begin(), wanted.end(), address.value) != wanted.end())
        return true;
    if (wanted.size() == places::maxPlaces || places::isMarked(shared, address.value))
        return false;
    shared.wanted[shared.count++] = address.value;
    return true;
}

void CodeWatch::remove(core::LinearAddress address)
{
    Places& shared = *m_shared;
    const std::span wanted(shared.wanted.data(), std::min(shared.count, places::maxPlaces));
    const auto found = std::find(wanted.begin(), wanted.end(), address.value);
    if (found == wanted.end())
        return;
    *found = wanted.back();
    --shared.count;
}

void CodeWatch::hold(bool wanted) { m_shared->holding.store(wanted ? 1 : 0); }

bool CodeWatch::held() const { return m_shared->held.load() != 0; }

bool CodeWatch::watchStores(const StoreSequence& sequence)
{
    places::Stores& stores = m_shared->stores;
    const auto& [entry, offset, bytes, writers, values] = sequence;
    if (writers.empty() || writers.size() > places::maxWriters || values.empty()
        || values.size() > places::maxValues)
        return false;
    stores.physical = entry.value;
    stores.offset = offset;
    stores.bytes = bytes;
    std::transform(writers.begin(), writers.end(), stores.writers.begin(),
        [](core::LinearAddress writer) { return writer.value; });
    std::copy(values.begin(), values.end(), stores.values.begin());
    stores.valueCount = static_cast<std::uint32_t>(values.size());
    stores.done = 0;
    stores.counting = 0;
    stores.writerCount = static_cast<std::uint32_t>(writers.size());
    return true;
}

void CodeWatch::countStores(bool wanted) { m_shared->stores.counting = wanted ? 1 : 0; }

bool CodeWatch::storesDone() const
{
    const places::Stores& stores = m_shared->stores;
    return stores.counting != 0 && stores.done == stores.valueCount;
}

void CodeWatch::lookAtInstructions(bool wanted) { m_shared->instructions.looked = wanted ? 1 : 0; }

void CodeWatch::countInstructions(std::uint64_t number)
{
    m_shared->instructions.left = number;
    m_shared->instructions.counting = number != 0 ? 1 : 0;
}

bool CodeWatch::instructionsDone() const
{
    const places::Instructions& watched = m_shared->instructions;
    return watched.counting != 0 && watched.left == 0;
}

core::LinearAddress CodeWatch::lastBlock() const { return core::LinearAddress(m_shared->instructions.last); }

CodeWatch::Met CodeWatch::takeMet()
{
    Places& shared = *m_shared;
    const std::span met(shared.met.data(), std::min(shared.metCount, places::maxPlaces));
    Met taken;
    for (const std::uint64_t place : met)
        taken.places.emplace_back(place);
    taken.block = core::LinearAddress(std::exchange(shared.block, 0));
    shared.metCount = 0;
    return taken;
}

} // namespace pgtscope::gdb
