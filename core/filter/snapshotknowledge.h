// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "core/filter/runsubject.h"
#include "core/frames/frameroles.h"
#include "core/symbols/symboltable.h"
#include "core/walk/aliascounts.h"

namespace pgtscope::core {

/// What filters ask about a snapshot beyond a single run, each answer computed when it is first needed.
class SnapshotKnowledge {
public:
    /// `before` is the snapshot that `changed` compares with; null: nothing counts as changed.
    explicit SnapshotKnowledge(SnapshotPtr snapshot, SnapshotPtr before = nullptr);

    /// Refers to this object, which must outlive it.
    FilterKnowledge knowledge();
    /// Symbols as values: for `va` a symbol's address, for `pa` and `pfn` the place in physical memory that
    /// it is mapped to, and for these two pgt_buf_start, _end and _top mean what the variables say. Refers to
    /// this object and to `symbols`.
    SymbolLookup lookup(const SymbolTable& symbols) const;

private:
    const FrameRoles& roles();
    const AliasCounts& aliasCounts();
    bool changed(PhysicalAddress entry);
    bool hasFinding(PhysicalAddress entry, const TextPattern& pattern);
    std::optional<GuestFrame> bufferBorder(std::string_view name) const;
    std::optional<std::uint64_t> borderValue(GuestFrame border, Field field) const;
    std::optional<std::uint64_t> physicalValue(
        const SymbolTable& symbols, std::string_view name, Field field) const;

    SnapshotPtr m_snapshot;
    SnapshotPtr m_before;
    std::optional<FrameRoles> m_roles;
    std::optional<AliasCounts> m_aliasCounts;
    std::optional<std::set<PhysicalAddress>> m_changed;
    std::optional<std::multimap<PhysicalAddress, std::string>> m_findings;
};

} // namespace pgtscope::core
