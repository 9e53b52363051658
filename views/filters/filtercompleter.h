// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>

class QCompleter;
class QLineEdit;
class QStringListModel;

namespace pgtscope::views {

class Document;

/// Completes the word at the cursor of a line that takes filters: fields, operators, values, regions of the
/// step that is shown, and symbols.
class FilterCompleter : public QObject {
    Q_OBJECT
public:
    FilterCompleter(Document& document, QLineEdit& line);

    /// What is offered at the moment.
    QStringList words() const;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void complete();
    void insert(const QString& word);
    QStringList wordsAt(const QString& typed, qsizetype cursor) const;

    Document& m_document;
    QLineEdit& m_line;
    QCompleter* m_completer;
    QStringListModel* m_words;
};

} // namespace pgtscope::views
