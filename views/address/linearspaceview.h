// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "views/widgets/followingview.h"

class QLabel;

namespace pgtscope::views {

class LinearBands;

/// The whole linear address space, zoomed level by level towards the address that is selected.
class LinearSpaceView : public FollowingView {
    Q_OBJECT
public:
    LinearSpaceView(Document& document, Selection& selection, QWidget* parent = nullptr);

    LinearBands& bands() const { return *m_bands; }

protected:
    void showStep() override;
    void showPlace() override;

private:
    core::LinearAddress addressToShow() const;

    LinearBands* m_bands;
    QLabel* m_about;
};

} // namespace pgtscope::views
