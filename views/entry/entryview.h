// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "views/model/entrychoice.h"
#include "views/widgets/followingview.h"

class QAction;
class QSplitter;
class QTableView;
class QToolButton;

namespace pgtscope::views {

class EntryBits;
class EntryHistoryModel;
class GridModel;
class GridTable;
class MappingsModel;
class TextBlock;

/// One entry: its whole history, the path that leads to it with the rights as they narrow and who wrote each
/// level last, bit by bit, and all mappings of what it references.
class EntryView : public FollowingView {
    Q_OBJECT
public:
    EntryView(Document& document, Selection& selection, QWidget* parent = nullptr);

    const std::optional<EntryChoice>& entry() const { return m_entry; }
    EntryHistoryModel& history() const { return *m_history; }
    /// A button beside the entry's name for what can be done with it, while the action is visible.
    void offer(QAction& action);

protected:
    void showStep() override { }
    void showPlace() override;

private:
    void clear();
    void showParts(bool shown);
    void showHead();
    QString changeText() const;
    void showPath();
    void showBits();
    void showMappings();
    QWidget* makeHistory();
    void showHistory();
    void hideEmptyColumns();
    void fitHistory();
    QString historyText() const;
    QString lastWrittenText(core::PhysicalAddress entry) const;
    void takeWrites();
    void showWrites();
    void followLink(const QString& link);

    std::optional<EntryChoice> m_entry;
    TextBlock* m_head;
    QToolButton* m_offer;
    GridModel* m_path;
    GridTable* m_pathTable;
    EntryBits* m_bits;
    GridModel* m_fields;
    GridTable* m_fieldTable;
    TextBlock* m_historyHead;
    EntryHistoryModel* m_history;
    QTableView* m_historyTable;
    TextBlock* m_mappingsHead;
    MappingsModel* m_mappings;
    QSplitter* m_details; ///< Fields and mappings.
};

} // namespace pgtscope::views
