// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include <QAbstractTableModel>

#include "core/rules/bufferstate.h"
#include "core/rules/finding.h"
#include "core/walk/aliases.h"
#include "views/model/stepstate.h"

namespace pgtscope::views {

/// One mapping of a frame and what Xen's read-only rule says of it.
struct JudgedMapping {
    core::Alias alias;
    core::MappingVerdict verdict = core::MappingVerdict::Fine;
};

/// The mappings of one frame.
struct JudgedMappings {
    std::vector<JudgedMapping> list; ///< At most 256.
    std::uint64_t total = 0;
};
JudgedMappings judgedMappings(const StepState& state, core::FrameNumber frame);

/// "violation: a page table with a writable mapping" and the like.
QString verdictText(core::MappingVerdict verdict);
/// The finding that the verdict amounts to; nullopt where all is well.
/// What the verdict is drawn as, see signOf(); `enforced` where a hypervisor enforces the rule.
std::optional<core::FindingState> verdictState(core::MappingVerdict verdict, bool enforced);

/// Every mapping of one frame: a row an entry.
class MappingsModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Linear, Entry, Level, Rights, Verdict };
    static constexpr int columns = Verdict + 1;
    enum Role {
        LinearRole = Qt::UserRole + 1, ///< quint64; invalid in a detached table.
        EntryRole, ///< quint64: the entry's physical address.
        LevelRole,
        StateRole, ///< int: a core::FindingState; invalid where all is well.
    };

    explicit MappingsModel(QObject* parent = nullptr);

    /// Resets only what would look different.
    void setMappings(const StepStatePtr& state, std::vector<JudgedMapping> mappings);
    void clear() { setMappings({}, {}); }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    bool looksLike(const StepStatePtr& state, const std::vector<JudgedMapping>& mappings) const;
    QVariant text(const JudgedMapping& mapping, int column) const;

    StepStatePtr m_state;
    std::vector<JudgedMapping> m_mappings;
    bool m_hypotheticals = false; ///< They are shown, by now.
};

} // namespace pgtscope::views
