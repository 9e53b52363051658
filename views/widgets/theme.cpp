// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/widgets/theme.h"

#include <algorithm>
#include <cmath>

#include <QApplication>
#include <QEvent>
#include <QFontDatabase>

#include "views/model/text.h"
#include "views/widgets/outlinedstyle.h"

namespace pgtscope::views {

namespace {

constexpr double largeScale = 1.6;
constexpr double largestScale = 3;

struct Colours {
    QRgb window, panel, line, grid, text, muted, accent, changed;
    QRgb violation, pending, transient, stale, note;
};

constexpr Colours darkColours{0xff11151c, 0xff191f28, 0xff303947, 0xff66748a, 0xffe4e8ee, 0xff98a4b3,
    0xff2f62b3, 0xff7fe3a0, 0xffff6b6b, 0xfff0a93b, 0xff7cb7ff, 0xffc8a0ff, 0xff9fb0c4};
constexpr Colours lightColours{0xffeef1f5, 0xffffffff, 0xffd0d6de, 0xff8a94a0, 0xff1b222c, 0xff596573,
    0xff2459b0, 0xff0b7a3b, 0xffc4202b, 0xff9a5b00, 0xff1a5fc0, 0xff7a3fb8, 0xff50606f};

const Colours& colours(bool dark) { return dark ? darkColours : lightColours; }

struct Look {
    QRgb dark, light;
    Qt::BrushStyle hatch;
    const char* text;
};

/// By FrameLook.
constexpr Look looks[] = {
    {0xff333d4b, 0xffd3dae3, Qt::SolidPattern, QT_TRANSLATE_NOOP("Text", "free RAM")},
    {0xff5aa0f5, 0xff1f62bb, Qt::SolidPattern, QT_TRANSLATE_NOOP("Text", "page table")},
    {0xff5aa0f5, 0xff1f62bb, Qt::Dense4Pattern, QT_TRANSLATE_NOOP("Text", "detached page table")},
    {0xff4a7fc0, 0xff4a7fc4, Qt::BDiagPattern, QT_TRANSLATE_NOOP("Text", "pgt_buf, reserved for tables")},
    {0xff8fb0a9, 0xff557a72, Qt::FDiagPattern, QT_TRANSLATE_NOOP("Text", "pgt_buf, handed back")},
    {0xff2f8557, 0xff124a2f, Qt::SolidPattern, QT_TRANSLATE_NOOP("Text", "kernel text")},
    {0xff43a9ab, 0xff1f7f82, Qt::HorPattern, QT_TRANSLATE_NOOP("Text", "kernel read-only data")},
    {0xffe8ce85, 0xffa88838, Qt::SolidPattern, QT_TRANSLATE_NOOP("Text", "kernel data")},
    {0xff9a7cc4, 0xff7a5aae, Qt::VerPattern, QT_TRANSLATE_NOOP("Text", "kernel brk")},
    {0xffb57d8e, 0xff96506a, Qt::CrossPattern, QT_TRANSLATE_NOOP("Text", "initrd")},
    {0xff171c24, 0xfff6f7f9, Qt::DiagCrossPattern, QT_TRANSLATE_NOOP("Text", "no RAM")},
};

struct Pair {
    QRgb dark, light;
};
constexpr Pair seriesColours[] = {{0xff4e9af1, 0xff2f74d0}, {0xfff2a65a, 0xffd9771a},
    {0xff6cc36c, 0xff3a9a3a}, {0xffd37ad3, 0xffb04ab0}, {0xffe5d05a, 0xffb79a00}, {0xff4fc4c4, 0xff1d9a9a},
    {0xfff0788c, 0xffd0455f}, {0xffa48cf0, 0xff7355d0}};
constexpr Pair ageColours[] = {{0xffffe08a, 0xffa81f0a}, {0xffffb65c, 0xffd4532a}, {0xfff2855e, 0xffe88a4f},
    {0xffcf5f78, 0xfff0b583}, {0xff96508c, 0xfff5d7b5}, {0xff5c4a8a, 0xffe9ddd0}};

const Look& lookOf(FrameLook look) { return looks[static_cast<std::size_t>(look)]; }

/// What a hatch is drawn over, so that its lines stand out.
QColor between(const QColor& a, const QColor& b)
{
    return QColor((a.red() + b.red()) / 2, (a.green() + b.green()) / 2, (a.blue() + b.blue()) / 2);
}

QPalette paletteOf(const Colours& c)
{
    QPalette palette;
    const QColor window(c.window), panel(c.panel), text(c.text), muted(c.muted);
    palette.setColor(QPalette::Window, window);
    palette.setColor(QPalette::WindowText, text);
    palette.setColor(QPalette::Base, panel);
    palette.setColor(QPalette::AlternateBase, between(panel, window));
    palette.setColor(QPalette::Text, text);
    palette.setColor(QPalette::Button, panel);
    palette.setColor(QPalette::ButtonText, text);
    palette.setColor(QPalette::BrightText, QColor(c.violation));
    palette.setColor(QPalette::ToolTipBase, panel);
    palette.setColor(QPalette::ToolTipText, text);
    palette.setColor(QPalette::PlaceholderText, muted);
    palette.setColor(QPalette::Highlight, QColor(c.accent));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Link, QColor(c.transient));
    palette.setColor(QPalette::LinkVisited, QColor(c.stale));
    palette.setColor(QPalette::Mid, QColor(c.line));
    palette.setColor(QPalette::Dark, QColor(c.line).darker(130));
    palette.setColor(QPalette::Midlight, between(QColor(c.line), panel));
    palette.setColor(QPalette::Light, QColor(c.line).lighter(120));
    palette.setColor(QPalette::Shadow, Qt::black);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, between(muted, window));
    return palette;
}

} // namespace

