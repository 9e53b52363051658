// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/actions.h"

#include <QtGlobal>

namespace pgtscope::views {

namespace {

constexpr ActionRow rows[] = {
    {ActionId::Open, QT_TRANSLATE_NOOP("Text", "&Open recording\u2026"), "Ctrl+O",
        QT_TRANSLATE_NOOP("Text", "Show a recorded boot")},
    {ActionId::Start, QT_TRANSLATE_NOOP("Text", "&Start page"), "Ctrl+Home",
        QT_TRANSLATE_NOOP("Text", "Recent sessions, guests and connections; again: back to what was open")},
    {ActionId::NewWindow, QT_TRANSLATE_NOOP("Text", "&New window"), "Ctrl+N",
        QT_TRANSLATE_NOOP("Text", "Open another window, for a recording or guest beside this one")},
    {ActionId::Record, QT_TRANSLATE_NOOP("Text", "\u25cf &Record\u2026"), "Ctrl+S",
        QT_TRANSLATE_NOOP("Text", "Save the session and continue recording to the file")},
    {ActionId::ExportView, QT_TRANSLATE_NOOP("Text", "&Export picture of the view\u2026"), "Ctrl+E",
        QT_TRANSLATE_NOOP("Text", "Write the view that has the focus as PNG or SVG")},
    {ActionId::ExportTable, QT_TRANSLATE_NOOP("Text", "Export &table\u2026"), "Ctrl+Shift+E",
        QT_TRANSLATE_NOOP("Text", "Write the table that has the focus as CSV or JSON")},
    {ActionId::ExportPage, QT_TRANSLATE_NOOP("Text", "Export &page for a browser\u2026"), "Ctrl+Shift+H",
        QT_TRANSLATE_NOOP(
            "Text", "Write the whole recording, with its narration and pictures, as one HTML page")},
    {ActionId::Quit, QT_TRANSLATE_NOOP("Text", "&Quit"), "Ctrl+Q",
        QT_TRANSLATE_NOOP("Text", "Quit; a guest launched here ends, any other is detached")},
    {ActionId::First, QT_TRANSLATE_NOOP("Text", "|\u25c0"), "Alt+Home",
        QT_TRANSLATE_NOOP("Text", "Go to the first step")},
    {ActionId::Back, QT_TRANSLATE_NOOP("Text", "\u25c0 P&revious"), "Alt+Up",
        QT_TRANSLATE_NOOP("Text", "Go to the previous step")},
    {ActionId::Forward, QT_TRANSLATE_NOOP("Text", "&Next \u25b6"), "Alt+Down",
        QT_TRANSLATE_NOOP("Text", "Go to the next step")},
    {ActionId::Last, QT_TRANSLATE_NOOP("Text", "\u25b6|"), "Alt+End",
        QT_TRANSLATE_NOOP("Text", "Go to the last step")},
    {ActionId::Play, QT_TRANSLATE_NOOP("Text", "\u25b6 &Play"), "Ctrl+Space",
        QT_TRANSLATE_NOOP("Text", "Play the steps at the speed set in the timeline")},
    {ActionId::NextEvent, QT_TRANSLATE_NOOP("Text", "Next boot &event"), "Alt+PgDown",
        QT_TRANSLATE_NOOP("Text", "Go to the next step that is a boot event")},
    {ActionId::NextStation, QT_TRANSLATE_NOOP("Text", "Next &chapter or note"), "Ctrl+PgDown",
        QT_TRANSLATE_NOOP("Text", "Go to the next chapter or note of the narration")},
    {ActionId::PreviousStation, QT_TRANSLATE_NOOP("Text", "Previous chapter &or note"), "Ctrl+PgUp",
        QT_TRANSLATE_NOOP("Text", "Go to the previous chapter or note of the narration")},
    {ActionId::Run, QT_TRANSLATE_NOOP("Text", "\u25b6 &Run"), "F5",
        QT_TRANSLATE_NOOP("Text", "Run the guest until it is stopped; every boot event is recorded")},
    {ActionId::Interrupt, QT_TRANSLATE_NOOP("Text", "\u2759\u2759 &Stop"), "Shift+F5",
        QT_TRANSLATE_NOOP("Text", "Stop the guest")},
    {ActionId::StepEvent, QT_TRANSLATE_NOOP("Text", "Step \u25b8 boot &event"), "F6",
        QT_TRANSLATE_NOOP("Text", "Run the guest to the next boot event")},
    {ActionId::StepPgtBuf, QT_TRANSLATE_NOOP("Text", "Step \u25b8 &pgt_buf"), "F10",
        QT_TRANSLATE_NOOP("Text", "Run the guest until pgt_buf_end changes")},
    {ActionId::StepWrite, QT_TRANSLATE_NOOP("Text", "Step \u25b8 table &write"), "F11",
        QT_TRANSLATE_NOOP("Text", "Run the guest until a table entry changes")},
    {ActionId::StepInstruction, QT_TRANSLATE_NOOP("Text", "Step \u25b8 &instruction"), "Shift+F11",
        QT_TRANSLATE_NOOP("Text", "Execute one instruction")},
    {ActionId::StepBack, QT_TRANSLATE_NOOP("Text", "Step bac&k \u25c2 live"), "Shift+F6",
        QT_TRANSLATE_NOOP(
            "Text", "Bring the guest back to the event or change of pgt_buf before the place where it is")},
    {ActionId::RunTo, QT_TRANSLATE_NOOP("Text", "Run to &place\u2026"), "Ctrl+F5",
        QT_TRANSLATE_NOOP("Text", "Run the guest to a symbol or an address")},
    {ActionId::EditEntry, QT_TRANSLATE_NOOP("Text", "Edit e&ntry\u2026"), "F2",
        QT_TRANSLATE_NOOP("Text", "Change the entry shown in Entry; asks first, and becomes a step")},
    {ActionId::UndoEdit, QT_TRANSLATE_NOOP("Text", "&Undo the last edit\u2026"), "Ctrl+Z",
        QT_TRANSLATE_NOOP(
            "Text", "Restore the entry's value before the last edit; asks first, and becomes a step")},
    {ActionId::Symbols, QT_TRANSLATE_NOOP("Text", "S&ymbols\u2026"), "",
        QT_TRANSLATE_NOOP("Text",
            "Name the guest's kernel, for its symbols and boot events: a bzImage, vmlinux, package or "
            "System.map")},
    {ActionId::Share, QT_TRANSLATE_NOOP("Text", "S&hare with your own gdb"), "Ctrl+Shift+G",
        QT_TRANSLATE_NOOP("Text",
            "Let your gdb or IDE control the guest; each of its stops becomes a step, and Stop ends the "
            "sharing")},
    {ActionId::Detach, QT_TRANSLATE_NOOP("Text", "&Detach"), "Ctrl+D",
        QT_TRANSLATE_NOOP("Text", "Detach and restore the guest's previous run state")},
    {ActionId::MakeLive, QT_TRANSLATE_NOOP("Text", "Make &live here"), "Ctrl+Shift+B",
        QT_TRANSLATE_NOOP("Text",
            "Bring a guest to this step of the recording, compare it with what was recorded, and continue "
            "from "
            "there")},
    {ActionId::LiveAtWrite, QT_TRANSLATE_NOOP("Text", "Make live a&t the last write"), "",
        QT_TRANSLATE_NOOP("Text",
            "Bring a guest to right after the store that last wrote the selected entry: registers, stack and "
            "caller of that moment")},
    {ActionId::AttachAgain, QT_TRANSLATE_NOOP("Text", "Attach &again"), "Ctrl+R",
        QT_TRANSLATE_NOOP("Text", "Attach to the same guest again; its stops are appended to the session")},
    {ActionId::Reconnect, QT_TRANSLATE_NOOP("Text", "Start a ne&w guest"), "Ctrl+Shift+R",
        QT_TRANSLATE_NOOP("Text", "Begin a new session with the same guest; the recorded steps are kept")},
    {ActionId::Cancel, QT_TRANSLATE_NOOP("Text", "&Cancel"), "Ctrl+.",
        QT_TRANSLATE_NOOP("Text", "Cancel the current operation")},
    {ActionId::GoTo, QT_TRANSLATE_NOOP("Text", "&Go to address, symbol or filter"), "Ctrl+L",
        QT_TRANSLATE_NOOP("Text", "Go to the box for an address, symbol or filter")},
    {ActionId::ClearFilter, QT_TRANSLATE_NOOP("Text", "&Clear all filters"), "Esc",
        QT_TRANSLATE_NOOP("Text", "Show everything again in every view")},
    {ActionId::PlaceBack, QT_TRANSLATE_NOOP("Text", "&Back"), "Alt+Left",
        QT_TRANSLATE_NOOP("Text", "Go back to the previous selection")},
    {ActionId::PlaceForward, QT_TRANSLATE_NOOP("Text", "&Forward"), "Alt+Right",
        QT_TRANSLATE_NOOP("Text", "Go forward to the next selection")},
    {ActionId::CopyLink, QT_TRANSLATE_NOOP("Text", "Copy &link to this moment"), "Ctrl+Shift+L",
        QT_TRANSLATE_NOOP(
            "Text", "Copy recording, step, selected place and view as a link that pgtscope and pgt open")},
    {ActionId::GoToWrite, QT_TRANSLATE_NOOP("Text", "Go to the last &write"), "Ctrl+W",
        QT_TRANSLATE_NOOP(
            "Text", "Go to the step that last wrote the selected entry; from there, to the previous write")},
    {ActionId::NextWrite, QT_TRANSLATE_NOOP("Text", "Go to the &next write"), "Ctrl+Shift+W",
        QT_TRANSLATE_NOOP("Text", "Go to the next step that writes the selected entry")},
    {ActionId::WhoMaps, QT_TRANSLATE_NOOP("Text", "&Who maps this frame"), "Ctrl+M",
        QT_TRANSLATE_NOOP("Text", "List every mapping of the selected frame in Tables")},
    {ActionId::OtherHalf, QT_TRANSLATE_NOOP("Text", "Show KPTI's other &half"), "",
        QT_TRANSLATE_NOOP("Text",
            "Show the step from the other of the two root tables that KPTI keeps for a process: the kernel's "
            "or user mode's")},
    {ActionId::Pin, QT_TRANSLATE_NOOP("Text", "&Pin view"), "Ctrl+P",
        QT_TRANSLATE_NOOP("Text", "Keep what the focused view shows, whatever is selected")},
    {ActionId::NextView, QT_TRANSLATE_NOOP("Text", "Ne&xt view"), "Ctrl+F6",
        QT_TRANSLATE_NOOP("Text", "Focus the next view")},
    {ActionId::PreviousView, QT_TRANSLATE_NOOP("Text", "Previous view"), "Ctrl+Shift+F6",
        QT_TRANSLATE_NOOP("Text", "Focus the previous view")},
    {ActionId::LayoutLearn, QT_TRANSLATE_NOOP("Text", "Layout: &Learn"), "Ctrl+1",
        QT_TRANSLATE_NOOP("Text", "Show the narration, the pictures and the timeline")},
    {ActionId::LayoutInspect, QT_TRANSLATE_NOOP("Text", "Layout: &Inspect"), "Ctrl+2",
        QT_TRANSLATE_NOOP("Text", "Show every view of tables, memory and findings")},
    {ActionId::LayoutDebug, QT_TRANSLATE_NOOP("Text", "Layout: De&bug"), "Ctrl+3",
        QT_TRANSLATE_NOOP("Text", "Show tables, registers, code and gdb's prompt beside the timeline")},
    {ActionId::ResetLayout, QT_TRANSLATE_NOOP("Text", "&Reset layout"), "",
        QT_TRANSLATE_NOOP("Text", "Restore the original position of every view")},
    {ActionId::DarkTheme, QT_TRANSLATE_NOOP("Text", "&Dark colours"), "Ctrl+Shift+D",
        QT_TRANSLATE_NOOP("Text", "Switch between dark and light colours")},
    {ActionId::Present, QT_TRANSLATE_NOOP("Text", "Presen&ter mode"), "Ctrl+Shift+P",
        QT_TRANSLATE_NOOP("Text",
            "For a class: the narration and one view in large type; Page Down and Page Up change the chapter "
            "or "
            "note, Escape leaves")},
    {ActionId::FollowWindows, QT_TRANSLATE_NOOP("Text", "Follow other &windows"), "",
        QT_TRANSLATE_NOOP(
            "Text", "Go to the same boot event when another window of this program comes to one")},
    {ActionId::ColourRules, QT_TRANSLATE_NOOP("Text", "&Colour rules\u2026"), "Ctrl+Shift+K",
        QT_TRANSLATE_NOOP("Text", "Colours and marks for what filters match, in every view")},
    {ActionId::Shortcuts, QT_TRANSLATE_NOOP("Text", "&Keys"), "F1",
        QT_TRANSLATE_NOOP("Text", "Every action with its key")},
};
static_assert(std::size(rows) == actionCount);

} // namespace

std::span<const ActionRow> actionTable() { return rows; }

} // namespace pgtscope::views
