// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/qemu/qemulauncher.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>
#include <thread>
#include <tuple>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/base/wholefile.h"
#include "gdb/host/childprocess.h"
#include "gdb/host/descriptor.h"
#include "gdb/host/files.h"
#include "gdb/host/owneddirectory.h"
#include "gdb/qemu/codewatch.h"
#include "gdb/qemu/emulator.h"
#include "gdb/qemu/guestowner.h"
#include "gdb/qemu/qemuarguments.h"
#include "gdb/qemu/writering.h"
#include "gdb/qmp/cpufeatures.h"
#include "gdb/qmp/qmpclient.h"

namespace pgtscope::gdb {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr const char* recordName = "guest.json";
/// As QEMU's own memfd is called; the plugin finds the mapping by it, too.
constexpr const char* ramName = "memory-backend-memfd";

/// A process that can write to a socket in there controls the guest, so it must be ours alone.
core::Result<void> ensurePrivateDirectory(const fs::path& path)
{
    std::string tried = "use the run directory " + path.string();
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return core::failure(tried, std::generic_category().message(errno), "check XDG_RUNTIME_DIR");
    struct stat status { };
    if (::lstat(path.c_str(), &status) != 0)
        return core::failure(tried, std::generic_category().message(errno));
    if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 077) != 0)
        return core::failure(tried, "it is not a directory to which only you have access",
            "remove it, or set XDG_RUNTIME_DIR");
    return {};
}

std::optional<RunningGuest> load(const fs::path& directory)
{
    return runningGuestFrom(json::parse(readStart(directory / recordName), nullptr, false), directory);
}

core::Result<void> store(const RunningGuest& guest)
{
    return core::writeWhole(guest.directory / recordName, core::Existing::Replace,
        core::jsonBlock(toJson(guest), 2) + "\n", core::NewFileMode::Private);
}

std::string idStem(const std::string& name)
{
    std::string stem;
    for (char c : name.substr(0, 32))
        stem += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '-';
    return stem.empty() ? "guest" : stem;
}

fs::path ramFileOf(pid_t pid)
{
    for (const fs::path& descriptor : entriesOf("/proc/" + std::to_string(pid) + "/fd")) {
        std::error_code gone;
        if (fs::read_symlink(descriptor, gone).string().starts_with(std::string("/memfd:") + ramName))
            return descriptor;
    }
    return {};
}

/// The process that a pid file names now.
std::optional<ProcessId> processIn(const fs::path& pidFile)
{
    return ProcessId::of(static_cast<pid_t>(std::strtol(readStart(pidFile).c_str(), nullptr, 10)));
}

/// Proves that the process is the QEMU of that pid file: its number may have been given to another since.
/// Only pgtscope starts a QEMU with a pid file in our run directory.
bool wasStartedWith(const ProcessId& process, const fs::path& pidFile)
{
    const std::string option = '\0' + std::string("-pidfile") + '\0';
    const std::string arguments = readStart("/proc/" + std::to_string(process.pid) + "/cmdline");
    const std::size_t found = arguments.find(option);
    if (found == std::string::npos || !process.alive())
        return false;
    // The run directory may have been spelled otherwise then.
    const fs::path named(arguments.substr(found + option.size()).c_str());
    std::error_code error;
    return named == pidFile || fs::equivalent(named, pidFile, error);
}

/// What is known of a directory in the run directory.
enum class Leftover : std::uint8_t {
    InUse, ///< A guest runs, or may run: not ours to touch.
    Ownerless, ///< A guest runs that should have ended with the program that started it.
    Dead, ///< No process.
};

struct Judged {
    Leftover what = Leftover::InUse;
    ProcessId process; ///< If ownerless.
};

