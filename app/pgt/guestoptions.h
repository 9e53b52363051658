// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "app/pgt/console.h"
#include "core/model/snapshot.h"
#include "core/report/translationformat.h"
#include "core/symbols/addressword.h"
#include "gdb/capture/guestsession.h"

namespace pgtscope::pgt {

/// What the user says of the place of a kernel that does not run yet.
struct SlideOptions {
    bool noKaslr = false; ///< The kernel runs where it was linked.
    std::string slide; ///< By how much it runs above that; empty: to be found.

    void addTo(CLI::App& command);
    /// nullopt: no option was given.
    core::Result<std::optional<std::uint64_t>> value() const;
};

/// The options by which every command that looks at a guest names it.
struct GuestOptions {
    std::string connect; ///< unix:PATH, HOST:PORT or gdbsx:HOST:PORT of a stub.
    std::string guest; ///< Name or id of a guest that "pgt launch" started.
    std::string kernel; ///< Symbols: bzImage, vmlinux or System.map.
    std::string channel; ///< Memory channel to insist on.
    std::string cr3; ///< Root to walk from.
    bool asInfoTlb = false; ///< No option: see core::CaptureOptions.
    std::string nestedCr3;
    SlideOptions slide;
    unsigned cpu = 0;
    unsigned physicalAddressBits = 0; ///< MAXPHYADDR; 0: as the guest reports.
    std::string dialectName = "intel";
    bool json = false;

    void addTo(CLI::App& command);
    core::Dialect dialect() const;
};

/// The root that --cr3 names, in a snapshot whose tables show where linear addresses lead.
core::Result<core::PhysicalAddress> rootAsked(
    const std::string& cr3, const core::SymbolTable& symbols, const core::Snapshot& snapshot);

/// The linear address that a user's words name.
core::Result<core::LinearAddress> linearAddressAsked(
    const std::string& text, const core::SymbolTable& symbols, const core::Snapshot& snapshot);

/// Which guest the options name, and how to read it; the only one that runs if they name none.
core::Result<gdb::SessionOptions> sessionOptionsOf(const GuestOptions& options, Console& console);

/// Attaches to the guest that the options name; the only one that runs if they name none.
core::Result<std::unique_ptr<gdb::GuestSession>> openGuest(const GuestOptions& options, Console& console);

/// The same for a command that only reads: no gdb is needed, unless the options insist on one of its ways.
core::Result<std::unique_ptr<gdb::GuestReader>> openReader(const GuestOptions& options, Console& console);

/// Captures a snapshot of the CPU and root that the options name.
core::Result<core::SnapshotPtr> captureGuest(
    gdb::GuestReader& session, const GuestOptions& options, Console& console);

} // namespace pgtscope::pgt
