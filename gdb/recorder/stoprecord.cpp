// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/recorder/stoprecord.h"

#include <filesystem>

#include "core/timeline/timeline.h"
#include "gdb/capture/disassembly.h"

namespace pgtscope::gdb {

namespace {

/// Where the guest was before the stop. Its code is not asked for: the guest has gone on.
core::Result<void> addStart(Recorder& recorder, const core::SnapshotPtr& before)
{
    BootStop start;
    start.step.cause = core::StepCause::Start;
    start.step.text = "where the guest was";
    start.snapshot = before;
    return recorder.add(start, {});
}

} // namespace

core::Result<void> recallPgtBuf(const std::string& path, GuestSession& session)
{
    // Before the guest goes on: what it did would be lost.
    if (!std::filesystem::exists(path))
        return core::RecordingWriter::checkNew(path);
    ASSIGN_OR_RETURN(const auto timeline, core::Timeline::open(path));
    ASSIGN_OR_RETURN(const auto last,
        timeline->size() == 0 ? core::Result<core::SnapshotPtr>(nullptr)
                              : timeline->snapshot(timeline->size() - 1));
    // A domain's recording has machine frames, and the variables have the domain's own.
    if (last && !last->xen())
        session.pgtBuf().goOn(last->pgtBuf());
    return {};
}

core::Result<core::StepNumber> recordStop(const std::string& path, const core::GuestDescription& guest,
    GuestSession& session, const core::SnapshotPtr& before, const BootStop& stop)
{
    const bool isNew = !std::filesystem::exists(path);
    ASSIGN_OR_RETURN(auto opened, isNew ? Recorder::create(path, guest) : Recorder::reopen(path));
    Recorder& recorder = *opened;
    auto done = isNew ? addStart(recorder, before) : core::Result<void>();
    if (done)
        done = recorder.add(stop, codeAt(session, *stop.snapshot));
    if (done)
        done = recorder.settle();
    const core::StepNumber size = recorder.size();
    if (done)
        done = recorder.finish(session);
    RETURN_IF_ERROR(done);
    return size - 1;
}

} // namespace pgtscope::gdb