Judged judge(const fs::path& directory)
{
    const std::string text = readStart(directory / recordName);
    const json record = json::parse(text, nullptr, false);
    if (const auto guest = runningGuestFrom(record, directory)) {
        if (!guest->process.alive())
            return {Leftover::Dead, {}};
        const bool owned = !guest->owner || guest->owner->alive();
        // A reused number may even have started at the same tick, after the host was booted again.
        return owned || !wasStartedWith(guest->process, guest->pidFile())
            ? Judged{}
            : Judged{Leftover::Ownerless, guest->process};
    }
    if (isNewerRecord(record))
        return {};
    const fs::path pidFile = directory / "qemu.pid";
    const auto process = processIn(pidFile);
    if (!process || !wasStartedWith(*process, pidFile))
        return {Leftover::Dead, {}};
    // Without any record its launcher was killed. With a damaged one it may be a guest that was to stay.
    std::error_code error;
    return fs::exists(directory / recordName, error) || error ? Judged{}
                                                              : Judged{Leftover::Ownerless, *process};
}

/// Ends it, and leaves no zombie if it is our child.
core::Result<void> end(const ProcessId& process, const WaitLimit& limit)
{
    auto ended = endProcess(process, limit);
    if (ended)
        (void)exitOf(process);
    return ended;
}

/// An empty memfd, which QEMU opens as the file of its guest's RAM. It is given by a name in the guest's
/// directory and not as an inherited descriptor, which a script that starts QEMU may close.
core::Result<Descriptor> makeRam(const RunningGuest& guest)
{
    const std::string tried = "make the memory of " + guest.id;
    Descriptor ram(::memfd_create(ramName, MFD_CLOEXEC));
    if (!ram.good() || ::ftruncate(ram.number(), static_cast<off_t>(guest.spec.memoryBytes)) != 0)
        return core::failure(tried, std::generic_category().message(errno));
    const std::string open = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(ram.number());
    if (::symlink(open.c_str(), guest.ramLink().c_str()) != 0)
        return core::failure(tried, std::generic_category().message(errno));
    return ram;
}

/// Starts QEMU and waits until its monitor answers.
core::Result<void> runQemu(RunningGuest& guest, Lifetime lifetime, const core::CancelFlag* cancel)
{
    ASSIGN_OR_RETURN(auto arguments, qemuArguments(guest));
    // Ours is closed once QEMU, or the script before it, has opened its own.
    ASSIGN_OR_RETURN(const Descriptor ram, makeRam(guest));
    auto process = startProcess(guest.spec.emulator, arguments, guest.qemuLog(), lifetime);
    if (!process) {
        core::Error error = process.error();
        if (error.happened.ends_with("is not installed"))
            error.advice = "install Debian's package qemu-system-x86, or name another QEMU with --qemu";
        return tl::unexpected(std::move(error));
    }
    guest.process = *process;
    const std::string tried = "launch " + guest.id;
    const auto limit = WaitLimit::after(60s, cancel);
    // Another program may wait for something for ever.
    auto doubts = std::optional(WaitLimit::after(3s));
    for (;;) {
        if (exitOf(*process)) {
            RETURN_IF_ERROR(checkIsQemu(guest.spec.emulator, cancel));
            const std::string words = lastLine(readStart(guest.qemuLog()));
            return core::failure(tried, words.empty() ? "QEMU exited at once without a message" : words);
        }
        auto features = QmpClient::connect(guest.qmpEndpoint(), limit).and_then([&](QmpClient monitor) {
            return cpuFeatures(monitor, limit);
        });
        if (features) {
            guest.features = *features;
            // The user's program may be a script that has QEMU for a child.
            if (const auto qemu = processIn(guest.pidFile()); qemu && wasStartedWith(*qemu, guest.pidFile()))
                guest.process = *qemu;
            return {};
        }
        if (limit.cancelled())
            return core::failure(tried, "cancelled");
        if (limit.passed())
            RETURN_IF_ERROR(features);
        if (doubts && doubts->passed()) {
            RETURN_IF_ERROR(checkIsQemu(guest.spec.emulator, cancel));
            doubts.reset();
        }
        std::this_thread::sleep_for(limit.slice());
    }
}

} // namespace

