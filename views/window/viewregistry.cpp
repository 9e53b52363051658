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

constexpr ViewRow rows[] = {
    {"frames", "Frames", "Physical memory as a map", ViewSlot::LeftTop, make<FramesView>},
    {"address", "Linear space", "The whole linear address space, zoomed level by level", ViewSlot::LeftTop,
        make<LinearSpaceView>},
    {"argument", "Argument", "Two rules on pgt_buf side by side, and the tables that map its pages",
        ViewSlot::LeftTop, make<ArgumentView>},
    {"pgtbuf", "pgt_buf", "The early page-table buffer, page by page", ViewSlot::LeftBottom,
        make<PgtBufView>},
    {"tables", "Tables", "The paging structures as a tree", ViewSlot::Middle, make<TablesView>},
    {"entry", "Entry", "One entry bit by bit, the path to it, and all mappings of its frame",
        ViewSlot::RightTop, make<EntryView>},
    {"cpu", "CPU", "Registers, and what each control bit means for paging", ViewSlot::RightTop,
        make<CpuView>},
    {"code", "Code", "The instructions around RIP", ViewSlot::Middle, make<CodeView>},
    {"findings", "Findings", "What the rules report, clause by clause, and two rules side by side",
        ViewSlot::MiddleBottom, make<FindingsView>},
    {"timeline", "Timeline", "Every step of the boot, its changes and its findings", ViewSlot::Bottom,
        makeTimeline},
    {"console", "gdb", "gdb's own prompt", ViewSlot::BottomRight, makeConsole, true},
    {"walkthrough", "Walkthrough", "The narration of the step, and your own notes", ViewSlot::RightBottom,
        make<WalkthroughView>},
};

} // namespace

std::span<const ViewRow> viewRegistry() { return rows; }

} // namespace pgtscope::views
