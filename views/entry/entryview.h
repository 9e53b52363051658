// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "views/base/followingview.h"
#include "views/entry/entrychoice.h"

class QLabel;

namespace pgtscope::views {

class EntryBits;
class GridModel;
class GridTable;
class MappingsModel;

/// One entry bit by bit, the path that leads to it with the rights as they narrow, and all mappings of what
/// it references.
class EntryView : public FollowingView {
    Q_OBJECT
public:
    EntryView(Document& document, Selection& selection, QWidget* parent = nullptr);

    const std::optional<EntryChoice>& entry() const { return m_entry; }

protected:
    void showStep() override { }
    void showPlace() override;

private:
    void clear();
    void showHead();
    QString changeText() const;
    void showPath();
    void showBits();
    void showMappings();
    void followLink(const QString& link);

    std::optional<EntryChoice> m_entry;
    QLabel* m_head;
    GridModel* m_path;
    GridTable* m_pathTable;
    EntryBits* m_bits;
    GridModel* m_fields;
    GridTable* m_fieldTable;
    QLabel* m_mappingsHead;
    MappingsModel* m_mappings;
};

} // namespace pgtscope::views
