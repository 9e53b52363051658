// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/stub/gdbcpus.h"

#include <algorithm>
#include <charconv>

namespace pgtscope::gdb {

namespace {

/// The vCPU of a thread as QEMU names it, "Thread 1.2" (process 1, second CPU); the number is hexadecimal and
/// counts from 1.
std::optional<unsigned> cpuOfTargetId(std::string_view name)
{
    const std::size_t at = name.find_last_of(" .");
    unsigned number = 0;
    if (at == std::string_view::npos)
        return std::nullopt;
    const auto [end, error] = std::from_chars(name.data() + at + 1, name.data() + name.size(), number, 16);
    return error == std::errc() && number > 0 ? std::optional(number - 1) : std::nullopt;
}

} // namespace

core::Result<void> GdbCpus::learnRegisters()
{
    ASSIGN_OR_RETURN(const auto names, m_link.run("-data-list-register-names"));
    ASSIGN_OR_RETURN(m_registers, RegisterMap::fromNames(names.results, m_facts.can.controlRegisters));
    return {};
}

core::Result<void> GdbCpus::readThreads()
{
    ASSIGN_OR_RETURN(auto info, m_link.run("-thread-info"));
    std::map<unsigned, unsigned> threads;
    if (const MiValue* list = info.results.find("threads"))
        for (const MiResult& item : list->items) {
            const auto thread = item.value.numberOf("id");
            auto cpu = cpuOfTargetId(item.value.textOf("target-id"));
            // Another stub's threads are its CPUs in their order.
            if (!m_facts.can.controlRegisters && thread && *thread > 0)
                cpu = static_cast<unsigned>(std::min<std::uint64_t>(*thread - 1, 0xffffU));
            if (thread && *thread <= 0xffffU && cpu)
                threads[static_cast<unsigned>(*thread)] = *cpu;
        }
    if (threads.empty())
        return core::failure("list the guest's processors", "gdb reports no threads");
    m_cpuOfThread = std::move(threads);
    return {};
}

core::Result<std::vector<core::CpuState>> GdbCpus::read()
{
    RETURN_IF_ERROR(knowThreads());
    std::vector<core::CpuState> states;
    std::optional<core::Error> problem;
    for (const auto& [thread, cpu] : *m_cpuOfThread) {
        m_link.submit(
            m_registers->command(thread), [&, id = cpu](core::Result<MiRecord> result, const std::string&) {
                auto state = result ? m_registers->state(result->results) : tl::unexpected(result.error());
                if (!state) {
                    problem = problem.value_or(state.error());
                    return;
                }
                state->id = id;
                if (m_facts.control)
                    state->control = *m_facts.control;
                states.push_back(*state);
            });
    }
    RETURN_IF_ERROR(m_link.awaitAll());
    if (problem)
        return tl::unexpected(*problem);
    std::sort(states.begin(), states.end(), [](auto& a, auto& b) { return a.id < b.id; });
    return states;
}

core::Result<unsigned> GdbCpus::threadOf(unsigned cpu)
{
    RETURN_IF_ERROR(knowThreads());
    const auto thread = std::find_if(
        m_cpuOfThread->begin(), m_cpuOfThread->end(), [&](const auto& entry) { return entry.second == cpu; });
    if (thread == m_cpuOfThread->end())
        return core::failure("use processor " + std::to_string(cpu), "the guest has no such processor");
    return thread->first;
}

core::Result<unsigned> GdbCpus::cpuOf(unsigned thread)
{
    RETURN_IF_ERROR(knowThreads());
    const auto cpu = m_cpuOfThread->find(thread);
    return cpu != m_cpuOfThread->end() ? cpu->second : 0;
}

} // namespace pgtscope::gdb
