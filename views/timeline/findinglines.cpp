// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/findinglines.h"

#include <algorithm>

#include <QPainter>
#include <QPainterPath>

#include "views/model/hypotheticals.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

namespace {

std::uint64_t shownCount(const StepSample& sample, core::FindingState state)
{
    if (state == core::FindingState::Note)
        return Hypotheticals::instance().shown() ? sample.findings.hypothetical() : 0;
    return sample.findings.of(state);
}

class FindingLine {
public:
    FindingLine(QPainter& painter, core::FindingState state)
        : m_painter(painter)
        , m_state(state)
        , m_glyph(Theme::instance().findingGlyph(state))
        , m_wide(painter.fontMetrics().horizontalAdvance(m_glyph))
    {
        painter.setPen(Theme::instance().finding(state));
    }

    void add(double x, double y, double bottom, std::uint64_t count, bool last)
    {
        // isEmpty() holds for a path that has only begun.
        if (m_line.elementCount() == 0)
            m_line.moveTo(x, y);
        // A long recording has many samples that say the same: each point of the line takes time to paint.
        if (count != m_before || last)
            m_line.lineTo(x, m_line.currentPosition().y());
        m_line.lineTo(m_line.currentPosition().x(), y);
        if (count > m_before && x > m_free) {
            m_painter.drawText(QPointF(x - m_wide - 1, bottom), m_glyph);
            m_free = x + m_wide;
        }
        m_before = count;
    }

    void paint()
    {
        const bool grave = m_state == core::FindingState::Violation;
        m_painter.setBrush(Qt::NoBrush);
        m_painter.setPen(QPen(Theme::instance().finding(m_state), 1.5, grave ? Qt::SolidLine : Qt::DotLine));
        m_painter.drawPath(m_line);
    }

private:
    QPainter& m_painter;
    core::FindingState m_state;
    QString m_glyph;
    double m_wide;
    QPainterPath m_line;
    std::uint64_t m_before = 0;
    double m_free = 0;
};

} // namespace

void paintFindingLines(QPainter& painter, const std::vector<StepSample>& samples, const QRectF& area,
    const std::function<double(core::StepNumber)>& xOf)
{
    constexpr core::FindingState drawn[]
        = {core::FindingState::Note, core::FindingState::Pending, core::FindingState::Violation};
    std::uint64_t most = 0;
    for (const StepSample& sample : samples)
        for (const core::FindingState state : drawn)
            most = std::max(most, shownCount(sample, state));
    for (const core::FindingState state : drawn) {
        if (std::ranges::all_of(samples, [&](const StepSample& s) { return shownCount(s, state) == 0; }))
            continue;
        FindingLine line(painter, state);
        for (const StepSample& sample : samples) {
            const std::uint64_t count = shownCount(sample, state);
            const double y
                = area.bottom() - area.height() * static_cast<double>(count) / static_cast<double>(most);
            line.add(xOf(sample.step), y, area.bottom(), count, &sample == &samples.back());
        }
        line.paint();
    }
}

} // namespace pgtscope::views
