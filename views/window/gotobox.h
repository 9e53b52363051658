// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QLineEdit>
#include <QPointer>

#include "core/filter/filter.h"

namespace pgtscope::views {

class Document;
class Selection;

/// Takes any address, symbol or filter. Addresses are selected, filters are offered to the views.
class GotoBox : public QLineEdit {
    Q_OBJECT
public:
    GotoBox(Document& document, Selection& selection, QWidget* parent = nullptr);

public slots:
    /// The filter that is in use, wherever it came from.
    void showFilter(const QString& filter);

protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

signals:
    void filterEntered(const QString& text);
    /// An empty message: what is typed now is accepted.
    void failed(const QString& message);

private:
    void go();
    void leave();
    bool goToStep(const QString& typed);
    void recall(int direction);
    void refuse(const QString& typed, const core::FilterError& error);

    Document& m_document;
    Selection& m_selection;
    QString m_filter; ///< That is in use.
    int m_recalled = -1; ///< Which of the latest filters the arrow keys have brought here.
    QPointer<QWidget> m_before; ///< What had the keyboard before.
};

} // namespace pgtscope::views