Theme& Theme::instance()
{
    static Theme theme;
    return theme;
}

Theme::Theme() { decide(); }

void Theme::decide()
{
    if (qApp != nullptr)
        m_dark = qApp->palette().color(QPalette::Window).lightness() < 128;
}

void Theme::apply(std::optional<bool> dark)
{
    if (dark)
        m_dark = *dark;
    else
        decide();
    qApp->removeEventFilter(this);
    QApplication::setStyle(new OutlinedStyle);
    QApplication::setPalette(paletteOf(colours(m_dark)));
    qApp->installEventFilter(this);
    emit changedTheme();
}

void Theme::setLarge(bool large) { setScale(large ? largeScale : 1); }

void Theme::setScale(double scale)
{
    scale = std::clamp(scale, 1.0, largestScale);
    if (scale == m_scale)
        return;
    QFont font = QApplication::font();
    if (m_scale == 1)
        m_points = font.pointSizeF();
    m_scale = scale;
    font.setPointSizeF(m_points * scale);
    QApplication::setFont(font);
    emit changedTheme();
}

int Theme::scaled(int pixels) const { return static_cast<int>(std::lround(pixels * m_scale)); }

bool Theme::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == qApp && event->type() == QEvent::ApplicationPaletteChange) {
        const bool was = m_dark;
        decide();
        if (was != m_dark)
            apply(m_dark);
    }
    return QObject::eventFilter(watched, event);
}

QColor Theme::window() const { return QColor(colours(m_dark).window); }
QColor Theme::panel() const { return QColor(colours(m_dark).panel); }
QColor Theme::line() const { return QColor(colours(m_dark).line); }
QColor Theme::grid() const { return QColor(colours(m_dark).grid); }
QColor Theme::text() const { return QColor(colours(m_dark).text); }
QColor Theme::mutedText() const { return QColor(colours(m_dark).muted); }
QColor Theme::accent() const { return QColor(colours(m_dark).accent); }
QColor Theme::changed() const { return QColor(colours(m_dark).changed); }

QColor Theme::finding(core::FindingState state) const
{
    const Colours& c = colours(m_dark);
    switch (state) {
    case core::FindingState::Violation:
        return QColor(c.violation);
    case core::FindingState::Pending:
        return QColor(c.pending);
    case core::FindingState::Transient:
        return QColor(c.transient);
    case core::FindingState::Stale:
        return QColor(c.stale);
    case core::FindingState::Note:
        break;
    }
    return QColor(c.note);
}

QString Theme::findingGlyph(core::FindingState state) const
{
    switch (state) {
    case core::FindingState::Violation:
        return QStringLiteral("\u2715");
    case core::FindingState::Pending:
        return QStringLiteral("!");
    case core::FindingState::Transient:
        return QStringLiteral("\u25cc");
    case core::FindingState::Stale:
        return QStringLiteral("\u223c");
    case core::FindingState::Note:
        break;
    }
    return QStringLiteral("i");
}

QColor Theme::frame(FrameLook look) const { return QColor(m_dark ? lookOf(look).dark : lookOf(look).light); }

QBrush Theme::frameBrush(FrameLook look) const { return QBrush(frame(look), lookOf(look).hatch); }

QColor Theme::series(unsigned number) const
{
    const Pair& pair = seriesColours[number % std::size(seriesColours)];
    return QColor(m_dark ? pair.dark : pair.light);
}

QColor Theme::age(unsigned number) const
{
    const Pair& pair = ageColours[std::min<std::size_t>(number, std::size(ageColours) - 1)];
    return QColor(m_dark ? pair.dark : pair.light);
}

QString Theme::frameText(FrameLook look) const { return Text::tr(lookOf(look).text); }

QFont Theme::fixedFont() const
{
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    font.setStyleHint(QFont::Monospace);
    font.setPointSizeF(QApplication::font().pointSizeF());
    return font;
}

} // namespace pgtscope::views
