// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "views/widgets/followingview.h"

class QSplitter;

namespace pgtscope::views {

class BufferBegin;
class MappingsModel;
class PgtBufStrip;
class TextBlock;

/// The early page-table buffer page by page; below it what the selected page is, which comparisons hold, and
/// every mapping of it.
class PgtBufView : public FollowingView {
    Q_OBJECT
public:
    PgtBufView(Document& document, Selection& selection, QWidget* parent = nullptr);

protected:
    void showStep() override;
    void showPlace() override;
    void resizeEvent(QResizeEvent* event) override;

private:
    std::optional<core::FrameNumber> shownPage() const;
    void showPage(core::FrameNumber frame);
    void shareOut();

    BufferBegin* m_begin; ///< Where the buffer of a recording is set up, while there is none.
    PgtBufStrip* m_strip;
    TextBlock* m_page;
    MappingsModel* m_mappings;
    QWidget* m_lower; ///< About the page.
    QSplitter* m_parts;
    bool m_byDefault = true; ///< The user has not moved the border between the parts.
};

} // namespace pgtscope::views
