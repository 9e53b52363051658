// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/timeline/branchparent.h"

#include <nlohmann/json.hpp>

#include "core/base/json.h"

namespace pgtscope::core {

using nlohmann::json;

std::string branchRecipe(const BranchParent& parent)
{
    return jsonLine({{"branchOf", {{"file", parent.file}, {"step", parent.step}}}});
}

std::optional<BranchParent> branchParent(const GuestDescription& guest)
{
    try {
        const json record = json::parse(guest.recipe, nullptr, false);
        const json& parent = record.at("branchOf");
        return BranchParent{parent.at("file").get<std::string>(), parent.at("step").get<StepNumber>()};
    } catch (const json::exception&) {
        // Most recordings: their recipe is another one, or there is none.
        return std::nullopt;
    }
}

} // namespace pgtscope::core
