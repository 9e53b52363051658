// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/recorder/branch.h"

#include <filesystem>

#include "core/recording/unfinishedrecording.h"
#include "core/timeline/branchparent.h"
#include "gdb/recorder/savedcopy.h"

namespace pgtscope::gdb {

namespace {

/// The past decides how its stores are copied; what follows are stops.
bool hasStores(const core::GuestDescription& guest)
{
    return guest.granularity.find("write") != std::string::npos;
}

} // namespace

core::Result<void> makeBranch(const core::Timeline& parent, core::StepNumber step, const std::string& path,
    const std::string& recorder, const core::Progress& progress)
{
    std::error_code error;
    core::GuestDescription guest = parent.guest();
    // A recipe of its own would lead to the parent's steps only.
    guest.recipe = core::branchRecipe({std::filesystem::absolute(parent.path(), error).string(), step});
    guest.recorder = recorder;
    ASSIGN_OR_RETURN(const auto symbols, parent.symbols());
    ASSIGN_OR_RETURN(auto copy, SavedCopy::create(path, guest, hasStores(guest)));
    const auto done = copy->update(parent, step + 1, progress)
                          .and_then([&] { return copy->setSymbols(symbols); })
                          .and_then([&] { return copy->finish(); });
    if (!done) {
        copy.reset();
        core::removeRecording(path);
    }
    return done;
}

} // namespace pgtscope::gdb
