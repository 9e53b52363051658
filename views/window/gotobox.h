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

signals:
    void filterEntered(const QString& text);
    void failed(const QString& message);

private:
    void go();
    void leave();
    void refuse(const QString& typed, const core::FilterError& error);

    Document& m_document;
    Selection& m_selection;
    QPointer<QWidget> m_before; ///< What had the keyboard before.
};

} // namespace pgtscope::views
