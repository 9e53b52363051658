// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/viewregistry.h"

#include <type_traits>

#include <QtGlobal>

#include "views/address/linearspaceview.h"
#include "views/argument/argumentview.h"
#include "views/code/codeview.h"
#include "views/console/consoleview.h"
#include "views/cpu/cpuview.h"
#include "views/entry/entryview.h"
#include "views/filters/filtertarget.h"
#include "views/findings/findingsview.h"
#include "views/frames/framesview.h"
#include "views/model/zoomtarget.h"
#include "views/pgtbuf/pgtbufview.h"
#include "views/tables/tablesview.h"
#include "views/timeline/timelineview.h"
#include "views/walkthrough/walkthroughview.h"

namespace pgtscope::views {

namespace {

template <class As, class View>
As* as(View* view)
{
    if constexpr (std::is_base_of_v<As, View>)
        return view;
    else
        return nullptr;
}

template <class View>
MadeView made(View* view)
{
    return {view, as<FollowingView>(view), as<FilterTarget>(view), as<ZoomTarget>(view)};
}

template <class View>
MadeView make(const ViewContext& context, PublishedViews&)
{
    return made(new View(context.document, context.selection));
}

MadeView makeEntry(const ViewContext& context, PublishedViews& published)
{
    return made(published.entry = new EntryView(context.document, context.selection));
}

MadeView makeTimeline(const ViewContext& context, PublishedViews& published)
{
    return made(published.timeline = new TimelineView(context.document, context.selection, context.player));
}

MadeView makeConsole(const ViewContext& context, PublishedViews& published)
{
    return made(published.console = new ConsoleView(context.live));
}

MadeView makeWalkthrough(const ViewContext& context, PublishedViews& published)
{
    return made(published.walkthrough = new WalkthroughView(context.document, context.selection));
}

constexpr unsigned always = Arrangement::Learn | Arrangement::Inspect | Arrangement::Debug;
constexpr unsigned pictures = Arrangement::Learn | Arrangement::Inspect;
constexpr unsigned details = Arrangement::Inspect | Arrangement::Debug;

constexpr ViewRow rows[] = {
    {"frames", QT_TRANSLATE_NOOP("Text", "Frames"), QT_TRANSLATE_NOOP("Text", "Physical memory as a map"),
        ViewSlot::Left, always, make<FramesView>},
    {"address", QT_TRANSLATE_NOOP("Text", "Linear space"),
        QT_TRANSLATE_NOOP("Text", "The whole linear address space, zoomed level by level"), ViewSlot::Left,
        pictures, make<LinearSpaceView>},
    {"argument", QT_TRANSLATE_NOOP("Text", "Argument"),
        QT_TRANSLATE_NOOP("Text", "Two rules on pgt_buf side by side, and the tables that map its pages"),
        ViewSlot::Left, pictures, make<ArgumentView>},
    {"pgtbuf", QT_TRANSLATE_NOOP("Text", "pgt_buf"),
        QT_TRANSLATE_NOOP("Text", "The early page-table buffer, page by page"), ViewSlot::Left, pictures,
        make<PgtBufView>},
    {"tables", QT_TRANSLATE_NOOP("Text", "Tables"),
        QT_TRANSLATE_NOOP("Text", "The paging structures as a tree"), ViewSlot::Middle, always,
        make<TablesView>},
    {"entry", QT_TRANSLATE_NOOP("Text", "Entry"),
        QT_TRANSLATE_NOOP("Text", "One entry bit by bit, the path to it, and all mappings of its frame"),
        ViewSlot::RightTop, details, makeEntry},
    {"cpu", QT_TRANSLATE_NOOP("Text", "CPU"),
        QT_TRANSLATE_NOOP("Text", "Registers, and what each control bit means for paging"),
        ViewSlot::RightTop, details, make<CpuView>},
    {"code", QT_TRANSLATE_NOOP("Text", "Code"), QT_TRANSLATE_NOOP("Text", "The instructions around RIP"),
        ViewSlot::Middle, details, make<CodeView>},
    {"findings", QT_TRANSLATE_NOOP("Text", "Findings"),
        QT_TRANSLATE_NOOP("Text", "What the rules report, clause by clause, and two rules side by side"),
        ViewSlot::MiddleBottom, details, make<FindingsView>},
    {"timeline", QT_TRANSLATE_NOOP("Text", "Timeline"),
        QT_TRANSLATE_NOOP("Text", "Every step of the boot, its changes and its findings"), ViewSlot::Bottom,
        always, makeTimeline},
    {"console", QT_TRANSLATE_NOOP("Text", "gdb"), QT_TRANSLATE_NOOP("Text", "gdb's own prompt"),
        ViewSlot::BottomRight, static_cast<unsigned>(Arrangement::Debug), makeConsole, true},
    {"walkthrough", QT_TRANSLATE_NOOP("Text", "Walkthrough"),
        QT_TRANSLATE_NOOP("Text", "The narration of the step, and your own notes"), ViewSlot::RightBottom,
        pictures, makeWalkthrough},
};

} // namespace

std::span<const ViewRow> viewRegistry() { return rows; }

} // namespace pgtscope::views
