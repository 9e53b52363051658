// SPDX-License-Identifier: GPL-2.0-or-later
// What a scrub costs the views: state to pixels, drawn by software into a picture of 1920x1080. A guest of
// 64 GiB with 8,000 page tables scattered over its memory and a pgt_buf of 4,096 pages; the whole window,
// with all its docks, on the shipped boot of Debian and on 200,000 stores; what a new step of a live guest
// costs from its being recorded to its being painted; a tree of a million rows.
#include <benchmark/benchmark.h>

#include <QApplication>
#include <QFile>
#include <QImage>
#include <QPainter>
#include <QScrollBar>
#include <QTreeView>

#include "core/rules/rule.h"
#include "tests/core/mixedstory.h"
#include "tests/core/tablebuilder.h"
#include "tests/views/boothistory.h"
#include "views/address/linearbands.h"
#include "views/frames/framemap.h"
#include "views/frames/framesview.h"
#include "views/pgtbuf/pgtbufstrip.h"
#include "views/tables/tablesdelegate.h"
#include "views/tables/tablesmodel.h"
#include "views/tables/tablesview.h"
#include "views/timeline/stepsampler.h"
#include "views/timeline/timelinestrip.h"
#include "views/timeline/timelineview.h"
#include "views/widgets/theme.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"

