// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/report/framelooks.h"
#include "core/report/tablegraph.h"
#include "core/rules/rulecontext.h"
#include "core/timeline/timeline.h"

namespace pgtscope::core {

/// How pages of pgt_buf are mapped. In the order of gravity: of several mappings the gravest counts.
enum class PageAccess : std::uint8_t {
    NotMapped,
    ReadOnly,
    /// Writable for the moment, as both rules allow: by the slot of early_ioremap through which the page is
    /// filled, or while the page is being made and no hypervisor takes it for a table.
    Allowed,
    Writable,
    FromDetached, ///< Writable by an entry of a table that no root reaches.
};
/// "mapped writable from a detached table"
std::string_view accessText(PageAccess access);

/// Neighbouring pages of pgt_buf that are drawn as one.
struct ArgumentCell : FrameCell {
    GuestFrameRange pages;
    PageAccess access = PageAccess::NotMapped; ///< The gravest of its pages.
    GuestFrame gravest; ///< The first page with that access.
    std::uint64_t writable = 0; ///< Pages whose access is Writable or FromDetached.
};

/// What one of the two rules of August 2012 makes of the buffer; see maskrw.h.
struct ArgumentBand {
    std::string_view name; ///< "Gleixner: up to pgt_buf_end"
    GuestFrameRange protects; ///< Pages that it maps read-only; empty while the rules do not apply.
    std::uint64_t unprotected = 0; ///< Writable pages, see ArgumentCell::writable, that it leaves so.

    /// How many of these pages it maps read-only.
    std::uint64_t protectedOf(GuestFrameRange pages) const;
};

/// Entries of one table that map neighbouring cells with the same access.
struct ArgumentLink {
    std::size_t node = 0; ///< Position in Argument::tables.nodes.
    std::size_t firstCell = 0;
    std::size_t lastCell = 0; ///< The last one itself.
    PageAccess access = PageAccess::ReadOnly;
    bool operator==(const ArgumentLink&) const = default;
};

/// The argument of August 2012 as one picture: the newest epoch of pgt_buf, what each of the two rules
/// protects of it, which pages are mapped, and which tables do that. The window and the exported page draw
/// it.
struct Argument {
    PgtBufTrust trust = PgtBufTrust::Absent;
    /// The newest epoch; nullopt without one, or if its values make no sense.
    std::optional<PgtBufEpoch> epoch;
    std::size_t epochs = 0; ///< How many there are by now.
    unsigned order = 0; ///< A cell is 2^order pages; the last one may be fewer.
    std::vector<ArgumentCell> cells; ///< In the kernel's order, wherever in the machine they lie.
    std::array<ArgumentBand, 2> bands; ///< Gleixner's, then Stabellini's.
    TableGraph tables;
    std::vector<ArgumentLink> links; ///< By node; at most 4096.
    std::string text; ///< What is to be seen, in a few sentences, for a person.

    bool rulesApply() const { return trust == PgtBufTrust::Live; }
    std::uint64_t size() const { return epoch ? epoch->top - epoch->start : 0; }
    /// Position in cells; nullopt if the page is none of the epoch's.
    std::optional<std::size_t> cellOf(GuestFrame page) const;
};

/// What a picture of the buffer waits for, while there is none.
std::string withoutBufferText(const PageTableBuffer& buffer);
/// The first step at which the buffer is set up; nullopt if it never is. Once known, a buffer stays known.
std::optional<StepNumber> firstStepWithBuffer(const Timeline& timeline);

/// `content` is what the frames of the snapshot look like. At most `maxCells` cells, 1 or more.
Argument argumentOf(const RuleContext& context, const FrameContent& content, std::size_t maxCells);

} // namespace pgtscope::core
