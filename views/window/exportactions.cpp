// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/exportactions.h"

#include <QAbstractItemView>
#include <QAction>
#include <QApplication>
#include <QFileDialog>
#include <QHeaderView>
#include <QMenu>

#include "views/widgets/savedirectory.h"
#include "views/widgets/viewtext.h"
#include "views/window/dockarea.h"
#include "views/window/exporttable.h"
#include "views/window/exportview.h"
#include "views/window/messagebar.h"

namespace pgtscope::views {

ExportActions::ExportActions(
    DockArea& docks, MessageBar& messages, QAction& picture, QAction& table, QObject* parent)
    : QObject(parent)
    , m_docks(docks)
    , m_messages(messages)
{
    connect(&picture, &QAction::triggered, this, &ExportActions::exportPicture);
    connect(&table, &QAction::triggered, this, [this] { exportTable(focusedTable()); });
}

void ExportActions::addToMenu(QMenu& menu, const QWidget& view)
{
    for (QAbstractItemView* table : view.findChildren<QAbstractItemView*>()) {
        // The header of a table is a view of its own to Qt.
        if (!table->isVisible() || table->inherits("QComboBoxListView") || qobject_cast<QHeaderView*>(table))
            continue;
        QString name = table->accessibleName();
        const bool word = name.size() > 1 && name[1].isLower();
        if (word)
            name[0] = name[0].toLower();
        menu.addAction(name.isEmpty() ? tr("Export table\u2026") : tr("Export %1\u2026").arg(name), table,
            [this, table] { exportTable(table); });
    }
}

QAbstractItemView* ExportActions::focusedTable() const
{
    if (auto* focused = qobject_cast<QAbstractItemView*>(QApplication::focusWidget());
        focused && m_docks.isAncestorOf(focused))
        return focused;
    const QWidget* view = m_docks.focusedView();
    if (!view)
        return nullptr;
    for (QAbstractItemView* item : view->findChildren<QAbstractItemView*>())
        if (item->isVisible() && !qobject_cast<QHeaderView*>(item))
            return item;
    return nullptr;
}

void ExportActions::exportPicture()
{
    QWidget* view = m_docks.focusedView();
    if (!view)
        return;
    const QString path = QFileDialog::getSaveFileName(view->window(), tr("Export picture"),
        inSaveDirectory(view->objectName() + QStringLiteral(".png")), tr("PNG (*.png);;SVG (*.svg)"));
    if (path.isEmpty())
        return;
    if (const auto written = exportView(*view, path); !written)
        m_messages.showError(QString::fromStdString(written.error().message()));
    else
        m_messages.showNotice(tr("Wrote %1").arg(path));
}

void ExportActions::exportTable(QAbstractItemView* table)
{
    if (!table) {
        m_messages.showNotice(tr("The view with the focus has no table: choose one that has"));
        return;
    }
    const QString path = QFileDialog::getSaveFileName(table->window(), tr("Export table"),
        inSaveDirectory(QStringLiteral("table.csv")), tr("CSV (*.csv);;JSON (*.json)"));
    if (!path.isEmpty())
        writeTable(*table, path);
}

void ExportActions::writeTable(QAbstractItemView& table, const QString& path)
{
    auto* work = new TableExport(table, path, this);
    connect(work, &TableExport::finished, this, [this, work, path](const QString& message) {
        if (message.isEmpty())
            m_messages.showNotice(tr("Wrote %1 to %2").arg(countOf(work->rows(), "row"), path));
        else
            m_messages.showError(tr("Could not write %1: %2").arg(path, message));
    });
    work->start();
}

} // namespace pgtscope::views
