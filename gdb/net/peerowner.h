// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string_view>
#include <sys/types.h>

#include "gdb/net/socketaddress.h"

namespace pgtscope::gdb {

/// The user that holds the other end of a TCP connection within this machine; nullopt: unknown, as when that
/// end has been closed already.
std::optional<uid_t> peerOwner(int descriptor);

/// The same from the text of /proc/net/tcp or tcp6 (proc(5)): the owner of the socket at `local` that is
/// connected to `remote`.
std::optional<uid_t> ownerInTable(
    std::string_view table, const SocketAddress& local, const SocketAddress& remote);

} // namespace pgtscope::gdb
