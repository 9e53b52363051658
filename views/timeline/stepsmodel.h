// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <QAbstractTableModel>
#include <QCache>
#include <QSet>

#include "core/timeline/timeline.h"
#include "views/filters/colourrules.h"

namespace pgtscope::views {

/// The steps of a timeline as rows; a step is read when a view asks for its row, and the latest ones are
/// kept.
class StepsModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Number, Cause, Place, Text, Entries, Findings };
    static constexpr int columns = Findings + 1;
    enum Role {
        GravestRole = Qt::UserRole, ///< int of core::FindingState; invalid without a finding.
        BookmarkRole, ///< bool
        EventRole, ///< bool: a boot event.
        ColourRole, ///< QColor: the background that a colour rule gives; invalid without one.
    };

    explicit StepsModel(QObject* parent = nullptr);

    void setTimeline(std::shared_ptr<core::Timeline> timeline, core::StepNumber size);
    void grow(core::StepNumber size);
    void setBookmarks(const QSet<quint64>& bookmarks);
    /// The step that others are compared with.
    void setMark(std::optional<core::StepNumber> mark);
    void setColours(StepColours colours);
    /// What the column of findings shows may be different now. `enforced`: as in StepCounts.
    void showFindings(bool enforced);
    /// Shows only those steps, which may have become more since the last call; nullopt shows all.
    void setShown(std::optional<std::vector<core::StepNumber>> shown);
    core::StepNumber stepAt(int row) const;
    /// The row of a step, or of the last one before it that is shown; -1 if there is none.
    int rowOf(core::StepNumber step) const;
    /// Steps that were read from the timeline so far: a view that shows a page of rows reads about a page.
    quint64 reads() const { return m_reads; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row {
        core::Step step;
        std::size_t entries = 0;
        std::size_t tables = 0;
        const ColourRule* colour = nullptr; ///< Belongs to m_colours.
        QString store; ///< What a store did, if the step does not say.
        QString error;
    };
    const Row& row(core::StepNumber number) const;
    QVariant display(const Row& row, core::StepNumber number, int column) const;

    std::shared_ptr<core::Timeline> m_timeline;
    core::StepNumber m_size = 0;
    QSet<quint64> m_bookmarks;
    std::optional<core::StepNumber> m_mark;
    StepColours m_colours;
    bool m_enforced = true;
    std::optional<std::vector<core::StepNumber>> m_shown;
    mutable QCache<quint64, Row> m_rows;
    mutable quint64 m_reads = 0;
};

} // namespace pgtscope::views
