// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/relive/liveposition.h"

#include <string>

namespace pgtscope::gdb {

namespace {

/// A store was recorded with its instruction's address and no other register; the guest is after it.
bool isAt(const core::Step& step, const core::CpuState& guest)
{
    const core::CpuState& there = step.cpu;
    const auto& was = there.control;
    const auto& is = guest.control;
    if (was.cr0 != is.cr0 || was.cr3 != is.cr3 || was.cr4 != is.cr4 || was.efer != is.efer)
        return false;
    if (step.cause == core::StepCause::TableWrite && there.rsp.value == 0)
        return guest.rip.value - there.rip.value <= longestInstruction;
    return there.rip == guest.rip && there.rsp == guest.rsp && there.rflags == guest.rflags;
}

bool isOfKind(const core::Step& step, const core::StepChanges& changes, BackTo kind)
{
    switch (kind) {
    case BackTo::Event:
        return step.cause == core::StepCause::BootEvent || step.cause == core::StepCause::Start;
    case BackTo::PgtBuf:
        return step.cause == core::StepCause::PgtBufChange;
    case BackTo::Write:
        return step.cause == core::StepCause::TableWrite && !changes.entries.empty();
    }
    return false;
}

const char* nameOf(BackTo kind)
{
    switch (kind) {
    case BackTo::Event:
        return "event";
    case BackTo::PgtBuf:
        return "change of pgt_buf";
    case BackTo::Write:
        return "store";
    }
    return "step";
}

} // namespace

std::optional<BackTo> backToNamed(std::string_view name)
{
    if (name == "event")
        return BackTo::Event;
    if (name == "pgt_buf")
        return BackTo::PgtBuf;
    return name == "write" ? std::optional(BackTo::Write) : std::nullopt;
}

std::optional<core::StepNumber> livePosition(
    const core::Timeline& recorded, core::StepNumber origin, const core::CpuState& guest)
{
    for (core::StepNumber number = origin; number < recorded.size(); ++number)
        if (const auto step = recorded.step(number); step && isAt(*step, guest))
            return number;
    return std::nullopt;
}

core::Result<core::StepNumber> stepBackFrom(const core::Timeline& recorded, core::StepNumber origin,
    const std::optional<core::StepNumber>& position, BackTo kind)
{
    if (!position)
        return origin;
    for (core::StepNumber number = *position; number-- > 0;) {
        ASSIGN_OR_RETURN(const auto step, recorded.step(number));
        ASSIGN_OR_RETURN(const auto changes, recorded.changes(number));
        if (isOfKind(step, changes, kind))
            return number;
    }
    return core::failure("step back from step " + std::to_string(*position),
        std::string("the recording has no ") + nameOf(kind) + " before it");
}

} // namespace pgtscope::gdb
