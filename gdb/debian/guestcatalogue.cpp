// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/debian/guestcatalogue.h"

#include <algorithm>
#include <array>
#include <string>

namespace pgtscope::gdb {

namespace {

constexpr std::uint64_t gib = 1ULL << 30;
/// No `quiet`, so that the boot can be followed; no `nokaslr`, so that the guest is what users run; no
/// `panic=`, so that a kernel that died stays where it is.
constexpr std::string_view serialConsole = "console=ttyS0 earlyprintk=serial,ttyS0,115200";
/// Xen's own. Both consoles share the serial port; a dead dom0 must not reboot the machine either.
constexpr std::string_view hypervisorOptions
    = "console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all dom0_mem=512M noreboot";
/// What happens with a buffer beyond the first GiB is what the lab is about.
constexpr std::string_view labHypervisorOptions
    = "console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all dom0_mem=1536M noreboot";

/// Debian 13 has no kernels for i386 any more.
constexpr std::string_view lastWithI386 = "bookworm";

/// To add a guest, add a row. -cpu qemu64 has no LA57, so a kernel that could use five levels uses four.
constexpr std::array recipes{
    GuestRecipe{.name = "debian",
        .description = "Debian's kernel for amd64, 2 GiB",
        .pagingMode = "4-level",
        .kernelPackage = "linux-image-amd64",
        .architecture = "amd64",
        .machine = "q35",
        .cpu = "qemu64",
        .append = serialConsole,
        .memoryBytes = 2 * gib},
    GuestRecipe{.name = "debian-la57",
        .description = "the same kernel with 57-bit linear addresses",
        .pagingMode = "5-level",
        .kernelPackage = "linux-image-amd64",
        .architecture = "amd64",
        .machine = "q35",
        .cpu = "max",
        .append = serialConsole,
        .memoryBytes = 2 * gib},
    GuestRecipe{.name = "debian-686",
        .description = "Debian's kernel for i386 without PAE, 1 GiB",
        .pagingMode = "32-bit",
        .kernelPackage = "linux-image-686",
        .architecture = "i386",
        .machine = "q35",
        .cpu = "qemu64",
        .append = serialConsole,
        .memoryBytes = 1 * gib,
        .lastSuite = lastWithI386},
    GuestRecipe{.name = "debian-686-pae",
        .description = "Debian's kernel for i386 with PAE and NX, 1 GiB",
        .pagingMode = "PAE",
        .kernelPackage = "linux-image-686-pae",
        .architecture = "i386",
        .machine = "q35",
        .cpu = "qemu64",
        .append = serialConsole,
        .memoryBytes = 1 * gib,
        .lastSuite = lastWithI386},
    GuestRecipe{.name = "debian-cloud",
        .description = "Debian's kernel for virtual machines, 1 GiB",
        .pagingMode = "4-level",
        .kernelPackage = "linux-image-cloud-amd64",
        .architecture = "amd64",
        .machine = "q35",
        .cpu = "qemu64",
        .append = serialConsole,
        .memoryBytes = 1 * gib},
    // qemu64 says AMD, for which Xen needs no page-table isolation.
    GuestRecipe{.name = "xen",
        .description = "Debian's kernel as PV dom0 of Debian's Xen, 1 GiB",
        .pagingMode = "4-level",
        .kernelPackage = "linux-image-amd64",
        .architecture = "amd64",
        .machine = "q35",
        .cpu = "qemu64",
        .append = "console=hvc0 earlyprintk=xen",
        .memoryBytes = 1 * gib,
        .hypervisorPackage = "xen-system-amd64",
        .hypervisorAppend = hypervisorOptions},
    GuestRecipe{.name = "xen-domu",
        .description = "the same kernel as a PV domain of 128 MiB",
        .pagingMode = "4-level",
        .kernelPackage = "linux-image-amd64",
        .architecture = "amd64",
        .machine = "q35",
        .cpu = "qemu64",
        .append = "console=hvc0 quiet",
        .memoryBytes = 1 * gib,
        .hypervisorPackage = "xen-system-amd64",
        .hypervisorAppend = hypervisorOptions,
        .startsDomain = true},
    // Its high buffer needs memory beyond 1 GiB; QEMU takes only what the guest touches.
    GuestRecipe{.name = "lab",
        .description = "pgtscope's own kernel: the argument, by scenario=NAME",
        .pagingMode = "4-level",
        .kernelPackage = "",
        .architecture = "amd64",
        .machine = "q35",
        .cpu = "qemu64",
        .append = "scenario=native",
        .memoryBytes = gib + (128ULL << 20)},
    GuestRecipe{.name = "lab-xen",
        .description = "pgtscope's own PV dom0 on Debian's Xen, scenario=NAME",
        .pagingMode = "4-level",
        .kernelPackage = "",
        .architecture = "amd64",
        .machine = "q35",
        .cpu = "qemu64",
        .append = "scenario=top-rule",
        .memoryBytes = 2 * gib,
        .hypervisorPackage = "xen-system-amd64",
        .hypervisorAppend = labHypervisorOptions},
};

} // namespace

std::span<const GuestRecipe> guestCatalogue() { return recipes; }

core::Result<GuestRecipe> findRecipe(std::string_view name)
{
    auto found = std::find_if(
        recipes.begin(), recipes.end(), [name](const GuestRecipe& recipe) { return recipe.name == name; });
    if (found != recipes.end())
        return *found;
    std::string known;
    for (const GuestRecipe& recipe : recipes)
        known += (known.empty() ? "" : ", ") + std::string(recipe.name);
    return core::failure("find the guest \"" + std::string(name) + "\"", "there is no guest of that name",
        "choose one of " + known);
}

} // namespace pgtscope::gdb
