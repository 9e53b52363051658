// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/capture/guestsession.h"

#include <unistd.h>

#include "core/base/numbers.h"
#include "gdb/gdbsx/gdbsxechoes.h"
#include "gdb/gdbsx/gdbsxfacts.h"
#include "gdb/qemu/qemulauncher.h"

namespace pgtscope::gdb {

GuestSession::GuestSession(std::unique_ptr<Target> target, core::CancelFlag& cancel)
    : GuestReader(std::move(target), cancel)
    , m_target(static_cast<Target&>(guest()))
{
}

core::Result<std::unique_ptr<GuestSession>> GuestSession::open(
    const SessionOptions& options, core::CancelFlag& cancel, const core::Progress& progress)
{
    // Symbols first: a file that cannot be read must not cost the guest a stop.
    ASSIGN_OR_RETURN(auto kernel, GuestKernel::load(options, progress));
    ConnectOptions connect;
    connect.endpoint = options.endpoint;
    connect.facts = factsWithoutProbe(options.endpoint);
    connect.echoes = echoesOf(options.endpoint);
    connect.remark = options.remark;
    connect.breakpointsSleep = options.breakpointsSleep;
    // Asked before the stub stops it; QEMU since 8.1 does not show it there.
    if (options.guest) {
        connect.endsWithUs = options.guest->owner == ProcessId::of(::getpid());
        if (!options.guest->spec.stopsPlugin.empty() && connect.endsWithUs)
            connect.watchedCode = options.guest->watchedCode();
        connect.wasRunning = isRunning(*options.guest, WaitLimit::after(std::chrono::seconds(2), &cancel));
    }
    if (kernel)
        connect.symbolFile = kernel->gdbFile;
    ASSIGN_OR_RETURN(auto target, Target::attach(connect, &cancel, progress));
    std::unique_ptr<GuestSession> session(new GuestSession(std::move(target), cancel));
    RETURN_IF_ERROR(session->prepare(options, std::move(kernel), &session->m_target));
    return session;
}

core::Result<void> GuestSession::replaceEntry(const core::EntryEdit& edit)
{
    const std::string tried = "replace the entry at " + core::hexText(edit.entry.value);
    ASSIGN_OR_RETURN(const auto now, readWord(edit.entry, edit.bytes));
    if (!memory().ramMap().contains(edit.entry, edit.bytes))
        return core::failure(tried, "it is in ROM or flash, where a store changes nothing or is a command");
    if (now != edit.before)
        return core::failure(
            tried, "it holds " + core::hexText(now) + " now, not " + core::hexText(edit.before));
    RETURN_IF_ERROR(m_target.writePhysical(edit.entry, edit.after, edit.bytes));
    ASSIGN_OR_RETURN(const auto kept, readWord(edit.entry, edit.bytes));
    return kept == edit.after
        ? core::Result<void>{}
        : core::failure(tried, "the guest did not keep the value: the entry holds " + core::hexText(kept));
}

core::Result<void> GuestSession::close(EndState end) { return m_target.release(end); }

} // namespace pgtscope::gdb