namespace {

using namespace pgtscope;
using namespace pgtscope::core;

constexpr std::uint64_t gib = 1ULL << 30;
constexpr unsigned pageTables = 8000;
/// Page tables lie 2 MiB apart, so that each is a range of its own on the map.
constexpr std::uint64_t tableStride = 2ULL << 20;

views::StepStatePtr bigState()
{
    static const views::StepStatePtr state = [] {
        tests::Guest guest(PagingMode::Level4, true);
        guest.memory = tests::FakeMemory({{PhysicalAddress(0), PhysicalAddress(64 * gib)}}, true);
        guest.set(0x1000, 273, 0x2000 | tests::rw);
        for (unsigned i = 0; i < pageTables; ++i) {
            const std::uint64_t pd = 0x10000 + i / 512 * frameBytes;
            const std::uint64_t pt = 0x40000000 + i * tableStride;
            guest.set(0x2000, i / 512, pd | tests::rw);
            guest.set(pd, i % 512, pt | tests::rw);
            for (unsigned j = 0; j < 512; ++j)
                guest.set(pt, j, (std::uint64_t{i} << 21) + (j << 12) + (tests::rw | tests::nx));
        }
        SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
        if (!builder.captureTables({}))
            std::abort();
        PageTableBuffer buffer;
        buffer.trust = PgtBufTrust::Live;
        buffer.epochs = {{GuestFrame(0x800000), GuestFrame(0x800400), GuestFrame(0x801000), false}};
        builder.setPgtBuf(buffer);
        auto made = std::make_shared<const views::StepState>(Step{}, builder.finish(), StepChanges{});
        made->reports();
        return made;
    }();
    return state;
}

/// Draws what the widget shows into a picture, as a window without hardware does.
template <class Widget>
void drawInto(Widget& widget, QImage& picture)
{
    widget.viewport()->render(&picture);
}

template <class Widget>
void prepare(Widget& widget)
{
    widget.resize(1920, 1080);
    widget.ensurePolished();
    widget.grab();
}

void framesStep(benchmark::State& run)
{
    views::FrameMap map;
    prepare(map);
    map.setState(bigState());
    if (run.range(0) == 1)
        map.zoomToBuffer();
    QImage picture(1920, 1080, QImage::Format_ARGB32_Premultiplied);
    for (auto unused : run) {
        map.setState(bigState());
        drawInto(map, picture);
    }
}

void framesZoom(benchmark::State& run)
{
    views::FrameMap map;
    prepare(map);
    map.setState(bigState());
    QImage picture(1920, 1080, QImage::Format_ARGB32_Premultiplied);
    int direction = 1;
    for (auto unused : run) {
        map.zoomBy(direction);
        direction = -direction;
        drawInto(map, picture);
    }
}

void framesRepaint(benchmark::State& run)
{
    views::FrameMap map;
    prepare(map);
    map.setState(bigState());
    QImage picture(1920, 1080, QImage::Format_ARGB32_Premultiplied);
    for (auto unused : run)
        drawInto(map, picture);
}

void bufferStep(benchmark::State& run)
{
    views::PgtBufStrip strip;
    prepare(strip);
    QImage picture(1920, 1080, QImage::Format_ARGB32_Premultiplied);
    for (auto unused : run) {
        strip.setState(bigState());
        drawInto(strip, picture);
    }
}

void linearStep(benchmark::State& run)
{
    views::LinearBands bands;
    prepare(bands);
    bands.setAddress(LinearAddress(0xffff888000000000));
    QImage picture(1920, 1080, QImage::Format_ARGB32_Premultiplied);
    for (auto unused : run) {
        bands.setState(bigState());
        drawInto(bands, picture);
    }
}

/// Lets the window lay itself out and paint what is to be painted, as the next frame would.
void paintNow(QWidget& window)
{
    QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
    QEvent update(QEvent::UpdateRequest);
    QCoreApplication::sendEvent(&window, &update);
}

QString recordingOf(std::int64_t which)
{
    static const tests::BootHistory stores(12, 200'000);
    return which == 0 ? QStringLiteral(PGTSCOPE_SOURCE_DIR "/resources/walkthroughs/debian-boot.pgtrec")
                      : stores.path();
}

/// From one step to another somewhere else: read, derive what the views show, paint.
void windowScrub(benchmark::State& run)
{
    views::MainWindow window;
    window.resize(1920, 1080);
    window.show();
    if (!window.openRecording(recordingOf(run.range(0)))) {
        run.SkipWithError("the recording could not be opened");
        return;
    }
    dynamic_cast<views::TimelineView&>(*window.docks().view(QStringLiteral("timeline"))).sampler().finish();
    QCoreApplication::processEvents();
    const StepNumber size = window.document().size();
    // Ahead by a few steps, as a hand drags: 1/200 of the strip, at least one.
    const StepNumber stride = std::max<StepNumber>(1, size / 200);
    for (auto unused : run) {
        window.document().goTo((window.document().step() + stride) % size);
        paintNow(window);
    }
    run.counters["docks"] = window.docks().shownDocks();
}

/// From the click on a file to the first picture of it.
void windowOpen(benchmark::State& run)
{
    const QString path = recordingOf(run.range(0));
    views::MainWindow window;
    window.resize(1920, 1080);
    window.show();
    for (auto unused : run) {
        window.openRecording(path);
        paintNow(window);
    }
}

/// 2,048 page tables whose neighbouring entries differ, so that no two join in a row.
views::StepStatePtr millionRows()
{
    tests::Guest guest(PagingMode::Level4, true);
    guest.memory = tests::FakeMemory({{PhysicalAddress(0), PhysicalAddress(8 * gib)}}, true);
    guest.set(0x1000, 273, 0x2000 | tests::rw);
    for (unsigned i = 0; i < 2048; ++i) {
        const std::uint64_t pd = 0x10000 + i / 512 * frameBytes;
        const std::uint64_t pt = 0x40000000 + i * frameBytes;
        guest.set(0x2000, i / 512, pd | tests::rw);
        guest.set(pd, i % 512, pt | tests::rw);
        for (unsigned j = 0; j < 512; ++j)
            guest.set(pt, j,
                (std::uint64_t{i} << 21) + (j << 12) + ((j & 1) != 0 ? tests::rw : tests::p | tests::nx));
    }
    return std::make_shared<const views::StepState>(Step{}, guest.capture(), StepChanges{});
}

void tablesScroll(benchmark::State& run)
{
    views::TablesModel model;
    model.setState(millionRows(), {});
    QTreeView tree;
    tree.setModel(&model);
    tree.setItemDelegate(new views::TablesDelegate(&tree));
    tree.setUniformRowHeights(true);
    tree.resize(900, 1000);
    tree.show();
    tree.expandAll();
    QCoreApplication::processEvents();
    QScrollBar& bar = *tree.verticalScrollBar();
    for (auto unused : run) {
        bar.setValue(bar.value() + 3 < bar.maximum() ? bar.value() + 3 : 0);
        paintNow(tree);
    }
    run.counters["rows"] = bar.maximum() + bar.pageStep();
}

/// The window at 1920x1080 in its default layout, drawn by software.
std::unique_ptr<views::MainWindow> shownWindow()
{
    auto window = std::make_unique<views::MainWindow>();
    window->resize(1920, 1080);
    window->show();
    window->docks().resetLayout();
    QApplication::processEvents();
    return window;
}

/// Debian's boot once more, its steps appended as a live session appends them: the figure is what a stop
/// costs beside the capture itself. handed:0 is a window that reads the step back and applies the rules once
/// more.
void liveStep(benchmark::State& run)
{
    const bool handed = run.range(0) != 0;
    const auto source
        = Timeline::open(PGTSCOPE_SOURCE_DIR "/resources/walkthroughs/debian-boot.pgtrec").value();
    std::vector<std::pair<Step, SnapshotPtr>> steps;
    for (StepNumber number = 0; number < source->size(); ++number)
        steps.emplace_back(source->step(number).value(), source->snapshot(number).value());
    const QTemporaryDir directory;
    auto window = shownWindow();
    std::shared_ptr<RecordingWriter> writer;
    std::shared_ptr<Timeline> timeline;
    std::size_t next = steps.size();
    unsigned sessions = 0;
    for (auto unused : run) {
        run.PauseTiming();
        if (next == steps.size()) {
            const QString path = directory.filePath(QString::number(sessions++));
            writer = RecordingWriter::create(path.toStdString(), {}).value();
            writer->setSymbols(source->symbols()->symbols(), 0);
            writer->append(steps[0].first, steps[0].second);
            timeline = Timeline::follow(writer).value();
            window->document().setTimeline(timeline, true);
            window->showViews();
            QApplication::processEvents();
            next = 1;
        }
        run.ResumeTiming();
        if (handed) {
            timeline->expect(next, steps[next].second, checkAllRules(RuleContext(steps[next].second)));
        } else {
            const RuleContext context(steps[next].second);
            for (const auto& rule : allRules())
                benchmark::DoNotOptimize(rule->check(context));
        }
        writer->append(steps[next].first, steps[next].second);
        while (window->document().size() < writer->size())
            QApplication::processEvents();
        paintNow(*window);
        ++next;
    }
}

// Who wrote what: 200,000 stores of four functions into the tables of a made-up boot.

struct StoreWindow {
    StoreWindow()
    {
        const std::string path = directory.filePath(QStringLiteral("stores.pgtrec")).toStdString();
        tests::recordMixedStory(path, 3, 10, 16'000);
        document.setTimeline(Timeline::open(path).value(), false);
        document.writes().finish();
    }
    void scrub() { document.goTo((document.step() + document.size() / 200) % document.size()); }

    QTemporaryDir directory;
    views::Document document;
    views::Selection selection;
};

StoreWindow& storeWindow()
{
    static StoreWindow window;
    return window;
}

/// What a step costs one view: colours of the step, then pixels.
template <class View>
void colouredStep(benchmark::State& run)
{
    StoreWindow& stores = storeWindow();
    View view(stores.document, stores.selection);
    view.resize(950, 700);
    view.show();
    view.template findChild<views::ColourBySwitch*>()->setValue(static_cast<views::ColourBy>(run.range(0)));
    QCoreApplication::processEvents();
    for (auto unused : run) {
        stores.scrub();
        paintNow(view);
    }
    run.counters["steps"] = static_cast<double>(stores.document.size());
}

void framesColoured(benchmark::State& run) { colouredStep<views::FramesView>(run); }
void tablesColoured(benchmark::State& run) { colouredStep<views::TablesView>(run); }

/// The strip with its lanes: the step moves, or what is shown of the steps does (zoom).
void lanesStep(benchmark::State& run)
{
    StoreWindow& stores = storeWindow();
    views::StepSampler sampler(stores.document);
    sampler.finish();
    views::TimelineStrip strip(stores.document, sampler);
    strip.resize(1920, 220);
    strip.setRange({0, 1e9});
    emit stores.document.writes().changed();
    strip.show();
    QImage picture(1920, 220, QImage::Format_ARGB32_Premultiplied);
    double span = 1000;
    for (auto unused : run) {
        if (run.range(0) == 0)
            stores.scrub();
        else
            strip.setRange({50'000, span = span > 100'000 ? 1000 : span * 1.25});
        strip.render(&picture);
    }
    run.counters["lanes"] = strip.lanes().count();
}

/// From a finished recording to all that is known of who wrote what.
void writesLearnt(benchmark::State& run)
{
    StoreWindow& stores = storeWindow();
    for (auto unused : run) {
        views::WriteHistory history;
        history.restart(stores.document.timeline()->path(), false);
        history.grow(stores.document.size());
        history.finish();
    }
}

BENCHMARK(framesColoured)->ArgName("by")->Arg(0)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);
BENCHMARK(tablesColoured)->ArgName("by")->Arg(0)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);
BENCHMARK(lanesStep)->ArgName("zoom")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(writesLearnt)->Unit(benchmark::kMillisecond)->UseRealTime();

BENCHMARK(windowScrub)->ArgName("stores")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(windowOpen)->ArgName("stores")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(tablesScroll)->Unit(benchmark::kMillisecond);
BENCHMARK(framesStep)->ArgName("buffer")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(framesZoom)->Unit(benchmark::kMillisecond);
BENCHMARK(framesRepaint)->Unit(benchmark::kMillisecond);
BENCHMARK(bufferStep)->Unit(benchmark::kMillisecond);
BENCHMARK(linearStep)->Unit(benchmark::kMillisecond);
BENCHMARK(liveStep)
    ->ArgName("handed")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

} // namespace

int main(int argc, char** argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    // A user's settings must not change what is measured, nor the other way round.
    const QTemporaryDir home;
    qputenv("XDG_CONFIG_HOME", QFile::encodeName(home.path()));
    const QApplication application(argc, argv);
    views::Theme::instance().apply(true);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
