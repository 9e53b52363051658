// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>

class QAbstractItemView;
class QAction;

namespace pgtscope::views {

class DockArea;
class MessageBar;

/// What leaves the window as a file: a view as a picture, a table as CSV or JSON. Every table of the docks
/// has the action in its context menu too.
class ExportActions : public QObject {
    Q_OBJECT
public:
    ExportActions(
        DockArea& docks, MessageBar& messages, QAction& picture, QAction& table, QObject* parent = nullptr);

    /// The table that is meant: the one with the focus, else the first that can be seen of the view with the
    /// focus; null if there is none.
    QAbstractItemView* focusedTable() const;
    void writeTable(QAbstractItemView& table, const QString& path);

private:
    void exportPicture();
    void exportTable(QAbstractItemView* table);

    DockArea& m_docks;
    MessageBar& m_messages;
};

} // namespace pgtscope::views
