// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/widgets/viewtext.h"

#include <cmath>

#include <QPainter>
#include <QStringList>

#include "core/base/numbers.h"
#include "core/model/regionnames.h"
#include "core/report/translationformat.h"
#include "core/rules/bufferstate.h"
#include "core/rules/findingtext.h"
#include "views/model/levelnames.h"
#include "views/model/text.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

QString toText(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QString wordsOf(std::string_view text)
{
    return text.empty() ? QString() : Text::tr(std::string(text).c_str());
}

QString hexOf(std::uint64_t number, unsigned digits)
{
    return QString::fromStdString(core::hexText(number, digits));
}

QString linearOf(const core::Paging& paging, core::LinearAddress address)
{
    return hexOf(address.value, paging.linearBits() == 32 ? 8 : 16);
}

QString rightsOf(core::Rights rights) { return QString::fromStdString(core::rightsText(rights)); }

QString levelOf(const core::Paging& paging, unsigned level)
{
    if (level == 0 || level > paging.levels())
        return Text::tr("level %1").arg(level);
    return toText(core::levelName(paging, level, LevelNames::instance().dialect()));
}

QString tableOf(const core::Paging& paging, unsigned level)
{
    return toText(core::tableName(paging, level, LevelNames::instance().dialect()));
}

namespace {

QString tableDescription(const core::FrameRole& role)
{
    QStringList levels;
    for (unsigned level = 1; level <= core::maxLevels; ++level)
        if ((role.levels >> level & 1) != 0)
            levels += QString::number(level);
    QString text = Text::tr("page table, level ") + levels.join(Text::tr(" and "));
    if (role.detached)
        text += Text::tr(" (detached)");
    return text;
}

QString bufferDescription(core::BufferPlace place)
{
    switch (place) {
    case core::BufferPlace::Outside:
        return {};
    case core::BufferPlace::Used:
        return Text::tr("handed out by pgt_buf");
    case core::BufferPlace::Beyond:
        return Text::tr("taken from memblock after pgt_buf");
    case core::BufferPlace::Reserved:
        return Text::tr("reserved in pgt_buf");
    case core::BufferPlace::HandedBack:
        return Text::tr("handed back from pgt_buf");
    }
    return {};
}

/// Of a frame that neither a table nor a name describes; under Xen, by its owner.
QString plainRamDescription(const core::XenState* xen, core::FrameNumber frame)
{
    if (!xen || !xen->complete)
        return Text::tr("RAM, role unknown");
    const auto owner = xen->owner(frame);
    return owner ? Text::tr("RAM of ") + QString::fromStdString(core::domainText(*owner))
                 : Text::tr("RAM of no domain: Xen's own, or free");
}

double channel(double value)
{
    return value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

/// Relative luminance, WCAG 2.1.
double luminance(const QColor& colour)
{
    return 0.2126 * channel(colour.redF()) + 0.7152 * channel(colour.greenF())
        + 0.0722 * channel(colour.blueF());
}

double contrast(const QColor& a, const QColor& b)
{
    const double x = luminance(a) + 0.05;
    const double y = luminance(b) + 0.05;
    return x > y ? x / y : y / x;
}

} // namespace

QString pfnBeside(const core::Snapshot& snapshot, core::FrameNumber frame)
{
    return QString::fromStdString(core::guestFrameText(snapshot.xen(), frame));
}

QString otherHalfBeside(const core::Reach& reach)
{
    return reach.otherHalf ? Text::tr(" in %1").arg(toText(core::halfText(reach.half))) : QString();
}

QString roleDescription(const StepState& state, core::FrameNumber frame)
{
    const core::FrameRole role = state.roles().at(frame);
    QStringList parts;
    if (role.kind == core::FrameRoleKind::Table)
        parts += tableDescription(role);
    const QString buffer = bufferDescription(state.snapshot()->bufferPlace(frame));
    if (!buffer.isEmpty())
        parts += buffer;
    if (role.region && (buffer.isEmpty() || role.region->name != core::region::pgtBuf))
        parts += wordsOf(role.region->title);
    if (!parts.isEmpty())
        return parts.join(QStringLiteral(", "));
    return role.kind == core::FrameRoleKind::Ram ? plainRamDescription(state.snapshot()->xen(), frame)
                                                 : Text::tr("not RAM");
}

QString xenTypeBeside(const core::Snapshot& snapshot, core::FrameNumber frame)
{
    const core::XenTable* typed = snapshot.xen() ? snapshot.xen()->table(frame) : nullptr;
    return typed ? Text::tr("; to Xen: ") + QString::fromStdString(core::tableText(typed)) : QString();
}

QString frameDescription(const StepState& state, core::FrameNumber frame)
{
    return roleDescription(state, frame) + xenTypeBeside(*state.snapshot(), frame);
}

QString standingWord(core::Standing standing)
{
    return standing == core::Standing::Broken ? QString()
                                              : wordsOf(core::standingName(standing)) + QLatin1Char(' ');
}

QString ruleLabel(std::string_view rule)
{
    const core::Rule* known = core::findRule(rule);
    return known ? QStringLiteral("%1 (%2)").arg(toText(known->name()), wordsOf(known->text().plain))
                 : toText(rule);
}

QString findingLabel(core::FindingState state, core::Standing standing)
{
    return Theme::instance().findingGlyph(core::drawnAs(state, standing)) + QLatin1Char(' ')
        + standingWord(standing) + wordsOf(core::findingStateName(state));
}

QString countOf(quint64 count, std::string_view noun)
{
    return toText(core::groupedText(count)) + QLatin1Char(' ') + wordsOf(core::nounText(count, noun));
}

QString findingCountText(core::FindingState state, core::Standing standing, quint64 count)
{
    return QStringLiteral("%1 %2 %3%4")
        .arg(Theme::instance().findingGlyph(core::drawnAs(state, standing)))
        .arg(count)
        .arg(standingWord(standing), wordsOf(core::stateText(state, count)));
}

QColor inkOn(const QColor& background)
{
    const Theme& theme = Theme::instance();
    return contrast(theme.text(), background) >= contrast(theme.window(), background) ? theme.text()
                                                                                      : theme.window();
}

void drawFocus(QPainter& painter, const QRectF& rect)
{
    const Theme& theme = Theme::instance();
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.panel(), 3));
    painter.drawRect(rect);
    painter.setPen(QPen(theme.text(), 1.5));
    painter.drawRect(rect);
}

} // namespace pgtscope::views
