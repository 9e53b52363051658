// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>

#include "views/model/place.h"

class QLabel;
class QTableView;

namespace pgtscope::views {

class DifferencesModel;
class Document;
class FilterEdit;

/// What differs between the step that is shown and the one that the user marked: a sentence, and a table with
/// a filter of its own.
class DifferencePanel : public QWidget {
    Q_OBJECT
public:
    explicit DifferencePanel(Document& document, QWidget* parent = nullptr);

    /// The document's comparison is another one now.
    void showComparison();
    /// What is above the table.
    QString headline() const;
    DifferencesModel& model() { return *m_model; }
    FilterEdit& filter() { return *m_filter; }

signals:
    void chosen(const pgtscope::views::Place& place);

private:
    void showHeadline();
    QTableView* makeTable();

    Document& m_document;
    DifferencesModel* m_model;
    QLabel* m_headline;
    FilterEdit* m_filter;
    QTableView* m_table;
};

} // namespace pgtscope::views
