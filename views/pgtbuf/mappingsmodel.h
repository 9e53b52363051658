// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QAbstractTableModel>

#include "views/model/stepstate.h"
#include "views/pgtbuf/pgtbufpage.h"

namespace pgtscope::views {

/// Every mapping of one frame: a row an entry.
class MappingsModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Linear, Entry, Level, Rights, Verdict, ColumnCount };
    enum Role {
        LinearRole = Qt::UserRole + 1, ///< quint64; invalid in a detached table.
        EntryRole, ///< quint64: the entry's physical address.
        LevelRole,
        StateRole, ///< int: a core::FindingState; invalid where all is well.
    };

    explicit MappingsModel(QObject* parent = nullptr);

    /// Resets only what would look different.
    void setMappings(const StepStatePtr& state, std::vector<PgtBufMapping> mappings);
    void clear() { setMappings({}, {}); }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    bool looksLike(const StepStatePtr& state, const std::vector<PgtBufMapping>& mappings) const;
    QVariant text(const PgtBufMapping& mapping, int column) const;

    StepStatePtr m_state;
    std::vector<PgtBufMapping> m_mappings;
};

} // namespace pgtscope::views
