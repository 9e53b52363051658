// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include <QWidget>

#include "core/filter/filter.h"

class QLabel;
class QLineEdit;

namespace pgtscope::views {

class Document;

/// A line for a filter's text, with completion. What is wrong with the text is shown below it, with a caret
/// under the place. The filter in force stays until the text is a filter again.
class FilterEdit : public QWidget {
    Q_OBJECT
public:
    explicit FilterEdit(Document& document, QWidget* parent = nullptr);

    QString text() const;
    const core::Filter& filter() const { return m_filter; }
    QLineEdit& line() { return *m_line; }
    /// Empty while the text is a filter.
    QString errorText() const;

public slots:
    void setText(const QString& text);
    /// Reads the text again, because symbols may mean something else at another step. Emits nothing.
    void reread();

signals:
    /// There is another filter in force.
    void filterChanged();

private:
    /// False if the text is no filter.
    bool parse();

    Document& m_document;
    QLineEdit* m_line;
    QLabel* m_error;
    core::Filter m_filter;
};

} // namespace pgtscope::views
