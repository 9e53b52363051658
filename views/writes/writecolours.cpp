// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/writes/writecolours.h"

#include <algorithm>

#include <QPainter>

#include "core/base/numbers.h"
#include "views/model/text.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

using Code = WriteColours::Code;

// By code: what was not written, what an unknown function wrote, functions without a colour of their own,
// then the busiest functions, or the ages.
constexpr Code notWritten = 0, unknown = 1, others = 2, first = 3;
// Age by its number of decimal digits: this step, up to 9 steps ago … 10,000 and more.
constexpr Code ages = 6;

Code ageOf(core::StepNumber steps)
{
    Code digits = 0;
    for (; steps != 0 && digits + 1 < ages; steps /= 10)
        ++digits;
    return digits;
}

QString ageText(Code digits)
{
    constexpr const char* texts[ages] = {"written at this step", "up to 9 steps ago", "up to 99", "up to 999",
        "up to 9,999", "10,000 and more"};
    return QString::fromLatin1(texts[digits]);
}

} // namespace

QString agoText(core::StepNumber steps)
{
    if (steps == 0)
        return Text::tr("this step");
    return Text::tr("%1 %2 ago")
        .arg(QString::fromStdString(core::groupedText(steps)),
            steps == 1 ? QStringLiteral("step") : QStringLiteral("steps"));
}

WriteColours::WriteColours(const WriteHistory& history, core::StepNumber step, ColourBy by)
    : m_index(history.index())
    , m_lanes(history.lanes())
    , m_problem(history.problem())
    , m_step(step)
    , m_by(by)
{
    if (!m_index || by != ColourBy::Writer)
        return;
    for (const core::WriteIndex::Function& function : m_index->functions()) {
        const auto lane = m_lanes.indexOf(writerName(function.name));
        m_codes.push_back(lane < 0 ? others : static_cast<Code>(first + lane));
    }
}

Code WriteColours::codeOf(const std::optional<core::LastWrite>& write) const
{
    if (!write)
        return notWritten;
    if (m_by == ColourBy::Age)
        return static_cast<Code>(first + ageOf(m_step - write->step));
    return write->function ? m_codes[*write->function] : unknown;
}

std::optional<core::LastWrite> WriteColours::ofFrame(core::FrameNumber frame) const
{
    return m_index ? m_index->lastWrite(frame, m_step) : std::nullopt;
}

std::optional<core::LastWrite> WriteColours::ofEntries(
    core::PhysicalAddress begin, core::PhysicalAddress end) const
{
    return m_index ? m_index->lastWrite(begin, end, m_step) : std::nullopt;
}

WriteTint WriteColours::tint(Code code) const
{
    const Theme& theme = Theme::instance();
    if (code == notWritten)
        return {theme.frame(FrameLook::Free), Qt::SolidPattern, {},
            m_index ? Text::tr("not written here") : Text::tr("not known yet")};
    if (code == unknown)
        return {theme.mutedText(), Qt::BDiagPattern, QStringLiteral("?"), Text::tr("writer not known")};
    if (code == others)
        return {theme.mutedText(), Qt::SolidPattern, QStringLiteral("\u2026"), Text::tr("others")};
    const auto number = static_cast<Code>(code - first);
    if (m_by == ColourBy::Age)
        return {theme.age(number), Qt::SolidPattern, QString::number(number), ageText(number)};
    return {theme.series(number), Qt::SolidPattern, laneMark(number), m_lanes.value(number)};
}

QString WriteColours::describe(const std::optional<core::LastWrite>& write) const
{
    if (!m_index)
        return {};
    if (!write)
        return Text::tr("not written in this recording");
    QString who;
    if (write->function)
        who = writerName(m_index->functions()[*write->function].name);
    if (write->several)
        who += Text::tr(" and others");
    const QString when = agoText(m_step - write->step);
    return who.isEmpty()        ? when
        : m_by == ColourBy::Age ? QStringLiteral("%1 \u00b7 %2").arg(when, who)
                                : QStringLiteral("%1 \u00b7 %2").arg(who, when);
}

std::vector<WriteTint> WriteColours::legend() const
{
    std::vector<WriteTint> tints;
    if (!active() || !m_index)
        return tints;
    const auto lanes = m_by == ColourBy::Age ? static_cast<Code>(ages) : static_cast<Code>(m_lanes.size());
    for (Code i = 0; i < lanes; ++i)
        tints.push_back(tint(static_cast<Code>(first + i)));
    if (m_by == ColourBy::Writer && m_index->functions().size() > static_cast<std::size_t>(m_lanes.size()))
        tints.push_back(tint(others));
    if (m_by == ColourBy::Writer)
        tints.push_back(tint(unknown));
    tints.push_back(tint(notWritten));
    return tints;
}

QString WriteColours::note() const
{
    if (!m_problem.isEmpty())
        return m_problem;
    if (!m_index)
        return Text::tr("Searching the steps\u2026");
    if (m_by == ColourBy::Writer && m_index->functions().empty())
        return Text::tr("No writer information: record with every store");
    if (!m_index->complete())
        return Text::tr("The recording is too long: the colours do not cover its end");
    return {};
}

void drawTint(QPainter& painter, const QRect& rect, const WriteTint& tint)
{
    painter.fillRect(rect, Theme::instance().panel());
    painter.fillRect(rect, tint.brush());
    if (tint.mark.isEmpty()) {
        painter.setPen(Theme::instance().grid());
        painter.drawRect(rect.adjusted(0, 0, -1, -1));
    }
    if (tint.mark.isEmpty() || rect.height() < 7)
        return;
    QFont font = Theme::instance().fixedFont();
    font.setPixelSize(std::clamp(rect.height() - 2, 7, 16));
    font.setBold(true);
    painter.setFont(font);
    painter.setPen(tint.hatch == Qt::SolidPattern ? inkOn(tint.colour) : Theme::instance().text());
    painter.drawText(rect, Qt::AlignCenter, tint.mark);
}

ColourBySwitch::ColourBySwitch(QWidget* parent)
    : QComboBox(parent)
{
    setObjectName(QStringLiteral("colourBy"));
    addItem(tr("Colour: role"));
    addItem(tr("Colour: writer"));
    addItem(tr("Colour: age"));
    setToolTip(tr("Meaning of the colours: what a frame or an entry is, which function wrote it last, or how "
                  "long ago"));
    setAccessibleName(tr("Colour by"));
}

WriteLegend::WriteLegend(QWidget* parent)
    : Legend(parent)
{
    setObjectName(QStringLiteral("writeLegend"));
    setAccessibleName(tr("Legend of the colours"));
}

void WriteLegend::setColours(const WriteColours& colours)
{
    setVisible(colours.active());
    m_tints = colours.legend();
    std::vector<Item> items;
    QStringList texts;
    for (const WriteTint& tint : m_tints) {
        items.push_back({tint.text});
        texts += tint.mark.isEmpty() ? tint.text : QStringLiteral("%1: %2").arg(tint.mark, tint.text);
    }
    if (colours.active() && !colours.note().isEmpty()) {
        items.push_back({colours.note(), false});
        texts += colours.note();
    }
    setItems(std::move(items), texts.join(QStringLiteral(", ")));
}

void WriteLegend::drawSwatch(QPainter& painter, const QRect& place, std::size_t item)
{
    drawTint(painter, place, m_tints[item]);
}

} // namespace pgtscope::views
