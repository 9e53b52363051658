// SPDX-License-Identifier: GPL-2.0-or-later
// What a scrub costs the views: state to pixels, drawn by software into a picture of 1920x1080. A guest of
// 64 GiB with 8,000 page tables scattered over its memory and a pgt_buf of 4,096 pages.
#include <benchmark/benchmark.h>

#include <QApplication>
#include <QImage>
#include <QPainter>

#include "tests/core/tablebuilder.h"
#include "views/address/linearbands.h"
#include "views/frames/framemap.h"
#include "views/pgtbuf/pgtbufstrip.h"

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
        buffer.epochs = {{FrameNumber(0x800000), FrameNumber(0x800400), FrameNumber(0x801000), false}};
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

BENCHMARK(framesStep)->ArgName("buffer")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(framesZoom)->Unit(benchmark::kMillisecond);
BENCHMARK(framesRepaint)->Unit(benchmark::kMillisecond);
BENCHMARK(bufferStep)->Unit(benchmark::kMillisecond);
BENCHMARK(linearStep)->Unit(benchmark::kMillisecond);

} // namespace

int main(int argc, char** argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    const QApplication application(argc, argv);
    views::Theme::instance().apply(true);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
