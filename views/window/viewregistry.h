// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>

class QWidget;

namespace pgtscope::views {

class ConsoleView;
class Document;
class EntryView;
class FilterTarget;
class FollowingView;
class GuestLink;
class Player;
class Selection;
class TimelineView;
class WalkthroughView;
class ZoomTarget;

/// What a view may be made from.
struct ViewContext {
    Document& document;
    Selection& selection;
    Player& player;
    GuestLink& live;
};

/// The views that other parts of the window speak to; each row enters the one that it makes.
struct PublishedViews {
    EntryView* entry = nullptr;
    TimelineView* timeline = nullptr;
    ConsoleView* console = nullptr;
    WalkthroughView* walkthrough = nullptr;
};

/// A view, and as what the window can speak to it; null: not as that.
struct MadeView {
    QWidget* widget = nullptr;
    FollowingView* following = nullptr;
    FilterTarget* filter = nullptr;
    ZoomTarget* zoom = nullptr;
};

/// Where a view's dock is until the user moves it. Views with the same slot share it as tabs.
enum class ViewSlot { Left, Middle, MiddleBottom, Bottom, BottomRight, RightTop, RightBottom };

/// Which views are open, for one kind of work. A view's row names the arrangements that it is part of.
enum class Arrangement : unsigned {
    Learn = 1, ///< A recording and its narration.
    Inspect = 2, ///< Tables, memory, findings.
    Debug = 4, ///< A live guest.
};
constexpr unsigned operator|(Arrangement a, Arrangement b)
{
    return static_cast<unsigned>(a) | static_cast<unsigned>(b);
}
constexpr unsigned operator|(unsigned a, Arrangement b) { return a | static_cast<unsigned>(b); }

/// One view of the window. Another view is another row of viewRegistry(), nothing else.
struct ViewRow {
    const char* id; ///< Also the dock's object name: layouts that users saved rely on it.
    const char* title;
    const char* description;
    ViewSlot slot;
    unsigned arrangements; ///< Of Arrangement.
    MadeView (*make)(const ViewContext& context, PublishedViews& published);
    bool live = false; ///< It has nothing to show without a guest, and is there only while one is controlled.
};

std::span<const ViewRow> viewRegistry();

} // namespace pgtscope::views
