// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "gdb/net/endpoint.h"

namespace pgtscope::gdb {

/// Process id of the program that listens at an endpoint of this machine. `descriptor` is a connection to it.
/// nullopt if it cannot be seen: in a container, or of another user and on TCP.
std::optional<std::int64_t> listeningProcess(const Endpoint& endpoint, int descriptor);

} // namespace pgtscope::gdb
