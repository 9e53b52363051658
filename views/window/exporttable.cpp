// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/exporttable.h"

#include <QAbstractItemView>
#include <QElapsedTimer>
#include <QTimer>
#include <QTreeView>

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/recording/output.h"
#include "core/report/recordwriter.h"
#include "views/model/text.h"

namespace pgtscope::views {

namespace {

/// How long the window may wait for a slice, in milliseconds.
constexpr qint64 sliceMilliseconds = 8;

} // namespace

TableExport::TableExport(QAbstractItemView& table, const QString& path, QObject* parent)
    : QObject(parent)
    , m_table(table)
    , m_model(*table.model())
    , m_path(path)
    , m_json(path.endsWith(QLatin1String(".json"), Qt::CaseInsensitive))
    , m_tree(qobject_cast<QTreeView*>(&table) != nullptr)
{
    for (int column = 0; column < m_model.columnCount(); ++column)
        m_headers += m_model.headerData(column, Qt::Horizontal).toString();
    const QString changed = tr("the table has changed meanwhile; export it again");
    connect(&m_model, &QAbstractItemModel::modelAboutToBeReset, this, [this, changed] { finish(changed); });
    connect(&m_model, &QAbstractItemModel::rowsAboutToBeRemoved, this, [this, changed] { finish(changed); });
    connect(&table, &QObject::destroyed, this, [this, changed] { finish(changed); });
}

TableExport::~TableExport() = default;

void TableExport::start()
{
    auto file = core::createOutput(m_path.toStdString(), core::Existing::Replace);
    if (!file) {
        finish(QString::fromStdString(file.error().happened));
        return;
    }
    m_file = std::move(*file);
    if (m_json) {
        m_file->stream() << '[';
    } else {
        std::string line = m_tree ? "depth" : "";
        for (const QString& header : m_headers)
            line += (line.empty() ? "" : ",") + core::csvText(header.toStdString());
        m_file->stream() << line << '\n';
    }
    m_row = m_model.index(0, 0);
    QTimer::singleShot(0, this, &TableExport::writeSlice);
}

void TableExport::cancel() { finish(Text::tr("stopped by the user")); }

void TableExport::writeSlice()
{
    if (m_done)
        return;
    QElapsedTimer clock;
    clock.start();
    while (m_row.isValid()) {
        writeRow(m_row, m_depth);
        m_row = next(m_row);
        if (clock.elapsed() >= sliceMilliseconds) {
            QTimer::singleShot(0, this, &TableExport::writeSlice);
            return;
        }
    }
    if (m_json)
        m_file->stream() << "\n]\n";
    const auto done = m_file->commit();
    finish(done ? QString() : QString::fromStdString(done.error().happened));
}

void TableExport::writeRow(const QModelIndex& row, int depth)
{
    nlohmann::json object = nlohmann::json::object();
    std::string line = m_tree ? std::to_string(depth) : "";
    if (m_json && m_tree)
        object["depth"] = depth;
    for (int column = 0; column < m_headers.size(); ++column) {
        const std::string text = row.siblingAtColumn(column).data().toString().toStdString();
        if (m_json)
            object[m_headers[column].toStdString()] = text;
        else
            line += (column == 0 && !m_tree ? "" : ",") + core::csvText(text);
    }
    if (m_json)
        m_file->stream() << (m_rows == 0 ? "\n" : ",\n") << core::jsonLine(object);
    else
        m_file->stream() << line << '\n';
    ++m_rows;
}

QModelIndex TableExport::next(const QModelIndex& row)
{
    const auto* tree = qobject_cast<QTreeView*>(&m_table);
    if (tree && tree->isExpanded(row) && m_model.rowCount(row) > 0) {
        ++m_depth;
        return m_model.index(0, 0, row);
    }
    for (QModelIndex at = row; at.isValid(); at = at.parent(), --m_depth)
        if (at.row() + 1 < m_model.rowCount(at.parent()))
            return m_model.index(at.row() + 1, 0, at.parent());
    return {};
}

void TableExport::finish(const QString& message)
{
    if (m_done)
        return;
    m_done = true;
    m_file.reset();
    emit finished(message);
    deleteLater();
}

} // namespace pgtscope::views
