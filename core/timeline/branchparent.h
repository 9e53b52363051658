// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "core/recording/guestdescription.h"
#include "core/steps/step.h"

namespace pgtscope::core {

/// Of a branch: the recording at a step of which a guest was live again and went another way. The branch has
/// the steps up to that one, too.
struct BranchParent {
    std::string file;
    StepNumber step = 0;
    bool operator==(const BranchParent&) const = default;
};

/// What GuestDescription::recipe of a branch is: its guest boots by its parent's.
std::string branchRecipe(const BranchParent& parent);
/// nullopt: it is no branch, or does not say it sensibly.
std::optional<BranchParent> branchParent(const GuestDescription& guest);

} // namespace pgtscope::core
