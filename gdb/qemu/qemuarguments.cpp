// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/qemu/qemuarguments.h"

#include <sys/un.h>

namespace pgtscope::gdb {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t mib = 1ULL << 20;

/// In QEMU's option lists a comma ends a value; doubled, it is part of it.
std::string optionValue(const fs::path& path)
{
    std::string text;
    for (char c : path.string())
        text += c == ',' ? std::string(",,") : std::string(1, c);
    return text;
}

/// QEMU takes the hypervisor as its kernel, and a module's path ends at the first space.
core::Result<void> checkHypervisor(const LaunchSpec& spec, const std::string& tried)
{
    std::error_code error;
    if (!fs::is_regular_file(spec.hypervisor, error))
        return core::failure(tried, "there is no hypervisor file " + spec.hypervisor.string());
    for (const fs::path& module : {fs::absolute(spec.kernel, error), fs::absolute(spec.initrd, error)})
        if (module.string().find(' ') != std::string::npos)
            return core::failure(tried, "QEMU accepts no space in the path of a module: " + module.string(),
                "set XDG_CACHE_HOME to a path without spaces");
    return {};
}

/// Measured for one CPU alone; a domain begins where its console has printed something, which is no fixed
/// instruction.
core::Result<void> checkDeterministic(const LaunchSpec& spec, const std::string& tried)
{
    if (!spec.deterministic)
        return {};
    if (spec.accelerator != Accelerator::Tcg)
        return core::failure(
            tried, "a boot is deterministic under TCG only, not under KVM", "give --accel tcg");
    if (spec.smp != 1)
        return core::failure(tried, "a boot is deterministic with one CPU only", "give --smp 1");
    if (!spec.beginsAfter.empty())
        return core::failure(tried, "a domain that another kernel starts begins at no fixed instruction",
            "leave --deterministic out");
    return {};
}

core::Result<void> check(const RunningGuest& guest)
{
    const LaunchSpec& spec = guest.spec;
    std::string tried = "launch " + guest.id;
    std::error_code error;
    if (!fs::is_regular_file(spec.kernel, error))
        return core::failure(tried, "there is no kernel file " + spec.kernel.string());
    if (!spec.hypervisor.empty())
        RETURN_IF_ERROR(checkHypervisor(spec, tried));
    if (!spec.initrd.empty() && !fs::is_regular_file(spec.initrd, error))
        return core::failure(tried, "there is no initramfs file " + spec.initrd.string());
    if (spec.memoryBytes < 16 * mib || spec.memoryBytes % mib != 0)
        return core::failure(tried,
            "memory of " + std::to_string(spec.memoryBytes) + " bytes is not possible",
            "give whole MiB, at least 16");
    if (spec.smp == 0 || spec.smp > 255)
        return core::failure(tried, std::to_string(spec.smp) + " CPUs are not possible", "give 1 to 255");
    if (guest.gdbEndpoint().path.size() >= sizeof(sockaddr_un::sun_path))
        return core::failure(tried, "the path of its sockets would be longer than 107 bytes",
            "set XDG_RUNTIME_DIR to a shorter path");
    return checkDeterministic(spec, tried);
}

std::string serverSocket(const char* id, const std::string& path)
{
    return std::string("socket,server=on,wait=off,id=") + id + ",path=" + optionValue(path);
}

/// The kernel with its command line, and the initramfs, as modules of a multiboot hypervisor.
std::string multibootModules(const fs::path& kernel, const std::string& append, const fs::path& initrd)
{
    std::string modules = optionValue(kernel.string() + (append.empty() ? "" : " " + append));
    return initrd.empty() ? modules : modules + "," + optionValue(initrd);
}

/// The plugin and what it is to do; empty: none is wanted.
std::string pluginOption(const RunningGuest& guest)
{
    const LaunchSpec& spec = guest.spec;
    const bool stores = !spec.writesPlugin.empty();
    if (!stores && spec.stopsPlugin.empty())
        return {};
    std::string option = optionValue(stores ? spec.writesPlugin : spec.stopsPlugin);
    if (stores)
        option += ",ring=" + optionValue(guest.writesRing());
    if (!spec.stopsPlugin.empty())
        option += ",places=" + optionValue(guest.watchedCode());
    return option;
}

} // namespace

core::Result<std::vector<std::string>> qemuArguments(const RunningGuest& guest)
{
    RETURN_IF_ERROR(check(guest));
    return uncheckedQemuArguments(guest);
}

core::Result<std::vector<std::string>> uncheckedQemuArguments(const RunningGuest& guest)
{
    const LaunchSpec& spec = guest.spec;
    // The guest outlives the caller's directory, and its record names them.
    std::error_code error;
    fs::path kernel = fs::absolute(spec.kernel, error);
    fs::path initrd = spec.initrd.empty() ? fs::path() : fs::absolute(spec.initrd, error);
    if (error)
        return core::failure("launch " + guest.id, error.message());
    std::string memory = std::to_string(spec.memoryBytes / mib) + "M";
    std::vector<std::string> arguments{"-name", "pgtscope-" + guest.id, "-nodefaults", "-no-user-config",
        "-display", "none", "-accel", std::string(nameOf(spec.accelerator)), "-machine",
        spec.machine + ",memory-backend=ram0", "-object",
        // Not memory-backend-memfd: since QEMU 8.1 x-ignore-shared leaves RAM out of a checkpoint only if it
        // is a file with a name.
        "memory-backend-file,id=ram0,share=on,mem-path=" + optionValue(guest.ramLink()) + ",size=" + memory,
        "-m", memory, "-cpu", spec.cpu, "-smp", std::to_string(spec.smp), "-chardev",
        serverSocket("gdb0", guest.gdbEndpoint().path), "-gdb", "chardev:gdb0", "-chardev",
        serverSocket("qmp0", guest.qmpEndpoint().path), "-mon", "chardev=qmp0,mode=control",
        // A guest that died by a triple fault stays, paused, for its tables to be looked at.
        "-no-reboot", "-no-shutdown", "-pidfile", guest.pidFile().string()};
    auto add = [&arguments](std::initializer_list<std::string> more) {
        arguments.insert(arguments.end(), more.begin(), more.end());
    };
    if (!spec.hypervisor.empty()) {
        add({"-kernel", fs::absolute(spec.hypervisor, error).string(), "-initrd",
            multibootModules(kernel, spec.append, initrd), "-append", spec.hypervisorAppend});
    } else {
        add({"-kernel", kernel.string()});
        if (!spec.initrd.empty())
            add({"-initrd", initrd.string()});
        if (!spec.append.empty())
            add({"-append", spec.append});
    }
    // Measured on QEMU 7.2: two boots with the same stops are then the same up to the first process. With
    // the host's clock, or with sleep=on, they are not.
    if (spec.deterministic)
        add({"-icount", "shift=3,sleep=off", "-rtc", "base=2026-01-01T00:00:00,clock=vm", "-seed", "1"});
    if (spec.console)
        add({"-chardev", "file,id=con0,path=" + optionValue(guest.consoleLog()), "-serial", "chardev:con0"});
    if (spec.paused)
        add({"-S"});
    if (spec.incoming)
        add({"-incoming", "defer"});
    if (const std::string plugin = pluginOption(guest); !plugin.empty())
        add({"-plugin", plugin});
    arguments.insert(arguments.end(), spec.extraQemuArgs.begin(), spec.extraQemuArgs.end());
    return arguments;
}

} // namespace pgtscope::gdb
