// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "views/widgets/followingview.h"

namespace pgtscope::views {

class ArgumentLegend;
class ArgumentPicture;
class BufferBegin;
class TextBlock;

/// The argument of August 2012 as one picture: what is to be seen in words, the picture, and below it, while
/// the keyboard is there, what is at the cursor. A click on a cell or a table selects its frame, whose
/// mappings other views show.
class ArgumentView : public FollowingView {
    Q_OBJECT
public:
    ArgumentView(Document& document, Selection& selection, QWidget* parent = nullptr);

protected:
    void showStep() override;
    void showPlace() override;

private:
    std::optional<core::FrameNumber> shownFrame() const;
    void showSummary();

    TextBlock* m_text;
    BufferBegin* m_begin; ///< Where the buffer of a recording is set up, while there is none.
    ArgumentPicture* m_picture;
    TextBlock* m_cursor;
    ArgumentLegend* m_legend;
};

/// Whether the narration of a recording names this view somewhere, on a machine that enforces one of the
/// argument's rules: then it has more room than the others.
bool isAboutArgument(const Document& document);

} // namespace pgtscope::views
