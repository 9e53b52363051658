// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/steps/step.h"

#include <bit>

#include "core/paging/entry.h"

namespace pgtscope::core {

std::string_view causeText(StepCause cause)
{
    switch (cause) {
    case StepCause::Start:
        return "start";
    case StepCause::BootEvent:
        return "event";
    case StepCause::PgtBufChange:
        return "pgt_buf";
    case StepCause::TableWrite:
        return "write";
    case StepCause::UserStop:
        return "stop";
    case StepCause::Poke:
        return "poke";
    case StepCause::Death:
        return "death";
    }
    return "";
}

std::string_view changeText(TableChangeKind kind)
{
    switch (kind) {
    case TableChangeKind::Appeared:
        return "appeared";
    case TableChangeKind::Removed:
        return "removed";
    case TableChangeKind::Hooked:
        return "hooked";
    case TableChangeKind::Unhooked:
        return "unhooked";
    case TableChangeKind::BecameReadable:
        return "became readable";
    case TableChangeKind::BecameUnreadable:
        return "became unreadable";
    }
    return "";
}

unsigned EntryChange::level() const
{
    return levels == 0 ? 0U : static_cast<unsigned>(std::countr_zero(levels));
}

bool EntryChange::flagsOnly() const { return ((before ^ after) & ~setByProcessor) == 0; }

} // namespace pgtscope::core
