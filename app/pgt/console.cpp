// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/console.h"

#include <csignal>
#include <cstdio>
#include <ctime>
#include <initializer_list>
#include <iostream>

#include <unistd.h>

#include "core/base/terminaltext.h"

namespace pgtscope::pgt {

namespace {

core::CancelFlag* flagForSignals = nullptr;

/// A second Ctrl-C ends the program if it did not react to the first, but only some time later: one that
/// follows at once is a key that bounced. Nothing of ours is left even then, but a clean-up that can finish
/// reports its result.
constexpr time_t secondsToHear = 2;
volatile std::sig_atomic_t firstInterrupt = 0;

extern "C" void cancelOnSignal(int number)
{
    flagForSignals->cancel();
    if (number != SIGINT)
        return;
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const auto second = static_cast<std::sig_atomic_t>(now.tv_sec + 1);
    if (firstInterrupt == 0)
        firstInterrupt = second;
    else if (second - firstInterrupt >= secondsToHear) {
        std::signal(number, SIG_DFL);
        (void)std::raise(number);
    }
}

} // namespace

Console::Console()
    : m_terminal(isatty(STDERR_FILENO) == 1)
{
    flagForSignals = &m_cancel;
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        std::signal(number, cancelOnSignal);
    // The write itself fails with an error then, which is reported.
    for (const int number : {SIGPIPE, SIGXFSZ})
        std::signal(number, SIG_IGN);
}

core::Progress Console::progress()
{
    return [this](std::string_view what, std::uint64_t done, std::uint64_t total) {
        showProgress(what, done, total);
    };
}

void Console::showProgress(std::string_view what, std::uint64_t done, std::uint64_t total)
{
    using namespace std::chrono_literals;
    if (!m_terminal)
        return;
    const auto now = std::chrono::steady_clock::now();
    if (what == m_lastWhat && now - m_lastShown < 100ms)
        return;
    m_lastShown = now;
    m_lastWhat = what;
    std::string line(what);
    if (total != 0)
        line += " " + std::to_string(done * 100 / total) + " %";
    std::fprintf(stderr, "\r\033[K%s", core::terminalText(line).c_str());
    std::fflush(stderr);
    m_lineShown = true;
}

void Console::clear()
{
    if (!m_lineShown)
        return;
    std::fputs("\r\033[K", stderr);
    std::fflush(stderr);
    m_lineShown = false;
}

std::function<void(const std::string&)> Console::remarks()
{
    return [this](const std::string& text) { remark("pgt: " + text); };
}

void Console::remark(std::string_view text)
{
    clear();
    std::cerr << std::string(text) + '\n';
}

ExitStatus Console::fail(const core::Error& error)
{
    remark("pgt: " + error.message());
    return ExitStatus::Failed;
}

} // namespace pgtscope::pgt
