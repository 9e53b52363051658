// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>

class QTreeView;

namespace pgtscope::views {

/// Holds a tree and makes it as high as whole rows are: where not all rows have room, none is cut at
/// the lower edge.
class WholeRows : public QWidget {
    Q_OBJECT
public:
    explicit WholeRows(QTreeView& view, QWidget* parent = nullptr);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void place();

    QTreeView& m_view;
};

} // namespace pgtscope::views
