// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/capture/nestedguests.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/numbers.h"
#include "core/model/capture.h"
#include "core/walk/translation.h"
#include "core/xen/rootreader.h"

namespace pgtscope::gdb {

namespace {

/// Looks after which all of RAM is searched again. A search takes a second for 4 GiB that are not mapped.
constexpr unsigned longestRest = 16;
/// Values of CR3 that are remembered: a host may switch between any number.
constexpr std::size_t maxHostRoots = 4096;

/// The gap: what is not known, why not, and what a user can do.
std::string undecided(std::string_view bit, const std::string& why)
{
    return "whose root CR3 is: the CPU may be in a nested guest (" + std::string(bit) + "), and " + why
        + "; choose with --cr3, or --nested-cr3 for the root of its nested tables";
}

std::optional<core::PhysicalAddress> translated(core::PhysicalMemory& memory, const core::CpuState& cpu,
    const core::CpuFeatures& features, core::LinearAddress linear)
{
    const core::Paging paging(cpu.control, features);
    if (!paging.enabled() || !paging.canonical(linear))
        return std::nullopt;
    return core::RootReader(memory, paging, paging.root(cpu.control.cr3)).translate(linear);
}

/// A nested guest that RIP could be in.
struct Candidate {
    core::Vmcb block;
    std::unique_ptr<core::NestedMemory> memory;
};

bool leadsToMemory(Candidate& candidate, const core::CpuState& cpu, const core::CpuFeatures& features)
{
    const auto at = translated(*candidate.memory, cpu, features, cpu.rip);
    return at && candidate.memory->readable(*at, 1);
}

/// A guest's blocks, one a virtual CPU, share its nested tables.
void dropTwins(std::vector<core::Vmcb>& blocks, const core::CpuState& cpu)
{
    const auto isCurrent = [&](const core::Vmcb& block) { return block.saved.cr3 == cpu.control.cr3; };
    std::stable_partition(blocks.begin(), blocks.end(), isCurrent);
    std::vector<core::Vmcb> kept;
    for (const core::Vmcb& block : blocks)
        if (std::none_of(kept.begin(), kept.end(),
                [&](const core::Vmcb& other) { return other.nestedRoot == block.nestedRoot; }))
            kept.push_back(block);
    blocks = std::move(kept);
}

/// With the root that the CPU has now, if only one of several has it.
void preferCurrent(std::vector<Candidate>& candidates, const core::CpuState& cpu)
{
    const auto isCurrent
        = [&](const Candidate& candidate) { return candidate.block.saved.cr3 == cpu.control.cr3; };
    if (candidates.size() > 1 && std::count_if(candidates.begin(), candidates.end(), isCurrent) == 1)
        std::erase_if(candidates, [&](const Candidate& candidate) { return !isCurrent(candidate); });
}

} // namespace

void NestedGuests::learn(const core::Snapshot& host, core::LinearAddress text)
{
    const core::Translation at = core::translate(host, text);
    if (at.end != core::TranslationEnd::Mapped)
        return;
    m_text = HostText{text, at.physical};
    m_fiveLevels = host.paging().levels() == 5;
}

core::Result<std::unique_ptr<core::NestedMemory>> NestedGuests::behind(core::PhysicalMemory& machine,
    core::PhysicalAddress nestedRoot, const core::CpuFeatures& features, const core::CancelFlag* cancel) const
{
    // Nested tables have the form of the host's own (AMD64 APM vol. 2, 15.25.5): a 64-bit host's.
    core::CpuState host;
    host.control.cr0 = core::cr0Pe | core::cr0Pg | core::cr0Wp;
    host.control.cr4 = core::cr4Pae | (m_fiveLevels ? core::cr4La57 : 0);
    host.control.efer = core::eferLme | core::eferLma | core::eferNxe | core::eferSvme;
    host.control.cr3 = nestedRoot.value;
    core::CaptureOptions options;
    options.cancel = cancel;
    ASSIGN_OR_RETURN(auto tables, core::captureSnapshot(machine, host, features, options));
    return std::make_unique<core::NestedMemory>(machine, std::move(tables));
}

bool NestedGuests::isHosts(core::PhysicalMemory& machine, const core::CpuState& cpu,
    std::span<const core::CpuState> cpus, const core::CpuFeatures& features) const
{
    if (!m_text)
        return false;
    if (translated(machine, cpu, features, m_text->linear) == m_text->physical)
        return true;
    // The text may have moved since, e.g. by another boot: CPUs without nested guests show where it is.
    return std::any_of(cpus.begin(), cpus.end(), [&](const core::CpuState& other) {
        if (other.id == cpu.id || other.mayBeNested())
            return false;
        const auto theirs = translated(machine, other, features, m_text->linear);
        return theirs && translated(machine, cpu, features, m_text->linear) == theirs;
    });
}

core::Result<void> NestedGuests::search(core::PhysicalMemory& machine, const core::CancelFlag* cancel)
{
    ASSIGN_OR_RETURN(const auto blocks, core::findVmcbs(machine, cancel));
    Found found;
    for (const core::Vmcb& block : blocks)
        found.blocks.push_back(block.address);
    if (m_found && m_found->blocks == found.blocks)
        found.rest = std::min(2 * m_found->rest, longestRest);
    m_found = std::move(found);
    return {};
}

/// A block may have been given back and be used for something else, or describe its guest anew.
core::Result<std::vector<core::Vmcb>> NestedGuests::knownBlocks(core::PhysicalMemory& machine) const
{
    std::vector<core::Vmcb> blocks;
    for (const core::PhysicalAddress address : m_found->blocks) {
        std::array<std::byte, core::frameBytes> page{};
        core::PhysicalRead read{address, page};
        RETURN_IF_ERROR(machine.read(std::span(&read, 1)));
        const auto block = read.ok ? core::vmcbIn(page, address, machine) : std::nullopt;
        if (block)
            blocks.push_back(*block);
    }
    return blocks;
}

core::Result<NestedGuests::Answer> NestedGuests::decide(core::PhysicalMemory& machine,
    const core::CpuState& cpu, const core::CpuFeatures& features, const core::CancelFlag* cancel)
{
    ASSIGN_OR_RETURN(auto blocks, knownBlocks(machine));
    if (blocks.empty()) {
        // Just searched: no guest is there, and this root is the host's.
        if (m_found->looks == 0 && m_found->hostRoots.size() < maxHostRoots)
            m_found->hostRoots.insert(cpu.control.cr3);
        if (m_found->looks == 0 || m_found->hostRoots.contains(cpu.control.cr3))
            return Answer{};
        return Answer{nullptr,
            undecided("EFER.SVME",
                "RAM was searched for its control block " + core::groupedText(m_found->looks)
                    + " captures ago and had none")};
    }
    dropTwins(blocks, cpu);
    std::vector<Candidate> candidates;
    for (const core::Vmcb& block : blocks) {
        ASSIGN_OR_RETURN(auto memory, behind(machine, block.nestedRoot, features, cancel));
        Candidate candidate{block, std::move(memory)};
        if (leadsToMemory(candidate, cpu, features))
            candidates.push_back(std::move(candidate));
    }
    preferCurrent(candidates, cpu);
    if (candidates.size() == 1)
        return Answer{std::move(candidates.front().memory), {}};
    const std::string why = candidates.empty()
        ? "RIP resolves through none of " + core::groupedText(blocks.size()) + " nested roots in RAM"
        : "RIP resolves through " + core::groupedText(candidates.size()) + " nested roots in RAM";
    return Answer{nullptr, undecided("EFER.SVME", why)};
}

core::Result<NestedGuests::Answer> NestedGuests::lookSvm(core::PhysicalMemory& machine,
    const core::CpuState& cpu, const core::CpuFeatures& features, const core::CancelFlag* cancel)
{
    if (!machine.fast())
        return Answer{nullptr,
            undecided(
                "EFER.SVME", "the search for its control block takes too long through " + machine.name())};
    // Now and then in any case: guests may have come that another one's block hides.
    if (!m_found || m_found->looks >= longestRest)
        RETURN_IF_ERROR(search(machine, cancel));
    ASSIGN_OR_RETURN(Answer answer, decide(machine, cpu, features, cancel));
    if (!answer.gap.empty() && m_found->looks >= m_found->rest) {
        RETURN_IF_ERROR(search(machine, cancel));
        ASSIGN_OR_RETURN(answer, decide(machine, cpu, features, cancel));
    }
    ++m_found->looks;
    return answer;
}

core::Result<NestedGuests::Answer> NestedGuests::look(core::PhysicalMemory& machine,
    const core::CpuState& cpu, std::span<const core::CpuState> cpus, const core::CpuFeatures& features,
    const core::CancelFlag* cancel)
{
    if (!cpu.mayBeNested() || isHosts(machine, cpu, cpus, features))
        return Answer{};
    if ((cpu.control.efer & core::eferSvme) != 0)
        return lookSvm(machine, cpu, features, cancel);
    return Answer{nullptr, undecided("CR4.VMXE", "memory does not show it for VMX")};
}

} // namespace pgtscope::gdb
