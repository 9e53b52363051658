// SPDX-License-Identifier: GPL-2.0-or-later
// What pictures are made of is told apart by people who see no green or no red, and stands out from its
// ground.
#include "tests/support/catch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <QCheckBox>
#include <QComboBox>
#include <QImage>
#include <QLineEdit>
#include <QPainter>
#include <QSpinBox>
#include <QTest>
#include <QVBoxLayout>

#include "views/frames/framepainter.h"
#include "views/frames/framescale.h"
#include "views/widgets/theme.h"

using namespace pgtscope;
using namespace pgtscope::views;

namespace {

using Linear = std::array<double, 3>;

Linear linearOf(const QColor& colour)
{
    const auto linear
        = [](double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
    return {linear(colour.redF()), linear(colour.greenF()), linear(colour.blueF())};
}

/// WCAG 2.1, relative luminance.
double luminanceOf(const Linear& c) { return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]; }

double contrast(const QColor& a, const QColor& b)
{
    const double x = luminanceOf(linearOf(a)), y = luminanceOf(linearOf(b));
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

/// Machado, Oliveira and Fernandes, 2009, severity 1.0: how the colours look without red or green cones.
struct Vision {
    const char* name;
    std::array<Linear, 3> rows;
};
constexpr Vision visions[]{
    {"protanopia",
        {{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216},
            {-0.003882, -0.048116, 1.051998}}}},
    {"deuteranopia",
        {{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}}},
};

/// CIE L*, 0 to 100, of a colour as that person sees it.
double lightness(const QColor& colour, const Vision& vision)
{
    const Linear c = linearOf(colour);
    Linear seen{};
    for (std::size_t i = 0; i < 3; ++i) {
        const Linear& row = vision.rows[i];
        seen[i] = std::clamp(row[0] * c[0] + row[1] * c[1] + row[2] * c[2], 0.0, 1.0);
    }
    const double y = luminanceOf(seen);
    return y > 0.008856 ? 116 * std::cbrt(y) - 16 : 903.3 * y;
}

/// A cell of the map that is all of this role, as it is painted.
QImage cellOf(FrameLook look, QSize size)
{
    TintedCell cell;
    cell.look = look;
    if (look == FrameLook::Table || look == FrameLook::DetachedTable) {
        cell.tableLook = look;
        cell.tables = 1;
        cell.levels = 1 << 1;
    }
    QImage image(size, QImage::Format_RGB32);
    image.fill(Theme::instance().panel());
    QPainter painter(&image);
    FramePainter().draw(painter, QRect(QPoint(), size), cell);
    return image;
}

/// Share of pixels that differ by at least ten steps of lightness.
double apart(const QImage& a, const QImage& b, const Vision& vision)
{
    constexpr double visible = 10;
    int differ = 0;
    for (int y = 0; y < a.height(); ++y)
        for (int x = 0; x < a.width(); ++x)
            if (std::abs(lightness(a.pixelColor(x, y), vision) - lightness(b.pixelColor(x, y), vision))
                >= visible)
                ++differ;
    return static_cast<double>(differ) / (a.width() * a.height());
}

} // namespace

TEST_CASE("what pictures are made of stands out from what is behind it")
{
    for (const bool dark : {true, false}) {
        Theme& theme = Theme::instance();
        theme.apply(dark);
        CAPTURE(dark);
        CHECK(contrast(theme.grid(), theme.panel()) >= 3);
        for (unsigned number = 0; number < core::frameLookCount; ++number) {
            const auto look = static_cast<FrameLook>(number);
            // Memory without a role is the ground of the map.
            if (look == FrameLook::Free || look == FrameLook::NotRam)
                continue;
            CAPTURE(theme.frameText(look).toStdString());
            CHECK(contrast(theme.frame(look), theme.panel()) >= 3);
        }
    }
}

TEST_CASE("the outline of what takes input stands out from its ground, with and without the focus")
{
    for (const bool dark : {true, false}) {
        Theme::instance().apply(dark);
        QWidget window;
        window.setStyleSheet("QStatusBar { border: 0; }"); // as the main window has one
        auto* layout = new QVBoxLayout(&window);
        layout->addWidget(new QLineEdit);
        layout->addWidget(new QComboBox);
        layout->addWidget(new QSpinBox);
        layout->addWidget(new QCheckBox(QStringLiteral("box")));
        window.resize(200, 160);
        window.show();
        window.activateWindow();
        REQUIRE(QTest::qWaitForWindowActive(&window));
        for (auto* input : window.findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly))
            for (const bool focused : {true, false}) {
                if (focused)
                    input->setFocus();
                else
                    input->clearFocus();
                const QImage image = window.grab(input->geometry()).toImage();
                double most = 0;
                for (int x = 0; x < 4; ++x)
                    most = std::max(
                        most, contrast(image.pixelColor(x, image.height() / 2), Theme::instance().panel()));
                CAPTURE(dark, focused, input->metaObject()->className());
                CHECK(most >= 3);
            }
    }
    Theme::instance().apply(true);
}

TEST_CASE("each two roles differ in lightness or hatch at every size of cells, without red or green, too")
{
    for (const bool dark : {true, false}) {
        Theme::instance().apply(dark);
        for (const int zoom : {0, -1, -2, -3}) {
            FrameScale scale;
            scale.setMemory(core::FrameNumber(1 << 20));
            scale.setArea({0, 0, 16 * 14, 400});
            scale.setZoom(zoom);
            const QSize size = scale.cell();
            std::vector<QImage> cells;
            for (unsigned look = 0; look < core::frameLookCount; ++look)
                cells.push_back(cellOf(static_cast<FrameLook>(look), size));
            for (const Vision& vision : visions)
                for (std::size_t a = 0; a < cells.size(); ++a)
                    for (std::size_t b = a + 1; b < cells.size(); ++b) {
                        CAPTURE(dark, size.height(), vision.name,
                            Theme::instance().frameText(static_cast<FrameLook>(a)).toStdString(),
                            Theme::instance().frameText(static_cast<FrameLook>(b)).toStdString());
                        CHECK(apart(cells[a], cells[b], vision) >= 0.06);
                    }
        }
    }
}
