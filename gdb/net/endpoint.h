// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace pgtscope::gdb {

/// Where a stub or a monitor listens: a unix socket, or a TCP port.
struct Endpoint {
    std::string path; ///< Unix socket; empty for TCP.
    std::string host; ///< TCP only: a name or a numeric address, IPv6 without brackets.
    std::uint16_t port = 0; ///< TCP only, 1 to 65535.
    unsigned gdbsxBits = 0; ///< Xen's gdbsx listens there, for a domain of 32 or 64 bits; 0: another stub.

    bool isUnix() const { return !path.empty(); }
    /// True for a unix socket, "localhost", 127.0.0.0/8 and ::1. Anything else would carry control of a
    /// guest, and through its monitor of the host, over a network in the clear.
    bool isLocal() const;
    /// "unix:PATH", "HOST:PORT" or "[HOST]:PORT"; for gdbsx with the prefix "gdbsx:" and, for a domain of 32
    /// bits, the suffix ":32". parseEndpoint() reads it back.
    std::string text() const;
    /// As `target remote` of gdb takes it: a bare path, or HOST:PORT.
    std::string gdbText() const;

    bool operator==(const Endpoint&) const = default;
};

/// Reads "unix:PATH", "HOST:PORT", "[IPv6]:PORT" or ":PORT" (localhost), gdb's spelling "tcp:HOST:PORT", and
/// "gdbsx:HOST:PORT" with the suffix ":32", ":64" or none.
core::Result<Endpoint> parseEndpoint(std::string_view text);

} // namespace pgtscope::gdb
