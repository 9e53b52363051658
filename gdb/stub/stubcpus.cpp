// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/stub/stubcpus.h"

#include <algorithm>
#include <charconv>

namespace pgtscope::gdb {

namespace {

/// More processors than any guest that boots here; a stub that lists more is not trusted.
constexpr std::size_t maxThreads = 4096;

/// Threads as the stub names them, "p01.01".
core::Result<std::vector<std::string>> threadsOf(StubLine& line, const WaitLimit& limit)
{
    std::vector<std::string> threads;
    auto reply = line.ask("qfThreadInfo", limit);
    while (reply && reply->starts_with('m') && threads.size() < maxThreads) {
        for (std::size_t at = 1; at < reply->size();) {
            const std::size_t end = std::min(reply->find(',', at), reply->size());
            threads.push_back(reply->substr(at, end - at));
            at = end + 1;
        }
        reply = line.ask("qsThreadInfo", limit);
    }
    RETURN_IF_ERROR(reply);
    if (threads.empty())
        return core::failure("list the guest's processors", "the gdbstub shows no threads");
    return threads;
}

/// The vCPU of a thread: the number after the process, hexadecimal, counts from 1 (QEMU gdbstub.c).
core::Result<unsigned> cpuOfThread(std::string_view thread)
{
    const std::size_t dot = thread.find('.');
    const std::string_view digits = dot == std::string_view::npos ? thread : thread.substr(dot + 1);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (error != std::errc() || end != digits.data() + digits.size() || number == 0)
        return core::failure("list the guest's processors",
            "the gdbstub calls one \"" + std::string(thread.substr(0, 32)) + "\"");
    return number - 1;
}

} // namespace

core::Result<void> StubCpus::choose(StubLine& line, const std::string& thread, const WaitLimit& limit)
{
    ASSIGN_OR_RETURN(const auto reply, line.ask("Hg" + thread, limit));
    return reply == "OK" ? core::Result<void>()
                         : core::failure("select thread " + thread, "the gdbstub answers \"" + reply + "\"");
}

core::Result<std::vector<core::CpuState>> StubCpus::read(StubLine& line, const WaitLimit& limit)
{
    if (!m_registers) {
        ASSIGN_OR_RETURN(auto described, StubRegisters::describe(line, limit));
        m_registers = described;
    }
    const auto threads = threadsOf(line, limit);
    RETURN_IF_ERROR(threads);
    std::vector<core::CpuState> states;
    for (const std::string& thread : *threads) {
        ASSIGN_OR_RETURN(const auto id, cpuOfThread(thread));
        if (threads->size() > 1)
            RETURN_IF_ERROR(choose(line, thread, limit));
        ASSIGN_OR_RETURN(auto state, m_registers->state(line, limit));
        state.id = id;
        states.push_back(state);
    }
    std::sort(states.begin(), states.end(), [](auto& a, auto& b) { return a.id < b.id; });
    return states;
}

} // namespace pgtscope::gdb
