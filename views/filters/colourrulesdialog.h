// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QDialog>

#include "views/filters/colourrules.h"

class QLabel;
class QTableWidget;

namespace pgtscope::views {

class Document;

/// The list of colour rules to be edited: on, name, filter, colour, mark; the order counts. A filter that
/// cannot be read shows its error's place and prevents the list from being accepted.
class ColourRulesDialog : public QDialog {
    Q_OBJECT
public:
    explicit ColourRulesDialog(Document& document, QWidget* parent = nullptr);

    /// As currently shown in the dialog.
    std::vector<ColourRule> rules() const;
    /// What is wrong with the rule of the current row; empty if nothing is.
    QString errorText() const;

public slots:
    void accept() override;

private:
    void fill(const std::vector<ColourRule>& rules);
    void setRow(int row, const ColourRule& rule);
    ColourRule ruleAt(int row) const;
    void add();
    void remove();
    void move(int rows);
    void chooseColour();
    /// The error of the rule in `row`; empty if its filter can be read.
    QString check(int row) const;
    void showError();

    Document& m_document;
    QTableWidget* m_table;
    QLabel* m_error;
};

} // namespace pgtscope::views
