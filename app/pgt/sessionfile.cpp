// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/sessionfile.h"

#include <filesystem>

#include "core/timeline/timeline.h"
#include "gdb/qemu/qemulauncher.h"

namespace pgtscope::pgt {

namespace {

core::Result<void> begin(BootRecorder& recorder, const core::SnapshotPtr& before)
{
    gdb::BootStop start;
    start.step.cause = core::StepCause::Start;
    start.step.text = "where the guest stood";
    start.snapshot = before;
    return recorder.add(start, [](const ToldStep&) { return core::Result<void>(); });
}

} // namespace

core::GuestDescription describeSession(const GuestOptions& options, const gdb::GuestReader& reader)
{
    gdb::RunningGuest guest;
    guest.spec.name = options.connect.empty() ? options.guest : options.connect;
    // Without a name it is the newest of those that were launched.
    if (options.connect.empty())
        if (auto found = gdb::QemuLauncher().find(options.guest))
            guest = std::move(*found);
    auto description = describeGuest(guest, "stops");
    description.memoryBytes = reader.memory().ramMap().bytes();
    return description;
}

void SessionFile::addTo(CLI::App& command)
{
    command.add_option("-o,--output", path,
        "Keep the stop in this recording (FILE.pgtrec), which is made or gone on with; look back with \"pgt "
        "show\"");
}

core::Result<void> SessionFile::recall(gdb::GuestSession& session) const
{
    if (path.empty() || !std::filesystem::exists(path))
        return {};
    const auto timeline = core::Timeline::open(path);
    if (!timeline)
        return tl::unexpected(timeline.error());
    const auto last = (*timeline)->size() == 0 ? core::Result<core::SnapshotPtr>(nullptr)
                                               : (*timeline)->snapshot((*timeline)->size() - 1);
    if (!last)
        return tl::unexpected(last.error());
    // A domain's recording tells machine frames, and the variables the domain's own.
    if (*last && !(*last)->xen())
        session.pgtBuf().goOn((*last)->pgtBuf());
    return {};
}

core::Result<core::StepNumber> SessionFile::keep(const GuestOptions& options,
    const gdb::GuestSession& session, const core::SnapshotPtr& before, const gdb::BootStop& stop) const
{
    if (path.empty())
        return 0;
    const bool isNew = !std::filesystem::exists(path);
    auto recorder
        = isNew ? BootRecorder::create(path, describeSession(options, session)) : BootRecorder::reopen(path);
    if (!recorder)
        return tl::unexpected(recorder.error());
    core::Result<void> kept;
    if (isNew)
        kept = begin(**recorder, before);
    if (kept)
        kept = (*recorder)->add(stop, [](const ToldStep&) { return core::Result<void>(); });
    if (kept)
        kept = (*recorder)->finish(session);
    if (!kept)
        return tl::unexpected(kept.error());
    return (*recorder)->size() - 1;
}

} // namespace pgtscope::pgt
