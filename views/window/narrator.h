// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>

#include "core/report/showing.h"

namespace pgtscope::views {

class DockArea;
class Document;
class Selection;

/// Does in the window what chapters and notes ask for: brings up the view, selects the place, sets the zoom.
class Narrator : public QObject {
    Q_OBJECT
public:
    Narrator(Document& document, Selection& selection, DockArea& docks, QObject* parent);

    void show(const core::Showing& showing);

signals:
    /// The view of that id is to be seen.
    void viewRequested(const QString& id);

private:
    Document& m_document;
    Selection& m_selection;
    DockArea& m_docks;
};

} // namespace pgtscope::views
