// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/error.h"

namespace pgtscope::gdb {

/// A guest that is available by name: where its kernel comes from and which machine it runs on.
struct GuestRecipe {
    std::string_view name; ///< What a user types; lower case, digits and '-'.
    std::string_view description; ///< One line for a list.
    std::string_view pagingMode; ///< Of the running kernel, as core prints it: "32-bit", "PAE", "4-level" …
    /// Metapackage that depends on the current kernel's package; empty for a kernel that is built with this
    /// program.
    std::string_view kernelPackage;
    std::string_view architecture; ///< Debian's word: "amd64" or "i386".
    std::string_view machine; ///< QEMU -machine type.
    std::string_view cpu; ///< QEMU -cpu.
    std::string_view append; ///< Kernel command line.
    std::uint64_t memoryBytes = 0;
    /// The last suite of Debian that has the kernel, for systems whose own sources have it no more; empty:
    /// any that is supported has it.
    std::string_view lastSuite = {};
    /// What runs below the kernel; empty fields: the kernel is on the machine alone.
    std::string_view hypervisorPackage = {}; ///< Metapackage that depends on hypervisor and toolstack.
    std::string_view hypervisorAppend = {}; ///< The hypervisor's own command line.
    /// A domain that the guest's first kernel starts in its turn: the guest is that domain.
    bool startsDomain = false;

    bool isBuiltHere() const { return kernelPackage.empty(); }
};

/// Every recipe, in the order of a list for the user.
std::span<const GuestRecipe> guestCatalogue();
/// The recipe of that name; the error lists the names there are.
core::Result<GuestRecipe> findRecipe(std::string_view name);

} // namespace pgtscope::gdb
