// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>

namespace pgtscope::views {

class DockArea;
class Document;
class GuestLink;

/// Of a guest that was attached to, some views have nothing to show: it may be long past its early page-table
/// buffer, and has no narration. Their docks take no room until they have something; the View menu
/// opens them all the same.
class IdleDocks : public QObject {
    Q_OBJECT
public:
    /// All outlive this.
    IdleDocks(Document& document, GuestLink& live, DockArea& docks, QObject* parent);

private:
    void restart();
    void learnNotes();
    void look();

    Document& m_document;
    GuestLink& m_live;
    DockArea& m_docks;
    bool m_hasBuffer = false; ///< Some step that was shown has one.
    bool m_hasNotes = false;
};

} // namespace pgtscope::views