fs::path defaultRunDirectory()
{
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    if (runtime != nullptr && *runtime == '/')
        return fs::path(runtime) / "pgtscope";
    return "/tmp/pgtscope-" + std::to_string(::getuid());
}

QemuLauncher::QemuLauncher(fs::path runDirectory)
    : m_runDirectory(std::move(runDirectory))
{
}

core::Result<FileLock> QemuLauncher::lockRunDirectory(const core::CancelFlag* cancel) const
{
    RETURN_IF_ERROR(ensurePrivateDirectory(m_runDirectory));
    return FileLock::wait(m_runDirectory / ".lock", WaitLimit::after(10s, cancel));
}

/// Removes what dead guests left. The caller holds the lock of the run directory; a guest that is being
/// launched is protected by the lock of its own directory.
void QemuLauncher::sweep() const
{
    OwnedDirectory::sweepAll();
    for (const fs::path& directory : entriesOf(m_runDirectory)) {
        std::error_code error;
        if (!fs::is_directory(directory, error))
            continue;
        const auto lock = FileLock::tryNow(directory);
        const Judged left = lock ? judge(directory) : Judged();
        const bool ended = left.what == Leftover::Dead
            || (left.what == Leftover::Ownerless && endProcess(left.process, WaitLimit::after(10s)));
        if (ended)
            fs::remove_all(directory, error);
    }
}

core::Result<RunningGuest> QemuLauncher::reserve(const std::string& name) const
{
    RunningGuest guest;
    for (unsigned number = 1; number < 10000; ++number) {
        guest.id = idStem(name) + "-" + std::to_string(number);
        guest.directory = m_runDirectory / guest.id;
        if (::mkdir(guest.directory.c_str(), 0700) == 0)
            return guest;
        if (errno != EEXIST)
            break;
    }
    return core::failure(
        "make the run directory " + guest.directory.string(), std::generic_category().message(errno));
}

core::Result<void> QemuLauncher::start(
    RunningGuest& guest, Lifetime lifetime, const core::CancelFlag* cancel) const
{
    if (!guest.spec.writesPlugin.empty())
        RETURN_IF_ERROR(WriteRing::create(guest.writesRing()));
    if (!guest.spec.stopsPlugin.empty())
        RETURN_IF_ERROR(CodeWatch::create(guest.watchedCode()));
    if (lifetime != Lifetime::Stays)
        guest.owner = ProcessId::of(::getpid());
    RETURN_IF_ERROR(runQemu(guest, lifetime, cancel));
    guest.ramFile = ramFileOf(guest.process.pid);
    return store(guest);
}

core::Result<RunningGuest> QemuLauncher::launch(
    const LaunchSpec& spec, Lifetime lifetime, const core::CancelFlag* cancel) const
{
    core::Result<RunningGuest> guest;
    std::optional<FileLock> launching;
    {
        auto lock = lockRunDirectory(cancel);
        RETURN_IF_ERROR(lock);
        sweep();
        guest = reserve(spec.name);
        if (!guest)
            return guest;
        launching = FileLock::tryNow(guest->directory);
    }
    guest->spec = spec;
    if (auto started = start(*guest, lifetime, cancel); !started) {
        if (guest->process.pid != 0)
            (void)end(guest->process, WaitLimit::after(10s));
        std::error_code ignored;
        fs::remove_all(guest->directory, ignored);
        return tl::unexpected(started.error());
    }
    return guest;
}

core::Result<std::vector<RunningGuest>> QemuLauncher::listRunning() const
{
    auto lock = lockRunDirectory(nullptr);
    RETURN_IF_ERROR(lock);
    sweep();
    std::vector<RunningGuest> guests;
    for (const fs::path& directory : entriesOf(m_runDirectory))
        if (auto guest = load(directory); guest && guest->process.alive())
            guests.push_back(std::move(*guest));
    auto older = [](const RunningGuest& a, const RunningGuest& b) {
        return std::tie(a.process.startTime, a.process.pid) < std::tie(b.process.startTime, b.process.pid);
    };
    std::sort(guests.begin(), guests.end(), older);
    return guests;
}

