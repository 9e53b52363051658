// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/writerlanes.h"

#include <algorithm>
#include <cmath>

#include <QFontMetrics>
#include <QPainter>

#include "core/base/numbers.h"
#include "views/model/text.h"
#include "views/widgets/theme.h"
#include "views/writes/writecolours.h"

namespace pgtscope::views {

namespace {

constexpr int nameGap = 6;
constexpr int maxNameLetters = 26;

QString grouped(std::size_t number) { return QString::fromStdString(core::groupedText(number)); }

} // namespace

/// One lane for all of them.
WriterLanes::Lane WriterLanes::shared(std::vector<Lane> lanes)
{
    Lane one{Text::tr("others"), QStringLiteral("\u2026"), Theme::instance().mutedText(), {}};
    for (Lane& lane : lanes)
        one.steps.insert(one.steps.end(), lane.steps.begin(), lane.steps.end());
    std::sort(one.steps.begin(), one.steps.end());
    return one;
}

void WriterLanes::take(const WriteHistory& history)
{
    m_all.clear();
    m_lanes.clear();
    m_drawn = {};
    m_measured = {};
    const core::WriteIndexPtr& index = history.index();
    if (!index)
        return;
    for (int i = 0; i < history.lanes().size(); ++i)
        m_all.push_back(
            {history.lanes()[i], laneMark(i), Theme::instance().series(static_cast<unsigned>(i)), {}});
    std::vector<Lane> rest;
    for (const core::WriteIndex::Function& function : index->functions()) {
        const auto lane = history.lanes().indexOf(writerName(function.name));
        if (lane < 0)
            rest.push_back({{}, {}, {}, function.steps});
        else
            m_all[static_cast<std::size_t>(lane)].steps = function.steps;
    }
    std::stable_sort(m_all.begin(), m_all.end(),
        [](const Lane& a, const Lane& b) { return a.steps.size() > b.steps.size(); });
    if (!rest.empty())
        m_all.push_back(shared(std::move(rest)));
    setRows(most());
}

void WriterLanes::setRows(int rows)
{
    rows = std::clamp(rows, 0, most());
    if (rows == count())
        return;
    m_drawn = {};
    m_lanes = m_all;
    if (rows == most())
        return;
    const auto own = m_all.begin() + std::max(0, rows - 1);
    m_lanes.assign(m_all.begin(), own);
    if (rows > 0)
        m_lanes.push_back(shared({own, m_all.end()}));
}

int WriterLanes::laneHeight(const QFontMetrics& metrics) { return metrics.height() - 1; }

int WriterLanes::nameWidth(const QFontMetrics& metrics) const
{
    if (m_all.empty())
        return 0;
    // Asked for with every step that is drawn; measuring text takes its time.
    if (m_measured.height != metrics.height()) {
        int wide = 0;
        for (const Lane& lane : m_all)
            wide = std::max(wide, metrics.horizontalAdvance(lane.name));
        m_measured = {metrics.height(), std::min(wide, metrics.averageCharWidth() * maxNameLetters)};
    }
    return m_measured.width + laneHeight(metrics) + 2 * nameGap;
}

/// A column for each pixel, on a logarithmic scale: one write can be seen beside a thousand.
void WriterLanes::draw(QPainter& painter, const Lane& lane, const QRect& row, const StepRange& range) const
{
    const auto columns = static_cast<std::size_t>(row.width());
    std::vector<std::size_t> counts(columns);
    const auto border = [&](std::size_t column) {
        const double step
            = range.first + range.span * (static_cast<double>(column) - 0.5) / static_cast<double>(columns);
        return step <= 0 ? core::StepNumber{0} : static_cast<core::StepNumber>(std::ceil(step));
    };
    auto begin = std::lower_bound(lane.steps.begin(), lane.steps.end(), border(0));
    for (std::size_t column = 0; column < columns; ++column) {
        const auto end = std::lower_bound(begin, lane.steps.end(), border(column + 1));
        counts[column] = static_cast<std::size_t>(end - begin);
        begin = end;
    }
    const double most = std::log2(1.0 + static_cast<double>(*std::max_element(counts.begin(), counts.end())));
    // Single steps that are far apart are as wide as there is room.
    const int wide = std::clamp(static_cast<int>(static_cast<double>(columns) / range.span) - 1, 1, 6);
    for (std::size_t column = 0; column < columns; ++column) {
        if (counts[column] == 0)
            continue;
        const double share = std::log2(1.0 + static_cast<double>(counts[column])) / std::max(1.0, most);
        const int high = std::max(2, static_cast<int>(std::lround((row.height() - 2) * share)));
        painter.fillRect(row.left() + static_cast<int>(column), row.bottom() - high, wide, high, lane.colour);
    }
}

void WriterLanes::paint(QPainter& painter, const QRectF& area, const StepRange& range)
{
    const QFontMetrics metrics = painter.fontMetrics();
    const int high = laneHeight(metrics);
    const int left = nameWidth(metrics);
    const QSize size(left + static_cast<int>(area.width()), high * count());
    const Drawn wanted{size, painter.device()->devicePixelRatioF(), range};
    if (!(m_drawn == wanted)) {
        m_drawn = wanted;
        m_picture = QPixmap(size * wanted.ratio);
        m_picture.setDevicePixelRatio(wanted.ratio);
        m_picture.fill(Theme::instance().panel());
        QPainter onto(&m_picture);
        onto.setFont(painter.font());
        for (int i = 0; i < count(); ++i) {
            const Lane& lane = m_lanes[static_cast<std::size_t>(i)];
            const QRect row(left, i * high, size.width() - left, high);
            onto.setPen(Theme::instance().grid());
            onto.drawLine(row.bottomLeft(), row.bottomRight());
            draw(onto, lane, row, range);
            drawTint(
                onto, {0, row.top() + 1, high - 2, high - 2}, {lane.colour, Qt::SolidPattern, lane.mark, {}});
            onto.setFont(painter.font());
            onto.setPen(Theme::instance().text());
            const QRect name(high + 2, row.top(), left - high - nameGap, high);
            onto.drawText(
                name, Qt::AlignVCenter, metrics.elidedText(lane.name, Qt::ElideMiddle, name.width()));
        }
    }
    painter.drawPixmap(QPointF(area.left() - left, area.top()), m_picture);
}

QString WriterLanes::describe(int lane, core::StepNumber begin, core::StepNumber end) const
{
    if (lane < 0 || lane >= count())
        return {};
    const Lane& of = m_lanes[static_cast<std::size_t>(lane)];
    const auto from = std::lower_bound(of.steps.begin(), of.steps.end(), begin);
    const auto to = std::lower_bound(from, of.steps.end(), end);
    return Text::tr("%1: %2 of its %3 writes")
        .arg(of.name, grouped(static_cast<std::size_t>(to - from)), grouped(of.steps.size()));
}

QString WriterLanes::description() const
{
    QStringList texts;
    for (const Lane& lane : m_all)
        texts += QStringLiteral("%1 %2").arg(lane.name, grouped(lane.steps.size()));
    return texts.isEmpty() ? QString() : Text::tr("Writes by function: ") + texts.join(QStringLiteral(", "));
}

} // namespace pgtscope::views
