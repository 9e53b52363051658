// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/launchoptions.h"

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "core/base/numbers.h"

namespace pgtscope::pgt {

void LaunchOptions::addTo(CLI::App& command)
{
    auto* nameOption = command.add_option("name", name, "A name from \"pgt guest list\"");
    command
        .add_option("--kernel", kernel, "Boot this kernel; with a name, instead of that guest's own kernel")
        ->check(CLI::ExistingFile);
    command.add_option("--initrd", initrd, "Initial RAM disk")->check(CLI::ExistingFile);
    command
        .add_option(
            "--hypervisor", hypervisor, "Boot this Xen instead of the named guest's, e.g. xen/xen of a build")
        ->check(CLI::ExistingFile)
        ->needs(nameOption);
    command
        .add_option("--hypervisor-append", hypervisorAppend,
            "Xen's command line (added to a named guest's own), e.g. xpti=true")
        ->needs(nameOption);
    command.add_option("--append", append, "Kernel command line (added to a named guest's own)");
    command.add_option("--memory", memory, "Guest RAM, e.g. 2G");
    command.add_option("--cpu", cpu, "QEMU CPU model");
    command
        .add_option("--accel", accel,
            usualAccelerator == gdb::Accelerator::Kvm
                ? "kvm or tcg, QEMU's own way of execution; by default kvm where it works"
                : "tcg, QEMU's own way of execution (the default: any number of breakpoints, every store), "
                  "or kvm, "
                  "which has four breakpoints in all")
        ->check(CLI::IsMember({"kvm", "tcg"}));
    command.add_option("--smp", smp, "Number of CPUs")->check(CLI::Range(1, 255));
    command.add_option("--qemu", qemu,
        "QEMU's program, in PATH or a path, e.g. of a newer version (default: $PGTSCOPE_QEMU, else "
        "qemu-system-x86_64)");
    command.add_flag("--deterministic", deterministic,
        "Boot the same way each time, instruction for instruction: time is counted in instructions, clock "
        "and random numbers begin alike; under tcg with one CPU. A boot takes longer, and a guest that is "
        "idle keeps a CPU of the host busy");
    command.add_option("--qemu-arg", qemuArguments, "One more argument for QEMU; can be repeated")
        ->allow_extra_args(false);
}

namespace {

/// A FIFO that no program writes would be waited for, for ever.
core::Result<void> checkFile(const std::string& path)
{
    std::error_code error;
    return path.empty() || std::filesystem::is_regular_file(path, error)
        ? core::Result<void>()
        : core::failure("launch a guest with " + path, error ? error.message() : "it is no regular file",
            "check its name");
}

/// What QEMU boots by -kernel: an ELF file, or Linux's image with its boot protocol's signature
/// (Documentation/arch/x86/boot.rst). It takes any other file too, and starts to execute it.
core::Result<void> checkKernel(const std::string& path)
{
    constexpr std::size_t signatureAt = 0x202;
    std::string start(signatureAt + 4, '\0');
    std::ifstream(path, std::ios::binary).read(start.data(), static_cast<std::streamsize>(start.size()));
    if (start.starts_with("\x7f"
                          "ELF")
        || start.substr(signatureAt) == "HdrS")
        return {};
    return core::failure("launch the kernel " + path, "it is neither a bzImage nor an ELF file",
        "name a kernel, e.g. /boot/vmlinuz-VERSION");
}

core::Result<gdb::LaunchSpec> baseSpec(const LaunchOptions& options, Console& console)
{
    gdb::LaunchSpec spec;
    for (const std::string& file : {options.kernel, options.initrd, options.hypervisor})
        RETURN_IF_ERROR(checkFile(file));
    if (!options.kernel.empty())
        RETURN_IF_ERROR(checkKernel(options.kernel));
    if (!options.kernel.empty() && options.name.empty()) {
        spec.name = "kernel";
        spec.kernel = options.kernel;
        spec.append = options.append;
        return spec;
    }
    if (options.name.empty())
        return core::failure("launch a guest", "neither a name nor --kernel was given",
            "see \"pgt guest list\" for the names");
    ASSIGN_OR_RETURN(const auto recipe, gdb::findRecipe(options.name));
    ASSIGN_OR_RETURN(const auto guest, gdb::fetchGuest(recipe, {}, console.progress(), &console.cancel()));
    if (!guest.note.empty())
        console.remark(guest.note);
    spec = gdb::launchSpec(guest);
    if (!options.kernel.empty())
        spec.kernel = options.kernel;
    if (!options.append.empty())
        spec.append += " " + options.append;
    return spec;
}

core::Result<void> changeHypervisor(gdb::LaunchSpec& spec, const LaunchOptions& options)
{
    if (options.hypervisor.empty() && options.hypervisorAppend.empty())
        return {};
    if (spec.hypervisor.empty())
        return core::failure("change the hypervisor", "the guest " + options.name + " runs without one",
            "name the guest xen, xen-domu or lab-xen");
    if (!options.hypervisor.empty())
        spec.hypervisor = options.hypervisor;
    if (!options.hypervisorAppend.empty())
        spec.hypervisorAppend += " " + options.hypervisorAppend;
    return {};
}

/// The guest's record outlives the directory that the user gave a path in.
core::Result<void> changeEmulator(gdb::LaunchSpec& spec, const std::string& program)
{
    spec.emulator = program;
    if (program.find('/') == std::string::npos)
        return {};
    std::error_code error;
    const auto path = std::filesystem::absolute(program, error);
    if (error || !std::filesystem::is_regular_file(path, error))
        return core::failure(
            "run " + program, "there is no such file", "name a program, e.g. qemu-system-x86_64");
    if (::access(path.c_str(), X_OK) != 0)
        return core::failure("run " + program, "it is no program that you may execute",
            "name a program, e.g. qemu-system-x86_64");
    spec.emulator = path.string();
    return {};
}

} // namespace

core::Result<gdb::LaunchSpec> launchSpecOf(const LaunchOptions& options, Console& console)
{
    auto spec = baseSpec(options, console);
    if (!spec)
        return spec;
    if (!options.initrd.empty())
        spec->initrd = options.initrd;
    RETURN_IF_ERROR(changeHypervisor(*spec, options));
    if (!options.cpu.empty())
        spec->cpu = options.cpu;
    spec->deterministic = options.deterministic;
    spec->accelerator = options.usualAccelerator;
    if (options.deterministic)
        spec->accelerator = gdb::Accelerator::Tcg;
    if (spec->accelerator == gdb::Accelerator::Kvm)
        spec->accelerator = gdb::bestAccelerator();
    if (const auto asked = gdb::acceleratorNamed(options.accel))
        spec->accelerator = *asked;
    if (options.accel == "kvm")
        RETURN_IF_ERROR(gdb::kvmWorks());
    if (!options.qemu.empty())
        RETURN_IF_ERROR(changeEmulator(*spec, options.qemu));
    if (options.smp != 0)
        spec->smp = options.smp;
    spec->extraQemuArgs = options.qemuArguments;
    if (!options.memory.empty()) {
        ASSIGN_OR_RETURN(const auto bytes, core::parseSize(options.memory));
        spec->memoryBytes = bytes;
    }
    return spec;
}

core::Result<void> beginningOf(const gdb::RunningGuest& guest, Console& console)
{
    using namespace std::chrono_literals;
    if (!guest.spec.beginsAfter.empty())
        console.progress()("Waiting for dom0 to start", 0, 0);
    return gdb::runToBeginning(guest, gdb::WaitLimit::after(10min, &console.cancel()));
}

} // namespace pgtscope::pgt
