// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/viewregistry.h"

#include "views/address/linearspaceview.h"
#include "views/argument/argumentview.h"
#include "views/code/codeview.h"
#include "views/console/consoleview.h"
#include "views/cpu/cpuview.h"
#include "views/entry/entryview.h"
#include "views/findings/findingsview.h"
#include "views/frames/framesview.h"
#include "views/pgtbuf/pgtbufview.h"
#include "views/tables/tablesview.h"
#include "views/timeline/timelineview.h"
#include "views/walkthrough/walkthroughview.h"

namespace pgtscope::views {

namespace {

template <class View>
QWidget* make(const ViewContext& context)
{
    return new View(context.document, context.selection);
}

QWidget* makeTimeline(const ViewContext& context)
{
    return new TimelineView(context.document, context.selection, context.player);
}

QWidget* makeConsole(const ViewContext& context) { return new ConsoleView(context.live); }

constexpr unsigned always = Arrangement::Learn | Arrangement::Inspect | Arrangement::Debug;
constexpr unsigned pictures = Arrangement::Learn | Arrangement::Inspect;
constexpr unsigned details = Arrangement::Inspect | Arrangement::Debug;

constexpr ViewRow rows[] = {
    {"frames", "Frames", "Physical memory as a map", ViewSlot::LeftTop, always, make<FramesView>},
    {"address", "Linear space", "The whole linear address space, zoomed level by level", ViewSlot::LeftTop,
        pictures, make<LinearSpaceView>},
    {"argument", "Argument", "Two rules on pgt_buf side by side, and the tables that map its pages",
        ViewSlot::LeftTop, pictures, make<ArgumentView>},
    {"pgtbuf", "pgt_buf", "The early page-table buffer, page by page", ViewSlot::LeftBottom, pictures,
        make<PgtBufView>},
    {"tables", "Tables", "The paging structures as a tree", ViewSlot::Middle, always, make<TablesView>},
    {"entry", "Entry", "One entry bit by bit, the path to it, and all mappings of its frame",
        ViewSlot::RightTop, details, make<EntryView>},
    {"cpu", "CPU", "Registers, and what each control bit means for paging", ViewSlot::RightTop, details,
        make<CpuView>},
    {"code", "Code", "The instructions around RIP", ViewSlot::Middle, details, make<CodeView>},
    {"findings", "Findings", "What the rules report, clause by clause, and two rules side by side",
        ViewSlot::MiddleBottom, details, make<FindingsView>},
    {"timeline", "Timeline", "Every step of the boot, its changes and its findings", ViewSlot::Bottom, always,
        makeTimeline},
    {"console", "gdb", "gdb's own prompt", ViewSlot::BottomRight, static_cast<unsigned>(Arrangement::Debug),
        makeConsole, true},
    {"walkthrough", "Walkthrough", "The narration of the step, and your own notes", ViewSlot::RightBottom,
        pictures, make<WalkthroughView>},
};

} // namespace

std::span<const ViewRow> viewRegistry() { return rows; }

} // namespace pgtscope::views
