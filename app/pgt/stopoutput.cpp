// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/stopoutput.h"

#include "app/pgt/command.h"
#include "app/pgt/recordboot.h"
#include "gdb/qemu/qemulauncher.h"

namespace pgtscope::pgt {

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

void StopOutput::addTo(CLI::App& command)
{
    command
        .add_option("-o,--output", path,
            "Append the stop to this recording (FILE.pgtrec), which is created if needed; read it with \"pgt "
            "show\"")
        ->check(hasName());
}

core::Result<void> StopOutput::recall(gdb::GuestSession& session) const
{
    return path.empty() ? core::Result<void>() : gdb::recallPgtBuf(path, session);
}

core::Result<std::optional<core::StepNumber>> StopOutput::record(const GuestOptions& options,
    gdb::GuestSession& session, const core::SnapshotPtr& before, const gdb::BootStop& stop) const
{
    if (path.empty())
        return std::nullopt;
    return gdb::recordStop(path, describeSession(options, session), session, before, stop)
        .map([](core::StepNumber number) { return std::optional(number); });
}

} // namespace pgtscope::pgt
