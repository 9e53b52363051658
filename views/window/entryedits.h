// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>

#include "core/paging/entryedit.h"

class QWidget;

namespace pgtscope::views {

class ActionSet;
class Document;
class EntryView;
class GuestLink;
class MessageBar;

/// Edits of a live guest's entries: each is asked for before it is written, and can be undone.
class EntryEdits : public QObject {
    Q_OBJECT
public:
    /// `view` says which entry is meant. All outlive this.
    EntryEdits(ActionSet& actions, EntryView& view, Document& document, GuestLink& live, MessageBar& messages,
        QWidget& window);

private:
    void editShown();
    void undoLast();
    void ask(const core::EntryEdit& edit);

    EntryView& m_view;
    Document& m_document;
    GuestLink& m_live;
    MessageBar& m_messages;
    QWidget& m_window;
};

} // namespace pgtscope::views
