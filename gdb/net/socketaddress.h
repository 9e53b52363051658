// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/socket.h>
#include <vector>

#include "gdb/net/endpoint.h"

namespace pgtscope::gdb {

/// An endpoint as the system calls take it.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t bytes = 0;
};

/// Addresses to try in turn. "localhost" is not resolved: a resolver can block past every deadline.
std::vector<SocketAddress> addressesOf(const Endpoint& endpoint);

} // namespace pgtscope::gdb
