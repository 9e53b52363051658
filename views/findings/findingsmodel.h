// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QAbstractItemModel>

#include "views/filters/colourrules.h"
#include "views/model/stepstate.h"

namespace pgtscope::views {

/// What the rules say of a step: rules at the top, their explained findings below.
class FindingsModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column { What, Frame, Entry, Where };
    static constexpr int columns = Where + 1;
    enum Role {
        StateRole = Qt::UserRole + 1, ///< int: core::FindingState; invalid for a rule.
        ColourRole, ///< QColor: the background that a colour rule gives; invalid without one.
    };

    using QAbstractItemModel::QAbstractItemModel;

    /// The state may be empty. `symbols` is not kept. False if every row looks as before: nothing was reset.
    bool setState(const StepStatePtr& state, const core::SymbolTable& symbols = {});
    /// Whether the finding, which belongs to the state, passes.
    bool matches(const core::Filter& filter, const core::Finding& finding) const;
    /// Null for a rule's own row. Valid until the next setState().
    const core::Finding* finding(const QModelIndex& index) const;
    const core::RuleReport* report(const QModelIndex& index) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    bool looksLike(const StepStatePtr& state) const;
    QVariant ruleData(const core::RuleReport& report, int column, int role) const;
    QVariant findingData(const core::Finding& finding, int column, int role) const;
    QString findingText(const core::Finding& finding, int column) const;
    /// Those that something breaks first, then those that found something, else in the order of the rules.
    const std::vector<const core::RuleReport*>& reports() const;

    const ColourRule* colour(const core::Finding& finding) const;

    StepStatePtr m_state;
    mutable std::vector<const core::RuleReport*> m_reports; ///< Of the state; empty until first asked for.
    StepColours m_colours;
    bool m_hypotheticals = false; ///< They are shown, by now.
    core::FilterKnowledge m_knowledge; ///< Of the state.
};

/// "2 violations, 3 pending": the counts of a report that are not zero.
QString totalsText(const core::RuleReport& report);

} // namespace pgtscope::views
