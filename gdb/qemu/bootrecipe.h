// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "gdb/host/waitlimit.h"
#include "gdb/qemu/runningguest.h"

namespace pgtscope::gdb {

/// A file that decides how a guest boots.
struct RecipeFile {
    std::string role; ///< "kernel", "initrd", "hypervisor", or the name of a firmware file.
    std::filesystem::path path; ///< Where it was.
    std::string hash; ///< XXH3 of its content, 128 bits, hexadecimal.

    bool operator==(const RecipeFile&) const = default;
};

/// All that is needed to boot a guest again as it was booted: a recording has it as JSON.
struct BootRecipe {
    LaunchSpec spec; ///< With the machine that QEMU's alias meant, "pc-q35-7.2"; without a plugin.
    std::string qemu; ///< First line of what "qemu-system-x86_64 --version" prints.
    std::vector<RecipeFile> files; ///< What is booted first, then firmware.
    /// QEMU's command line; the paths in it are /RUN for the guest's directory, /kernel, /initrd and
    /// /hypervisor.
    std::vector<std::string> arguments;
    std::string skip; ///< An experiment: FUNCTION or FUNCTION:N that returned at once; empty: none.
    std::string writesIn; ///< The function that was single-stepped for its stores; empty: none.
    bool checkpoints = false; ///< The guest itself was saved beside the recording (gdb/checkpoint).

    bool operator==(const BootRecipe&) const = default;
};

/// What the QEMU and the files of this machine make of a spec. Fails if a file is missing or QEMU would
/// refuse the spec.
core::Result<BootRecipe> bootRecipe(const LaunchSpec& spec, const WaitLimit& limit);

std::string recipeText(const BootRecipe& recipe);
/// Reads what recipeText() wrote, which may come from anywhere.
core::Result<BootRecipe> bootRecipeFrom(std::string_view text);

/// What the user gives for a boot of a recipe: files in place of those that it names, and arguments of QEMU,
/// which a recording is not believed in.
struct RecipeChoices {
    std::filesystem::path kernel; ///< Empty: where the recipe says.
    std::filesystem::path initrd;
    std::filesystem::path hypervisor;
    std::vector<std::string> extraQemuArgs;
    std::string emulator = {}; ///< Empty: the usual one.
};

/// What to launch so that the recipe's guest boots as it did. An Error names the first thing that is not the
/// same here: QEMU, a file's content, the command line that this program would give to QEMU.
core::Result<LaunchSpec> specToRepeat(
    const BootRecipe& recipe, const RecipeChoices& choices, const WaitLimit& limit);

} // namespace pgtscope::gdb
