// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/rsp/debuggerdoor.h"

#include <cstdlib>
#include <poll.h>
#include <string_view>
#include <sys/socket.h>

namespace pgtscope::gdb {

namespace {

/// A debugger speaks as soon as it has connected; what is silent for so long is none.
constexpr std::chrono::milliseconds greetingTime(10000);
/// Between two looks at the time and the cancel, which wake no thread, in ms.
constexpr int greetingSlice = 20;

} // namespace

DebuggerDoor::DebuggerDoor(ServerSocket server, std::optional<OwnedDirectory> directory)
    : m_server(std::move(server))
    , m_endpoint(m_server.endpoint())
    , m_directory(std::move(directory))
{
}

core::Result<DebuggerDoor> DebuggerDoor::open(const std::optional<Endpoint>& listen)
{
    Endpoint endpoint = listen.value_or(Endpoint());
    std::optional<OwnedDirectory> directory;
    if (!listen) {
        ASSIGN_OR_RETURN(directory, OwnedDirectory::make(privateSockets()));
        endpoint.path = (directory->path() / "gdb").string();
    }
    ASSIGN_OR_RETURN(auto server, ServerSocket::listen(endpoint));
    return DebuggerDoor(std::move(server), std::move(directory));
}

void DebuggerDoor::close()
{
    m_server.close();
    m_directory.reset();
}

std::optional<StreamSocket> DebuggerDoor::admit(
    const core::CancelFlag& cancel, const std::function<void()>& meanwhile, StubNotes& notes)
{
    auto client = m_server.accept();
    notes.setRefusal(m_server.takeRefusal());
    return client && speaksAsDebugger(*client, cancel, meanwhile, notes) ? std::move(client) : std::nullopt;
}

/// Looks at the first byte, before anything reaches the stub: a page in a browser, say, can send what it
/// likes to a port of this machine, but nothing that begins as a debugger does.
bool DebuggerDoor::speaksAsDebugger(StreamSocket& client, const core::CancelFlag& cancel,
    const std::function<void()>& meanwhile, StubNotes& notes) const
{
    char first = 0;
    const auto limit = WaitLimit::after(greetingTime, &cancel);
    pollfd entry{client.descriptor(), POLLIN, 0};
    while (!limit.passed() && !limit.cancelled() && ::poll(&entry, 1, greetingSlice) <= 0)
        meanwhile();
    if (::recv(client.descriptor(), &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1)
        return false;
    if (std::string_view("+-$\x03").find(first) != std::string_view::npos)
        return true;
    notes.setRefusal("a program that does not speak gdb's protocol connected to " + m_endpoint.text()
        + ", and was refused");
    return false;
}

} // namespace pgtscope::gdb
