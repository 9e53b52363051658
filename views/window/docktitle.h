// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>

class QDockWidget;
class QLabel;
class QToolButton;

namespace pgtscope::views {

/// A dock's title: name, what the view says about itself (its property "summary"), and buttons that pin,
/// float and close it.
class DockTitle : public QWidget {
    Q_OBJECT
public:
    /// `view` is what the dock shows.
    DockTitle(QDockWidget& dock, QWidget& view);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QToolButton* addButton(const QString& text, const QString& tip);
    void showSummary();

    QWidget& m_view;
    QLabel* m_summary;
};

} // namespace pgtscope::views
