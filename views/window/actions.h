// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>

class QAction;

namespace pgtscope::views {

enum class ActionId : unsigned {
    Open,
    Start,
    NewWindow,
    Record,
    ExportView,
    ExportTable,
    ExportPage,
    Quit,
    First,
    Back,
    Forward,
    Last,
    Play,
    NextEvent,
    NextStation,
    PreviousStation,
    Run,
    Interrupt,
    StepEvent,
    StepPgtBuf,
    StepWrite,
    StepInstruction,
    StepBack,
    RunTo,
    EditEntry,
    UndoEdit,
    Symbols,
    Share,
    Detach,
    MakeLive,
    LiveAtWrite,
    AttachAgain,
    Reconnect,
    Cancel,
    GoTo,
    ClearFilter,
    PlaceBack,
    PlaceForward,
    CopyLink,
    GoToWrite,
    NextWrite,
    WhoMaps,
    OtherHalf,
    Pin,
    NextView,
    PreviousView,
    LayoutLearn,
    LayoutInspect,
    LayoutDebug,
    ResetLayout,
    DarkTheme,
    Present,
    FollowWindows,
    ColourRules,
    Shortcuts,
    Count,
};
inline constexpr unsigned actionCount = static_cast<unsigned>(ActionId::Count);

/// One thing that a user can do in the window, whatever menu or button offers it.
struct ActionRow {
    ActionId id;
    const char* text;
    const char* shortcut; ///< As QKeySequence reads it; empty for none.
    const char* description;
};

/// All actions, indexed by ActionId.
std::span<const ActionRow> actionTable();

} // namespace pgtscope::views
