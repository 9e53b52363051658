// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>

class QAbstractItemView;
class QAction;
class QMenu;

namespace pgtscope::views {

class DockArea;
class MessageBar;

/// What leaves the window as a file: a view as a picture, a table as CSV or JSON.
class ExportActions : public QObject {
    Q_OBJECT
public:
    ExportActions(
        DockArea& docks, MessageBar& messages, QAction& picture, QAction& table, QObject* parent = nullptr);

    /// The table that is meant: the one with the focus, else the first that can be seen of the view with the
    /// focus; null if there is none.
    QAbstractItemView* focusedTable() const;
    void writeTable(QAbstractItemView& table, const QString& path);
    /// For the menu of a right click: one entry for each table of the view that can be seen.
    void addToMenu(QMenu& menu, const QWidget& view);

private:
    void exportPicture();
    void exportTable(QAbstractItemView* table);

    DockArea& m_docks;
    MessageBar& m_messages;
};

} // namespace pgtscope::views
