// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include <QColor>
#include <QString>

#include "core/paging/entry.h"
#include "views/model/stepstate.h"

class QPainter;
class QRectF;

namespace pgtscope::views {

QString toText(std::string_view text);
/// A text of core's that is one of a fixed list, as the translator has it.
QString wordsOf(std::string_view text);
/// "0x3f11", with at least so many digits.
QString hexOf(std::uint64_t number, unsigned digits = 1);
/// The number of digits that every linear address of that paging mode has: 8 or 16.
QString linearOf(const core::Paging& paging, core::LinearAddress address);
/// "RW sup NX", as core::rightsText().
QString rightsOf(core::Rights rights);
/// "PTE", or "level 1" where paging is off.
QString levelOf(const core::Paging& paging, unsigned level);
/// "PT": what a table of that level is called.
QString tableOf(const core::Paging& paging, unsigned level);
/// " (pfn 0x1234)" for a machine frame that a domain of Xen has another number for; else "".
QString pfnBeside(const core::Snapshot& snapshot, core::FrameNumber frame);
/// " in KPTI's user half" for what only the half that is not shown reaches; else "".
QString otherHalfBeside(const core::Reach& reach);
/// What a frame is, for a person: "page table, level 1 (detached)", "pgt_buf, reserved" …
QString roleDescription(const StepState& state, core::FrameNumber frame);
/// "; to Xen: L1 table, pinned, 1 use" for a frame that Xen takes as a page table; else "".
QString xenTypeBeside(const core::Snapshot& snapshot, core::FrameNumber frame);
/// Its role, and Xen's type of it.
QString frameDescription(const StepState& state, core::FrameNumber frame);
/// "1 entry", "1,024 entries": core::countText().
QString countOf(quint64 count, std::string_view noun);
/// "✕ 2 violations", "! 1 pending": with the glyph of the state.
QString findingCountText(core::FindingState state, core::Standing standing, quint64 count);
/// "✕ violation", "i hypothetical violation": the glyph is that of what it is drawn as.
QString findingLabel(core::FindingState state, core::Standing standing);
/// "mask-rw-end (Gleixner: up to pgt_buf_end)".
QString ruleLabel(std::string_view rule);
/// "expected " or "hypothetical "; empty for what is broken, and so for a violation without more words.
QString standingWord(core::Standing standing);
/// The theme's text or window colour, whichever can be read on `background`.
QColor inkOn(const QColor& background);
/// The keyboard's place: a frame that shows on any background.
void drawFocus(QPainter& painter, const QRectF& rect);

} // namespace pgtscope::views
