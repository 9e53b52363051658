// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/stub/stopevent.h"

namespace pgtscope::gdb {

namespace {

std::optional<unsigned> smallNumber(std::optional<std::uint64_t> number)
{
    return number && *number <= 0xffffffffULL ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

void readWatchpoint(const MiValue& results, StopEvent& event)
{
    event.reason = StopEvent::Reason::Watchpoint;
    for (const char* kind : {"wpt", "hw-rwpt", "hw-awpt"})
        if (const MiValue* watchpoint = results.find(kind))
            event.number = smallNumber(watchpoint->numberOf("number"));
    if (const MiValue* value = results.find("value")) {
        event.oldValue = value->numberOf("old");
        event.newValue = value->numberOf(value->find("new") != nullptr ? "new" : "value");
    }
}

} // namespace

StopEvent stopEventOf(const MiRecord& stopped)
{
    StopEvent event;
    event.detail = stopped.results.textOf("reason");
    if (const MiValue* frame = stopped.results.find("frame"))
        event.rip = core::LinearAddress(frame->numberOf("addr").value_or(0));
    if (event.detail == "breakpoint-hit") {
        event.reason = StopEvent::Reason::Breakpoint;
        event.number = smallNumber(stopped.results.numberOf("bkptno"));
    } else if (event.detail.ends_with("watchpoint-trigger")) {
        readWatchpoint(stopped.results, event);
    } else if (event.detail == "end-stepping-range") {
        event.reason = StopEvent::Reason::Step;
    } else if (event.detail == "signal-received") {
        event.detail = stopped.results.textOf("signal-name");
        const bool asked = event.detail == "SIGINT" || event.detail == "0";
        event.reason = asked ? StopEvent::Reason::Interrupted : StopEvent::Reason::Signal;
    }
    return event;
}

std::optional<unsigned> threadOfStop(const MiRecord& stopped)
{
    return smallNumber(stopped.results.numberOf("thread-id"));
}

} // namespace pgtscope::gdb