core::Result<RunningGuest> QemuLauncher::find(std::string_view nameOrId) const
{
    ASSIGN_OR_RETURN(auto guests, listRunning());
    std::string known;
    const RunningGuest* newest = nullptr;
    for (const RunningGuest& guest : guests) {
        if (guest.id == nameOrId)
            return guest;
        if (nameOrId.empty() || guest.spec.name == nameOrId)
            newest = &guest;
        known += (known.empty() ? "" : ", ") + guest.id;
    }
    if (newest != nullptr)
        return *newest;
    std::string wanted = nameOrId.empty() ? "a running guest" : "the running guest " + std::string(nameOrId);
    return core::failure("find " + wanted,
        known.empty() ? "no guest is running" : "these are running: " + known,
        "launch one with pgt launch, or give the stub with --connect");
}

core::Result<void> QemuLauncher::stop(const RunningGuest& guest, const WaitLimit& limit) const
{
    if (!wasStartedWith(guest.process, guest.pidFile()) && guest.process.alive())
        return core::failure("stop " + guest.id,
            "process " + std::to_string(guest.process.pid) + " is not the QEMU that was started for it",
            "remove " + guest.directory.string());
    RETURN_IF_ERROR(end(guest.process, limit));
    auto lock = lockRunDirectory(limit.cancel);
    RETURN_IF_ERROR(lock);
    sweep();
    return {};
}

core::Result<void> waitForConsole(const RunningGuest& guest, std::string_view text, const WaitLimit& limit)
{
    std::string tried = "wait for \"" + std::string(text) + "\" on the console of " + guest.id;
    std::string tail;
    std::ifstream console;
    std::array<char, 65536> block{};
    while (true) {
        bool alive = guest.process.alive();
        if (!console.is_open())
            console.open(guest.consoleLog(), std::ios::binary);
        // A stream that met the end of the file reads on only after clear().
        console.clear();
        while (console.read(block.data(), block.size()), console.gcount() > 0) {
            tail.append(block.data(), static_cast<std::size_t>(console.gcount()));
            if (tail.find(text) != std::string::npos)
                return {};
            if (tail.size() > block.size() + text.size())
                tail.erase(0, tail.size() - block.size() - text.size());
            if (!console)
                break;
        }
        std::string last = " (last line: " + lastLine(tail) + ")";
        if (!alive)
            return core::failure(tried, "the guest ended" + last, "see " + guest.qemuLog().string());
        if (limit.cancelled() || limit.passed())
            return core::failure(
                tried, (limit.cancelled() ? "cancelled" : "it did not appear in time") + last);
        std::this_thread::sleep_for(limit.slice());
    }
}

core::Result<void> setOwner(RunningGuest& guest, std::optional<ProcessId> owner)
{
    guest.owner = owner;
    return store(guest);
}

std::optional<bool> isRunning(const RunningGuest& guest, const WaitLimit& limit)
{
    auto monitor = QmpClient::connect(guest.qmpEndpoint(), limit);
    const auto status = monitor ? monitor->execute("query-status", limit) : tl::unexpected(monitor.error());
    if (!status || !status->is_object() || !status->contains("running") || !(*status)["running"].is_boolean())
        return std::nullopt;
    return (*status)["running"].get<bool>();
}

core::Result<void> runToBeginning(const RunningGuest& guest, const WaitLimit& limit)
{
    if (guest.spec.beginsAfter.empty())
        return {};
    ASSIGN_OR_RETURN(auto monitor, QmpClient::connect(guest.qmpEndpoint(), limit));
    RETURN_IF_ERROR(monitor.execute("cont", limit));
    auto begun = waitForConsole(guest, guest.spec.beginsAfter, limit);
    RETURN_IF_ERROR(monitor.execute("stop", WaitLimit::after(20s)));
    return begun;
}

} // namespace pgtscope::gdb
