// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gdb/net/endpoint.h"

namespace pgtscope::gdb {

/// Process id of the program that listens at an endpoint of this machine. `descriptor` is a connection to it.
/// nullopt if it cannot be seen: in a container, or of another user and on TCP.
std::optional<std::int64_t> listeningProcess(const Endpoint& endpoint, int descriptor);

/// This end of a TCP connection as QEMU writes the other end of one of its own: "127.0.0.1:45276",
/// "[::1]:45276"; empty: it is none.
std::string ownAddress(int descriptor);
/// Whether QEMU's "info chardev" has a connection with that other end. One that came through a forwarder, as
/// out of a container or over a tunnel, has the forwarder's.
bool hasPeer(std::string_view chardevs, std::string_view address);

} // namespace pgtscope::gdb
