// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/capture/readingsession.h"

namespace pgtscope::gdb {

ReadingSession::ReadingSession(std::unique_ptr<StubGuest> stub, core::CancelFlag& cancel)
    : GuestReader(std::move(stub), cancel)
    , m_stub(static_cast<StubGuest&>(guest()))
{
}

bool ReadingSession::possible(const SessionOptions& options)
{
    return options.endpoint.gdbsxBits == 0 && options.channel != "gdb" && options.channel != "pmemsave";
}

core::Result<std::unique_ptr<ReadingSession>> ReadingSession::open(
    const SessionOptions& options, core::CancelFlag& cancel, const core::Progress& progress)
{
    // Symbols first: the guest is stopped from the connection on.
    ASSIGN_OR_RETURN(auto kernel, GuestKernel::load(options, progress));
    ASSIGN_OR_RETURN(auto stub, StubGuest::attach(options.endpoint, &cancel));
    std::unique_ptr<ReadingSession> session(new ReadingSession(std::move(stub), cancel));
    RETURN_IF_ERROR(session->prepare(options, std::move(kernel), nullptr));
    return session;
}

} // namespace pgtscope::gdb
