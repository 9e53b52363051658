// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/walk/nestedmemory.h"

#include <algorithm>

#include "core/base/numbers.h"
#include "core/walk/runs.h"
#include "core/walk/translation.h"

namespace pgtscope::core {

namespace {

constexpr std::uint64_t maxRuns = 65'536;

std::optional<PhysicalAddress> behind(const Snapshot& tables, PhysicalAddress address)
{
    const Translation at = translate(tables, LinearAddress(address.value));
    return at.end == TranslationEnd::Mapped ? std::optional(at.physical) : std::nullopt;
}

RamMap ramBehind(const Snapshot& tables, const RamMap& machine)
{
    std::vector<PhysicalRange> ranges;
    RunOptions options;
    options.expandShared = true;
    options.maxRuns = maxRuns;
    forEachRun(tables, options, [&](const Run& run) {
        if (run.kind == RunKind::Mapping && machine.contains(run.physical, run.bytes))
            ranges.push_back(
                {PhysicalAddress(run.begin.value), PhysicalAddress(run.begin.value + run.bytes)});
        return true;
    });
    return RamMap(std::move(ranges));
}

} // namespace

std::optional<PhysicalAddress> machineAddress(const Snapshot& snapshot, PhysicalAddress address)
{
    return snapshot.nested() ? behind(*snapshot.nested(), address) : address;
}

NestedMemory::NestedMemory(PhysicalMemory& machine, SnapshotPtr tables)
    : m_machine(machine)
    , m_tables(std::move(tables))
    , m_ramMap(ramBehind(*m_tables, machine.ramMap()))
{
}

bool NestedMemory::readable(PhysicalAddress address, std::uint64_t bytes) const
{
    for (std::uint64_t done = 0; done < bytes;) {
        const std::uint64_t count = std::min(bytes - done, frameBytes - (address + done).value % frameBytes);
        const auto machine = behind(*m_tables, address + done);
        if (!machine || !m_machine.readable(*machine, count))
            return false;
        done += count;
    }
    return true;
}

Result<void> NestedMemory::read(std::span<PhysicalRead> batch)
{
    std::vector<PhysicalRead> pieces;
    std::vector<std::size_t> owners;
    for (std::size_t index = 0; index < batch.size(); ++index) {
        PhysicalRead& read = batch[index];
        read.ok = true;
        for (std::size_t done = 0; done < read.bytes.size() && read.ok;) {
            const PhysicalAddress at = read.address + done;
            const std::size_t count
                = std::min<std::size_t>(read.bytes.size() - done, frameBytes - at.value % frameBytes);
            const auto machine = behind(*m_tables, at);
            read.ok = machine.has_value();
            if (machine) {
                pieces.push_back({*machine, read.bytes.subspan(done, count)});
                owners.push_back(index);
            }
            done += count;
        }
    }
    auto done = pieces.empty() ? Result<void>{} : m_machine.read(pieces);
    for (std::size_t piece = 0; piece < pieces.size(); ++piece)
        batch[owners[piece]].ok = batch[owners[piece]].ok && done && pieces[piece].ok;
    return done;
}

const std::byte* NestedMemory::mappedFrame(FrameNumber frame) const
{
    const auto machine = behind(*m_tables, addressOf(frame));
    return machine ? m_machine.mappedFrame(frameOf(*machine)) : nullptr;
}

std::string NestedMemory::name() const
{
    return m_machine.name() + ", through nested tables at " + hexText(m_tables->root().value);
}

} // namespace pgtscope::core
