// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/entryedits.h"

#include "views/entry/entryeditor.h"
#include "views/entry/entryview.h"
#include "views/model/guestcontroller.h"
#include "views/window/actionset.h"
#include "views/window/messagebar.h"

namespace pgtscope::views {

EntryEdits::EntryEdits(ActionSet& actions, EntryView& view, Document& document, GuestLink& live,
    MessageBar& messages, QWidget& window)
    : QObject(&window)
    , m_view(view)
    , m_document(document)
    , m_live(live)
    , m_messages(messages)
    , m_window(window)
{
    view.offer(actions[ActionId::EditEntry]);
    actions.on(ActionId::EditEntry, this, &EntryEdits::editShown);
    actions.on(ActionId::UndoEdit, this, &EntryEdits::undoLast);
}

void EntryEdits::editShown()
{
    m_view.refresh();
    const auto& choice = m_view.entry();
    if (!choice)
        return m_messages.showNotice(tr("Select an entry first, or an address that has one"));
    ask({choice->address, m_document.state()->snapshot()->paging().entryBytes(), choice->entry.level,
        choice->entry.raw, choice->entry.raw});
}

void EntryEdits::undoLast()
{
    if (m_live.guest() && m_live.guest()->lastEdit())
        ask(m_live.guest()->lastEdit()->reversed());
}

void EntryEdits::ask(const core::EntryEdit& edit)
{
    if (m_document.step() + 1 != m_document.size())
        return m_messages.showNotice(
            tr("This step is in the past: go to the last one (Alt+End) to edit the guest's current entry"));
    auto* editor = new EntryEditor(m_document.state(), edit, &m_window);
    editor->setAttribute(Qt::WA_DeleteOnClose);
    connect(editor, &QDialog::accepted, this, [this, editor] {
        if (m_live.guest())
            m_live.guest()->edit(editor->edit());
    });
    editor->open();
}

} // namespace pgtscope::views
