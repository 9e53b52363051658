// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "core/base/error.h"
#include "core/base/packing.h"
#include "gdb/host/descriptor.h"

namespace pgtscope::gdb {

/// A guest's RAM as QEMU's file of it, RunningGuest::ramFile. Offsets are those of the file.
class RamFile {
public:
    enum class For : std::uint8_t { Reading, Writing };
    static core::Result<RamFile> open(const std::filesystem::path& path, For use);

    /// Size in pages of 4 KiB.
    std::uint64_t pages() const { return m_pages; }
    /// Bytes of it that memory was allocated for.
    std::uint64_t allocated() const;
    /// Calls `each` with every page that was written once, in ascending order. A page that was never written
    /// is zero, and would be allocated by a look at it.
    core::Result<void> forEachPage(
        const std::function<core::Result<void>(std::uint64_t page, core::ByteView content)>& each) const;
    /// Makes all of it zero.
    core::Result<void> clear();
    core::Result<void> write(std::uint64_t page, core::ByteView content);

private:
    RamFile(Descriptor file, std::uint64_t pages)
        : m_file(std::move(file))
        , m_pages(pages)
    {
    }

    Descriptor m_file;
    std::uint64_t m_pages;
};

} // namespace pgtscope::gdb
