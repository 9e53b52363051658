// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <vector>

#include <QModelIndex>
#include <QObject>
#include <QStringList>

#include "core/base/wholefile.h"

class QAbstractItemModel;
class QAbstractItemView;

namespace pgtscope::views {

/// Writes the rows that a table shows, in its order, as JSON if the path ends so, else as CSV: a column each,
/// and for a tree, of which what is unfolded is written, the depth of the row. A slice at a time, so that the
/// window goes on; the file appears when it is whole, in the place of one that had its name.
class TableExport : public QObject {
    Q_OBJECT
public:
    TableExport(QAbstractItemView& table, const QString& path, QObject* parent = nullptr);
    ~TableExport() override;

    void start();
    quint64 rows() const { return m_rows; }

public slots:
    void cancel();

signals:
    /// Once; `message` is empty if all went well. The export deletes itself afterwards.
    void finished(const QString& message);

private:
    void writeSlice();
    void writeRow(const QModelIndex& row, int depth);
    QModelIndex next(const QModelIndex& row);
    void finish(const QString& message);

    QAbstractItemView& m_table;
    QAbstractItemModel& m_model;
    QString m_path;
    bool m_json;
    bool m_tree;
    std::unique_ptr<core::WholeFile> m_file;
    QStringList m_headers;
    QModelIndex m_row;
    int m_depth = 0;
    quint64 m_rows = 0;
    bool m_done = false;
};

} // namespace pgtscope::views
