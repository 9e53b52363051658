// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/model/capture.h"
#include "core/paging/paging.h"
#include "gdb/qemu/rammap.h"
#include "gdb/tcgplugin/ringlayout.h"

namespace pgtscope::gdb {

/// The recorder's end of the shared memory in which the plugin inside QEMU reports every store into a page
/// table.
class WriteRing {
public:
    /// Makes the file that QEMU is started with; this process is the one that reads it.
    static core::Result<void> create(const std::filesystem::path& file);
    /// Opens it once QEMU runs.
    static core::Result<std::unique_ptr<WriteRing>> open(const std::filesystem::path& file);
    ~WriteRing();
    WriteRing(const WriteRing&) = delete;
    WriteRing& operator=(const WriteRing&) = delete;

    struct Followed {
        const core::Paging* paging = nullptr;
        unsigned entryBytes = 8; ///< Counts while paging is off: what the kernel is expected to use, 4 or 8.
        std::span<const RamPiece> pieces;
        std::span<const core::DetachedRoot> roots;
        std::span<const writes::Setter> setters; ///< Ascending, at most writes::maxSetters.
        core::LinearRange hypervisor; ///< Code that stores for the kernel; empty: there is none.
    };
    /// Names the tables that are to be followed, with all that they lead to, and whose callers count as
    /// writers. The guest must be stopped.
    core::Result<void> follow(const Followed& followed);
    /// The records that are there, oldest first, at most as many as the ring holds.
    std::vector<writes::Record> take();
    /// The run of repeats that is not in the ring yet; count 0: none. The guest must be stopped.
    writes::Record takeRun();
    /// Records were dropped, which happens only if this process was taken for dead or tables beyond all
    /// bounds were hooked in.
    bool lost() const;
    /// The ring is read no more: the guest does not wait for it, and further records are dropped.
    void dismiss();

private:
    WriteRing(writes::Shared* shared, std::size_t bytes);

    writes::Shared* m_shared;
    std::size_t m_bytes;
};

} // namespace pgtscope::gdb
