// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include <QAbstractTableModel>

#include "core/timeline/entryhistory.h"

namespace pgtscope::views {

/// What happened to one entry over the whole recording, a row for each step that did something to it; the
/// last one up to the step that is shown is the present one.
class EntryHistoryModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { StepColumn, What, Before, After, Writer };
    static constexpr int columns = Writer + 1;
    enum Role {
        PresentRole = Qt::UserRole + 1, ///< bool
    };

    using QAbstractTableModel::QAbstractTableModel;

    /// Oldest first.
    void setEvents(std::vector<core::EntryEvent> events, core::StepNumber shown);
    /// Whether setEvents() would change anything.
    bool shows(const std::vector<core::EntryEvent>& events, core::StepNumber shown) const;
    const std::vector<core::EntryEvent>& events() const { return m_events; }
    /// Row of the last event up to the step that is shown; -1 if there is none.
    int present() const { return m_present; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString display(const core::EntryEvent& event, int row, int column) const;

    std::vector<core::EntryEvent> m_events;
    int m_present = -1;
};

/// "set_pte_vaddr+0x12", or the address of the instruction; empty if unknown.
QString writerText(const core::EntryEvent& event);

} // namespace pgtscope::views
