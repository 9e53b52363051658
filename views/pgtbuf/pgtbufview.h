// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "views/widgets/followingview.h"

namespace pgtscope::views {

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

private:
    std::optional<core::FrameNumber> shownPage() const;
    void showPage(core::FrameNumber frame);

    PgtBufStrip* m_strip;
    TextBlock* m_page;
    MappingsModel* m_mappings;
};

} // namespace pgtscope::views
