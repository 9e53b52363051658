// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "views/widgets/followingview.h"

namespace pgtscope::views {

class GridModel;

/// The CPU of the step: registers, and what each control bit means for paging.
class CpuView : public FollowingView {
    Q_OBJECT
public:
    CpuView(Document& document, Selection& selection, QWidget* parent = nullptr);

protected:
    void showStep() override;
    void showPlace() override { }

private:
    GridModel* m_model;
};

} // namespace pgtscope::views
