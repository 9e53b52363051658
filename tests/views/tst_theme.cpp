// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <cmath>
#include <set>

#include <QApplication>

#include "views/widgets/theme.h"

using namespace pgtscope::views;
using pgtscope::core::FindingState;

namespace {

/// WCAG 2.1, relative luminance.
double luminance(const QColor& colour)
{
    const auto linear
        = [](double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF())
        + 0.0722 * linear(colour.blueF());
}

double contrast(const QColor& a, const QColor& b)
{
    const double x = luminance(a), y = luminance(b);
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

constexpr FindingState states[] = {FindingState::Violation, FindingState::Pending, FindingState::Transient,
    FindingState::Stale, FindingState::Note};

} // namespace

TEST_CASE("texts can be read on every background, light and dark")
{
    for (const bool dark : {true, false}) {
        Theme& theme = Theme::instance();
        theme.apply(dark);
        CAPTURE(dark);
        CHECK(theme.dark() == dark);
        CHECK(contrast(theme.text(), theme.panel()) >= 7);
        CHECK(contrast(theme.text(), theme.window()) >= 7);
        CHECK(contrast(theme.mutedText(), theme.panel()) >= 4.5);
        CHECK(contrast(theme.changed(), theme.panel()) >= 4.5);
        CHECK(contrast(theme.accent(), Qt::white) >= 4.5);
        for (const FindingState state : states)
            CHECK(contrast(theme.finding(state), theme.panel()) >= 4.5);
    }
}

TEST_CASE("no state and no role is told by colour alone")
{
    const Theme& theme = Theme::instance();
    std::set<QString> glyphs;
    for (const FindingState state : states)
        glyphs.insert(theme.findingGlyph(state));
    CHECK(glyphs.size() == std::size(states));

    std::set<QString> texts;
    for (int look = 0; look <= static_cast<int>(FrameLook::NotRam); ++look)
        texts.insert(theme.frameText(static_cast<FrameLook>(look)));
    CHECK(texts.size() == static_cast<std::size_t>(FrameLook::NotRam) + 1);
    CHECK(theme.frameBrush(FrameLook::PgtBufReserved).style()
        != theme.frameBrush(FrameLook::PgtBufHandedBack).style());
    CHECK(theme.frameBrush(FrameLook::Table).style() != theme.frameBrush(FrameLook::DetachedTable).style());
}

TEST_CASE("the theme follows the system's palette and tells of it")
{
    Theme& theme = Theme::instance();
    theme.apply(true);
    bool reported = false;
    const auto connection = QObject::connect(&theme, &Theme::changedTheme, [&] { reported = true; });
    QApplication::setPalette(QPalette(Qt::white));
    QApplication::processEvents();
    CHECK_FALSE(theme.dark());
    CHECK(reported);
    QObject::disconnect(connection);
}
