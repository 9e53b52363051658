// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/actions.h"

namespace pgtscope::views {

namespace {

constexpr ActionRow rows[] = {
    {ActionId::Open, "&Open recording\u2026", "Ctrl+O", "Show a recorded boot"},
    {ActionId::Start, "&Start page", "Ctrl+Home", "Recent sessions, guests and connections"},
    {ActionId::Record, "\u25cf &Record\u2026", "Ctrl+S",
        "Keep the session, with everything that still comes, in a file"},
    {ActionId::ExportView, "&Export picture of the view\u2026", "Ctrl+E",
        "Write the view that has the focus as PNG or SVG"},
    {ActionId::ExportTable, "Export &table\u2026", "Ctrl+Shift+E",
        "Write the table that has the focus as CSV or JSON"},
    {ActionId::ExportPage, "Export &page for a browser\u2026", "Ctrl+Shift+H",
        "Write the whole recording, with its narration and pictures, as one HTML page"},
    {ActionId::Quit, "&Quit", "Ctrl+Q", "Leave; a guest that was launched here ends, another is let go"},
    {ActionId::First, "|\u25c0", "Alt+Home", "Go to the first step"},
    {ActionId::Back, "\u25c0 &Back", "Alt+Up", "Go to the step before"},
    {ActionId::Forward, "&Next \u25b6", "Alt+Down", "Go to the next step"},
    {ActionId::Last, "\u25b6|", "Alt+End", "Go to the last step"},
    {ActionId::Play, "\u25b6 &Play", "Ctrl+Space",
        "Go through the steps at the speed that the timeline shows"},
    {ActionId::NextEvent, "Next boot &event", "Alt+PgDown", "Go to the next step that is a boot event"},
    {ActionId::Run, "\u25b6 &Run", "F5", "Let the guest run until it is stopped; every boot event is kept"},
    {ActionId::Interrupt, "\u2759\u2759 &Stop", "Shift+F5", "Stop the guest where it is"},
    {ActionId::StepEvent, "Step \u25b8 boot &event", "F6", "Let the guest run to the next boot event"},
    {ActionId::StepPgtBuf, "Step \u25b8 &pgt_buf", "F10", "Let the guest run until pgt_buf_end changes"},
    {ActionId::StepWrite, "Step \u25b8 table &write", "F11",
        "Let the guest run until an entry of a table changes"},
    {ActionId::StepInstruction, "Step \u25b8 &instruction", "Shift+F11", "Execute one instruction"},
    {ActionId::RunTo, "Run to &place\u2026", "Ctrl+F5", "Let the guest run to a symbol or an address"},
    {ActionId::EditEntry, "Edit e&ntry\u2026", "F2",
        "Write another value into the entry that Entry shows; asks first, and becomes a step"},
    {ActionId::TakeBackEdit, "Take back the last edi&t\u2026", "Ctrl+Z",
        "Write what the entry held before the last edit; asks first, and becomes a step"},
    {ActionId::Lend, "&Lend to your own gdb", "Ctrl+Shift+G",
        "Let your gdb or IDE control the guest; each of its stops becomes a step, and Stop takes it back"},
    {ActionId::Detach, "&Detach", "Ctrl+D", "Let go of the guest and leave it as it was found"},
    {ActionId::Reconnect, "Connect &again", "Ctrl+R", "Launch the same guest, or attach to it, anew"},
    {ActionId::Cancel, "&Cancel", "Ctrl+.", "End what takes long just now"},
    {ActionId::GoTo, "&Go to address, symbol or filter", "Ctrl+L", "Put the cursor into the box"},
    {ActionId::PlaceBack, "Place &before", "Alt+Left", "Select what was selected before"},
    {ActionId::PlaceForward, "Place &after", "Alt+Right", "Select what was selected next"},
    {ActionId::GoToWrite, "Go to the last &write", "Ctrl+W",
        "Go to the step that last wrote the selected entry; from there, to the write before"},
    {ActionId::Pin, "&Pin view", "Ctrl+P", "Keep the place that the view with the focus shows"},
    {ActionId::NextView, "Next vie&w", "Ctrl+F6", "Put the focus into the next view"},
    {ActionId::PreviousView, "Previous view", "Ctrl+Shift+F6", "Put the focus into the view before"},
    {ActionId::ResetLayout, "&Reset layout", "", "Put every view back to where it was at first"},
    {ActionId::DarkTheme, "&Dark colours", "Ctrl+Shift+D", "Dark or light"},
    {ActionId::Present, "Presen&ter mode", "Ctrl+Shift+P",
        "For a class: the narration and one view in large type; Page Down and Page Up go through the "
        "chapters, Escape leaves"},
    {ActionId::ColourRules, "&Colour rules\u2026", "Ctrl+Shift+K",
        "Colours and marks for what filters match, in every view"},
    {ActionId::Shortcuts, "&Keys", "F1", "Every action with its key"},
};
static_assert(std::size(rows) == actionCount);

} // namespace

std::span<const ActionRow> actionTable() { return rows; }

} // namespace pgtscope::views
