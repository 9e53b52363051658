// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/actions.h"

namespace pgtscope::views {

namespace {

constexpr ActionRow rows[] = {
    {ActionId::Open, "&Open recording\u2026", "Ctrl+O", "Show a recorded boot"},
    {ActionId::Start, "&Start page", "Ctrl+Home", "Recent sessions, guests and connections"},
    {ActionId::NewWindow, "&New window", "Ctrl+N",
        "Open another window, for a recording or guest beside this one"},
    {ActionId::Record, "\u25cf &Record\u2026", "Ctrl+S",
        "Save the session and continue recording to the file"},
    {ActionId::ExportView, "&Export picture of the view\u2026", "Ctrl+E",
        "Write the view that has the focus as PNG or SVG"},
    {ActionId::ExportTable, "Export &table\u2026", "Ctrl+Shift+E",
        "Write the table that has the focus as CSV or JSON"},
    {ActionId::ExportPage, "Export &page for a browser\u2026", "Ctrl+Shift+H",
        "Write the whole recording, with its narration and pictures, as one HTML page"},
    {ActionId::Quit, "&Quit", "Ctrl+Q", "Quit; a guest launched here ends, any other is detached"},
    {ActionId::First, "|\u25c0", "Alt+Home", "Go to the first step"},
    {ActionId::Back, "\u25c0 P&revious", "Alt+Up", "Go to the previous step"},
    {ActionId::Forward, "&Next \u25b6", "Alt+Down", "Go to the next step"},
    {ActionId::Last, "\u25b6|", "Alt+End", "Go to the last step"},
    {ActionId::Play, "\u25b6 &Play", "Ctrl+Space", "Play the steps at the speed set in the timeline"},
    {ActionId::NextEvent, "Next boot &event", "Alt+PgDown", "Go to the next step that is a boot event"},
    {ActionId::Run, "\u25b6 &Run", "F5", "Run the guest until it is stopped; every boot event is recorded"},
    {ActionId::Interrupt, "\u2759\u2759 &Stop", "Shift+F5", "Stop the guest"},
    {ActionId::StepEvent, "Step \u25b8 boot &event", "F6", "Run the guest to the next boot event"},
    {ActionId::StepPgtBuf, "Step \u25b8 &pgt_buf", "F10", "Run the guest until pgt_buf_end changes"},
    {ActionId::StepWrite, "Step \u25b8 table &write", "F11", "Run the guest until a table entry changes"},
    {ActionId::StepInstruction, "Step \u25b8 &instruction", "Shift+F11", "Execute one instruction"},
    {ActionId::RunTo, "Run to &place\u2026", "Ctrl+F5", "Run the guest to a symbol or an address"},
    {ActionId::EditEntry, "Edit e&ntry\u2026", "F2",
        "Change the entry shown in Entry; asks first, and becomes a step"},
    {ActionId::TakeBackEdit, "&Undo the last edit\u2026", "Ctrl+Z",
        "Restore the entry's value before the last edit; asks first, and becomes a step"},
    {ActionId::Symbols, "S&ymbols\u2026", "",
        "Name the guest's kernel, for its symbols and boot events: a bzImage, vmlinux, package or "
        "System.map"},
    {ActionId::Lend, "S&hare with your own gdb", "Ctrl+Shift+G",
        "Let your gdb or IDE control the guest; each of its stops becomes a step, and Stop ends the sharing"},
    {ActionId::Detach, "&Detach", "Ctrl+D", "Detach and restore the guest's previous run state"},
    {ActionId::AttachAgain, "Attach &again", "Ctrl+R",
        "Attach to the same guest again; its stops are appended to the session"},
    {ActionId::Reconnect, "Start a ne&w guest", "Ctrl+Shift+R",
        "Begin a new session with the same guest; the recorded steps are kept"},
    {ActionId::Cancel, "&Cancel", "Ctrl+.", "Cancel the current operation"},
    {ActionId::GoTo, "&Go to address, symbol or filter", "Ctrl+L",
        "Go to the box for an address, symbol or filter"},
    {ActionId::PlaceBack, "&Back", "Alt+Left", "Go back to the previous selection"},
    {ActionId::PlaceForward, "&Forward", "Alt+Right", "Go forward to the next selection"},
    {ActionId::CopyLink, "Copy &link to this moment", "Ctrl+Shift+L",
        "Copy recording, step, selected place and view as a link that pgtscope and pgt open"},
    {ActionId::GoToWrite, "Go to the last &write", "Ctrl+W",
        "Go to the step that last wrote the selected entry; from there, to the previous write"},
    {ActionId::NextWrite, "Go to the &next write", "Ctrl+Shift+W",
        "Go to the next step that writes the selected entry"},
    {ActionId::WhoMaps, "&Who maps this frame", "Ctrl+M",
        "List every mapping of the selected frame in Tables"},
    {ActionId::Pin, "&Pin view", "Ctrl+P", "Keep what the focused view shows, whatever is selected"},
    {ActionId::NextView, "Ne&xt view", "Ctrl+F6", "Focus the next view"},
    {ActionId::PreviousView, "Previous view", "Ctrl+Shift+F6", "Focus the previous view"},
    {ActionId::LayoutLearn, "Layout: &Learn", "Ctrl+1", "Show the narration, the pictures and the timeline"},
    {ActionId::LayoutInspect, "Layout: &Inspect", "Ctrl+2", "Show every view of tables, memory and findings"},
    {ActionId::LayoutDebug, "Layout: De&bug", "Ctrl+3",
        "Show tables, registers, code and gdb's prompt beside the timeline"},
    {ActionId::ResetLayout, "&Reset layout", "", "Restore the original position of every view"},
    {ActionId::DarkTheme, "&Dark colours", "Ctrl+Shift+D", "Switch between dark and light colours"},
    {ActionId::Present, "Presen&ter mode", "Ctrl+Shift+P",
        "For a class: the narration and one view in large type; Page Down and Page Up change the chapter or "
        "note, Escape leaves"},
    {ActionId::FollowWindows, "Follow other &windows", "",
        "Go to the same boot event when another window of this program comes to one"},
    {ActionId::ColourRules, "&Colour rules\u2026", "Ctrl+Shift+K",
        "Colours and marks for what filters match, in every view"},
    {ActionId::Shortcuts, "&Keys", "F1", "Every action with its key"},
};
static_assert(std::size(rows) == actionCount);

} // namespace

std::span<const ActionRow> actionTable() { return rows; }

} // namespace pgtscope::views
