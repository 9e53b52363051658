// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>

#include "views/window/viewregistry.h"

class QDockWidget;
class QToolButton;

namespace pgtscope::views {

/// A dock's title: name, what the view says about itself (its property "summary"), and buttons that pin,
/// float and close it.
class DockTitle : public QWidget {
    Q_OBJECT
public:
    /// `view` is what the dock shows.
    DockTitle(QDockWidget& dock, const MadeView& view);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    QToolButton* addButton(const QString& text, const QString& tip);
    void showSummary();

    QWidget& m_view;
    /// Where the summary is painted. A QLabel would have the whole window laid out again with each step.
    QWidget* m_summary;
};

} // namespace pgtscope::views
