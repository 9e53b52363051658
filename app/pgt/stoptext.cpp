// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/stoptext.h"

#include <sstream>

#include "app/pgt/terminal.h"
#include "core/report/difftext.h"
#include "core/report/stepjson.h"
#include "core/report/steptext.h"
#include "core/report/textwrap.h"

namespace pgtscope::pgt {

namespace {

constexpr std::size_t changesPrinted = 16;

core::StepChanges changesSince(const core::SnapshotPtr& before, const core::Snapshot& now)
{
    if (!before)
        return {};
    core::DiffOptions options;
    options.mappings = false;
    return core::diffSnapshots(*before, now, options).tables;
}

} // namespace

std::string stopText(const gdb::BootStop& stop, const core::SnapshotPtr& before)
{
    const core::StepChanges changes = changesSince(before, *stop.snapshot);
    std::ostringstream text;
    core::writeStepText(text, stop.step, *stop.snapshot, before ? &changes : nullptr);
    return core::wrapText(
        core::terminalText(text.str() + core::changesText(changes, changesPrinted)), terminalWidth());
}

nlohmann::json stopJson(
    const gdb::BootStop& stop, const core::SnapshotPtr& before, std::optional<core::StepNumber> kept)
{
    nlohmann::json object = core::stepJson(stop.step);
    object.erase("step");
    if (kept)
        object["step"] = *kept;
    object["changes"] = core::changesJson(changesSince(before, *stop.snapshot));
    return object;
}

} // namespace pgtscope::pgt
