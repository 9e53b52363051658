// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/recordboot.h"

#include <iostream>

#include "core/base/numbers.h"
#include "gdb/boot/guestdeath.h"
#include "gdb/boot/stopcapture.h"
#include "gdb/capture/disassembly.h"
#include "gdb/debian/initramfs.h"

namespace pgtscope::pgt {

namespace {

constexpr const char* diedRemark = "pgt: the guest died; its last step has the reason";

core::Result<gdb::BootRunEnd> drive(gdb::BootStepper& stepper, const BootRequest& request, Console& console,
    const std::filesystem::path& consoleLog,
    const std::function<core::Result<void>(const gdb::BootStop&)>& report)
{
    gdb::BootRunOptions run;
    run.untilEvent = request.untilEvent;
    run.hearOut = request.hearOut;
    run.patience = std::chrono::seconds(request.patienceSeconds);
    if (request.untilEvent.empty() && !consoleLog.empty() && !request.deterministic)
        run.untilConsole = request.ourInitramfs ? gdb::userspaceMessage : gdb::loginPrompt;
    if (!request.oursAtTheEnd)
        run.silence = std::chrono::seconds(5);
    auto end = gdb::runBoot(stepper, run, report);
    if (end && *end == gdb::BootRunEnd::Quiet)
        console.remark("pgt: no further stop within " + std::to_string(request.patienceSeconds)
            + " s; the recording ends where the guest is now");
    return end;
}

core::Result<void> addStop(gdb::GuestSession& session, const gdb::BootStop& stop, const BootRecord& record)
{
    return record.recorder.add(stop, gdb::codeAt(session, *stop.snapshot), record.listener);
}

core::Result<gdb::BootStop> pokeAt(gdb::GuestSession& session, gdb::BootStepper& stepper,
    const EntryWish& wish, const core::Snapshot& snapshot)
{
    ASSIGN_OR_RETURN(const auto edit, findEdit(wish, snapshot, session.symbols()));
    RETURN_IF_ERROR(session.replaceEntry(edit));
    return stepper.captureNow(core::StepCause::Poke, core::editText(edit) + " (" + wish.address + ")");
}

/// Of a guest that has gone before anything else could be recorded.
core::Result<gdb::BootRunEnd> recordTheEnd(
    gdb::GuestSession& session, const BootRecord& record, Console& console)
{
    for (const gdb::BootStop& stop : {gdb::stopOf(core::StepCause::Start, "recording starts", record.last),
             gdb::stopAfterTheEnd(gdb::endedWithQemu, record.last)})
        RETURN_IF_ERROR(record.recorder.add(stop, {}, record.listener));
    RETURN_IF_ERROR(record.recorder.finish(session));
    console.remark(diedRemark);
    return gdb::BootRunEnd::Died;
}

} // namespace

core::Result<gdb::BootRunEnd> recordBoot(gdb::GuestSession& session, const BootRequest& request,
    const std::filesystem::path& consoleLog, const BootRecord& record, Console& console)
{
    gdb::Recorder& recorder = record.recorder;
    // Steps are printed by the thread that records them: a remark must not flush what it is writing.
    std::cerr.tie(nullptr);
    if (record.last)
        return recordTheEnd(session, record, console);
    gdb::BootStepperOptions stepping;
    stepping.sources = request.sources;
    stepping.consoleLog = consoleLog;
    stepping.kernelRoot = request.sources.everyWrite;
    ASSIGN_OR_RETURN(auto stepper, gdb::BootStepper::create(session, stepping));
    console.clear();
    bool stopped = false; // the listener's or the recorder's own doing
    std::optional<BootPoke> poke = request.poke;
    const auto outcome
        = drive(*stepper, request, console, consoleLog, [&](const gdb::BootStop& stop) -> core::Result<void> {
              auto added = addStop(session, stop, record);
              if (added && poke && stop.step.event == poke->event) {
                  const auto poked = pokeAt(session, *stepper, poke->wish, *stop.snapshot);
                  added = poked ? addStop(session, *poked, record) : tl::unexpected(poked.error());
                  poke.reset();
              }
              stopped = !added;
              if (added && record.checkpoints)
                  record.checkpoints->at(stop, *stepper, [&recorder] { return recorder.size() - 1; });
              return added;
          });
    if (outcome && poke)
        console.remark("pgt: the event " + poke->event + " did not occur: nothing was poked");
    const bool byUser = !outcome && !stopped && console.cancel().cancelled();
    if (byUser)
        console.remark("pgt: stopped by the user; " + core::countText(recorder.size(), "step")
            + (recorder.size() == 1 ? " is recorded" : " are recorded"));
    const auto finished = recorder.finish(session);
    if (outcome && *outcome == gdb::BootRunEnd::Died)
        console.remark(diedRemark);
    if (!outcome && !byUser)
        return outcome;
    RETURN_IF_ERROR(finished);
    return outcome ? *outcome : gdb::BootRunEnd::Stopped;
}

core::GuestDescription describeGuest(const gdb::RunningGuest& guest, const std::string& granularity)
{
    return gdb::describeGuest(guest, granularity, "pgt " PGTSCOPE_VERSION);
}

} // namespace pgtscope::pgt
