// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "core/base/physicalmemory.h"
#include "core/model/snapshot.h"

namespace pgtscope::gdb {

/// The guest's table pages as they were at one store, kept up from store to store while the guest runs on.
class TableMirror final : public core::PhysicalMemory {
public:
    /// Takes over what a stop has shown.
    void adopt(const core::Snapshot& snapshot);
    /// A page that has become a table; nothing but zeros until it is written to.
    void begin(core::FrameNumber frame);
    /// nullopt if the page is not a table that is known.
    std::optional<std::uint64_t> word(core::PhysicalAddress address, unsigned bytes) const;
    void write(core::PhysicalAddress address, unsigned bytes, std::uint64_t value);

    core::Result<void> read(std::span<core::PhysicalRead> batch) override;
    const std::byte* mappedFrame(core::FrameNumber frame) const override;
    const core::RamMap& ramMap() const override { return m_ramMap; }
    bool readable(core::PhysicalAddress address, std::uint64_t bytes) const override
    {
        return m_ramMap.contains(address, bytes) || m_pages.contains(core::frameOf(address));
    }
    /// Of the channel that delivered the last stop.
    std::string name() const override { return m_name; }

private:
    core::RamMap m_ramMap;
    std::string m_name;
    std::unordered_map<core::FrameNumber, std::shared_ptr<core::TablePage>> m_pages;
};

} // namespace pgtscope::gdb
