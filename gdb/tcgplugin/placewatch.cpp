// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/tcgplugin/placewatch.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

namespace pgtscope::places {

namespace {

constexpr auto pause = std::chrono::microseconds(100); // between two looks
constexpr unsigned looks = 3; // that find the main thread in the same wait

/// Which system call the main thread waits in and its arguments, or that it runs (proc(5),
/// /proc/PID/syscall); empty: that cannot be read.
std::string mainThreadsCall()
{
    const std::string path = "/proc/self/task/" + std::to_string(::getpid()) + "/syscall";
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return {};
    std::array<char, 256> text{};
    const ssize_t bytes = ::read(descriptor, text.data(), text.size());
    ::close(descriptor);
    return bytes > 0 ? std::string(text.data(), static_cast<std::size_t>(bytes)) : std::string();
}

bool isFutex(std::string_view call) { return call.starts_with(std::to_string(SYS_futex) + " "); }

bool isGone(std::int32_t process) { return ::kill(process, 0) != 0 && errno == ESRCH; }

} // namespace

bool PlaceWatch::possible() { return !mainThreadsCall().empty(); }

void PlaceWatch::translating(std::uint64_t begin, std::uint64_t end)
{
    const std::lock_guard guard(m_mutex);
    for (std::uint64_t piece = begin >> pieceBits; piece <= (end - 1) >> pieceBits; ++piece) {
        const std::size_t mark = markOf(piece << pieceBits);
        m_places.translated[mark / 64] |= std::uint64_t{1} << mark % 64;
    }
    if (meets(begin, end) && m_places.holding.load() != 0)
        hold(begin);
}

bool PlaceWatch::meets(std::uint64_t begin, std::uint64_t end)
{
    bool any = false;
    for (std::uint32_t i = 0; i < m_places.count && i < maxPlaces;) {
        const std::uint64_t place = m_places.wanted[i];
        if (place < begin || place >= end || m_places.metCount >= maxPlaces) {
            ++i;
            continue;
        }
        m_places.met[m_places.metCount++] = place;
        m_places.wanted[i] = m_places.wanted[--m_places.count];
        any = true;
    }
    return any;
}

void PlaceWatch::hold(std::uint64_t begin)
{
    m_places.block = begin;
    holdCpu(m_places);
}

/// The debugger asks QEMU's main thread for a stop, which signals the CPU and then waits, on a condition,
/// until it has stopped (softmmu/cpus.c of 7.2, pause_all_vcpus()). This CPU holds no lock that the main
/// thread could wait for instead; another thread's is not held through several looks.
void holdCpu(Places& places)
{
    places.held.store(1);
    std::string before;
    unsigned same = 0;
    // The debugger may be stopped itself, for however long.
    while (same < looks && places.holding.load() != 0 && !isGone(places.consumer)) {
        ::usleep(static_cast<useconds_t>(pause.count()));
        std::string call = mainThreadsCall();
        same = isFutex(call) && call == before ? same + 1 : 0;
        before = std::move(call);
    }
    places.held.store(0);
}

} // namespace pgtscope::places
