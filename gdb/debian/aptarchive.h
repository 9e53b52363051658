// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/base/cancel.h"
#include "core/base/error.h"

namespace pgtscope::gdb {

struct AptPackage {
    std::string name;
    std::string version;
    std::string depends; ///< The Depends field as apt prints it.
    std::uint64_t bytes = 0; ///< Size of the .deb.
};

/// The Debian archive that this system's sources name, seen through a private apt state: the system's own
/// lists, caches, hooks and architectures are neither used nor changed, and no privilege is needed. The
/// sources, keys and network settings (proxies) are the system's.
class AptArchive {
public:
    /// Keeps its state below `directory`. `architecture` is Debian's word, e.g. "i386"; it need not be ours.
    /// With `suite` it is that suite of deb.debian.org instead of what the system's sources name.
    AptArchive(std::filesystem::path directory, std::string architecture, std::string suite = {});

    /// True if all package lists were fetched within the last day.
    bool fresh() const;
    /// When the lists were last fetched completely; the epoch if never.
    std::filesystem::file_time_type refreshedAt() const;
    /// Fetches the package lists. On failure what could be fetched, and older lists, can still be used.
    core::Result<void> refresh(const core::Progress& progress, const core::CancelFlag* cancel);
    /// The version that apt would install. Needs lists.
    core::Result<AptPackage> candidate(const std::string& package, const core::CancelFlag* cancel) const;
    /// Downloads a package into `directory`, which exists, and returns the path of the .deb. apt checks it
    /// against the signed lists.
    core::Result<std::filesystem::path> download(const AptPackage& package,
        const std::filesystem::path& directory, const core::Progress& progress,
        const core::CancelFlag* cancel) const;

private:
    core::Result<void> prepare(const core::CancelFlag* cancel) const;
    std::string configuration(const std::string& networkSettings) const;
    std::string sources() const;
    std::filesystem::path sourcesFile() const { return m_directory / "suite.sources"; }
    std::filesystem::path configurationFile() const { return m_directory / "apt.conf"; }
    std::filesystem::path stampFile() const { return m_directory / "refreshed"; }

    std::filesystem::path m_directory;
    std::string m_architecture;
    std::string m_suite;
};

/// The value of a field in apt's "Field: value" text; empty if it is not there.
std::string aptField(const std::string& text, const std::string& field);

} // namespace pgtscope::gdb
