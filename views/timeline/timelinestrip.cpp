// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/timelinestrip.h"

#include <algorithm>
#include <cmath>

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPaintEngine>
#include <QPainter>
#include <QToolTip>

#include "core/report/steptext.h"
#include "views/model/document.h"
#include "views/model/hypotheticals.h"
#include "views/model/writehistory.h"
#include "views/timeline/findinglines.h"
#include "views/timeline/stepcard.h"
#include "views/timeline/stepsampler.h"
#include "views/timeline/timelineplot.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

constexpr double margin = 10;
constexpr double findingsHeight = 18;
constexpr double lanesGap = 4;
constexpr int plotLines = 6; // of text, above the lanes
constexpr int fewestPlotLines = 5; // where the list of steps needs the room
constexpr int fewestLanes = 2; // fewer say nothing
constexpr double fewestSteps = 20; // that zoom shows at once

} // namespace

TimelineStrip::TimelineStrip(Document& document, StepSampler& sampler, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_sampler(sampler)
{
    setObjectName(QStringLiteral("timelineStrip"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(false);
    setCursor(Qt::PointingHandCursor);
    setAccessibleName(tr("Timeline plot"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Maximum);
    connect(&document, &Document::stepChanged, this, &TimelineStrip::follow);
    connect(&document, &Document::timelineChanged, this, [this] { setRange(whole()); });
    connect(&document, &Document::grown, this, [this] {
        if (m_showsAll)
            setRange(whole());
        redraw();
    });
    connect(&document.writes(), &WriteHistory::changed, this, &TimelineStrip::takeWrites);
    connect(&sampler, &StepSampler::sampled, this, &TimelineStrip::redraw);
    connect(&Theme::instance(), &Theme::changedTheme, this, &TimelineStrip::takeWrites);
    connect(&Hypotheticals::instance(), &Hypotheticals::changedShown, this, &TimelineStrip::redraw);
    setRange(whole());
    takeWrites();
}

void TimelineStrip::takeWrites()
{
    m_lanes.take(m_document.writes());
    fitLanes();
    follow();
}

/// As many lanes as there is room for below the plot: the list of steps comes before them.
void TimelineStrip::fitLanes()
{
    const int room = height() - fewestPlotLines * fontMetrics().height() - static_cast<int>(lanesGap) - 2;
    const int lanes = room / WriterLanes::laneHeight(fontMetrics());
    m_lanes.setRows(m_lanesShown && lanes >= std::min(fewestLanes, m_lanes.most()) ? lanes : 0);
    updateGeometry();
    redraw();
}

void TimelineStrip::resizeEvent(QResizeEvent*) { fitLanes(); }

/// Keeps the step that is shown in sight.
void TimelineStrip::follow()
{
    const auto step = static_cast<double>(m_document.step());
    StepRange range = m_range;
    if (step < range.first)
        range.first = step - range.span / 10;
    else if (step > range.first + range.span)
        range.first = step - range.span * 9 / 10;
    setRange(range);
    QString text
        = tr("At %1; arrow keys go to other steps")
              .arg(QString::fromStdString(core::stepPlaceText(m_document.step(), m_document.size())));
    if (!m_lanes.empty())
        text += QStringLiteral(". ") + m_lanes.description();
    setAccessibleDescription(text);
    update();
}

void TimelineStrip::setLanesShown(bool shown)
{
    m_lanesShown = shown;
    fitLanes();
}

StepRange TimelineStrip::whole() const
{
    return {0, static_cast<double>(std::max<core::StepNumber>(m_document.size(), 2) - 1)};
}

void TimelineStrip::setRange(StepRange range)
{
    const StepRange all = whole();
    range.span = std::clamp(range.span, std::min(fewestSteps, all.span), all.span);
    range.first = std::clamp(range.first, 0.0, all.span - range.span);
    m_showsAll = range.span >= all.span;
    if (range == m_range)
        return;
    m_range = range;
    m_sampler.focus(static_cast<core::StepNumber>(range.first),
        static_cast<core::StepNumber>(std::ceil(range.first + range.span)) + 1);
    redraw();
}

/// The step at `x` stays there.
void TimelineStrip::zoom(double factor, double x)
{
    const QRectF area = plot();
    const double share = std::clamp((x - area.left()) / std::max(1.0, area.width()), 0.0, 1.0);
    StepRange range = m_range;
    const double at = range.first + range.span * share;
    range.span = std::clamp(range.span * factor, std::min(fewestSteps, whole().span), whole().span);
    range.first = at - range.span * share;
    setRange(range);
}

void TimelineStrip::setBookmarks(const QSet<quint64>& bookmarks)
{
    m_bookmarks = bookmarks;
    redraw();
}

void TimelineStrip::setStations(std::vector<core::StepNumber> chapters, std::vector<core::StepNumber> notes)
{
    m_chapters = std::move(chapters);
    m_notes = std::move(notes);
    redraw();
}

void TimelineStrip::setMatches(std::vector<core::StepNumber> matches)
{
    m_matches = std::move(matches);
    redraw();
}

void TimelineStrip::setMark(std::optional<core::StepNumber> mark)
{
    m_mark = mark;
    update();
}

QSize TimelineStrip::sizeHint() const { return {600, heightWith(m_lanes.most(), plotLines + 2)}; }

QSize TimelineStrip::minimumSizeHint() const { return {200, heightWith(0, fewestPlotLines)}; }

int TimelineStrip::heightWith(int lanes, int lines) const
{
    const int plain = fontMetrics().height() * lines;
    return !m_lanesShown || lanes == 0
        ? plain
        : plain + lanes * WriterLanes::laneHeight(fontMetrics()) + static_cast<int>(lanesGap) + 2;
}

/// Below everything else; with the gap above it.
QRectF TimelineStrip::lanesArea() const
{
    if (m_lanes.count() == 0)
        return {margin, height() - 2.0, width() - 2 * margin, 0};
    const double high = m_lanes.count() * WriterLanes::laneHeight(fontMetrics()) + lanesGap;
    const double left = m_lanes.nameWidth(fontMetrics()) + 4;
    return {left, height() - high - 2, width() - left - margin, high};
}

/// The row with numbers of steps.
QRectF TimelineStrip::axisRow() const
{
    const QRectF below = lanesArea();
    const double high = fontMetrics().height() + 3.0;
    return {below.left(), below.top() - high, below.width(), high};
}

QRectF TimelineStrip::findingsArea() const
{
    const QRectF below = axisRow();
    return {below.left(), below.top() - findingsHeight - 2, below.width(), findingsHeight};
}

/// Between the row of labels and the row of findings.
QRectF TimelineStrip::plot() const
{
    const double top = fontMetrics().height() + 6.0;
    const QRectF below = findingsArea();
    // Where the strip is lower than it asks to be, nothing of the plot is left; it is never upside down.
    return {below.left(), top, below.width(), std::max(0.0, below.top() - 4 - top)};
}

double TimelineStrip::xOf(core::StepNumber step) const
{
    return TimelinePlot{plot(), m_range}.xOf(static_cast<double>(step));
}

core::StepNumber TimelineStrip::stepAt(double x) const
{
    const QRectF area = plot();
    const double share = std::clamp((x - area.left()) / std::max(1.0, area.width()), 0.0, 1.0);
    return m_document.size() == 0
        ? 0
        : std::min(m_document.size() - 1,
            static_cast<core::StepNumber>(std::llround(m_range.first + share * m_range.span)));
}

void TimelineStrip::redraw()
{
    m_plot = {};
    update();
}

void TimelineStrip::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    redraw();
}

/// Whole pixels: any other clip makes painting several times slower. Zoomed in, the rest lies beyond the
/// edges; marks of the first and the last step extend across them.
void TimelineStrip::clipToPlot(QPainter& painter) const
{
    const double before = m_range.first > 0 ? 1 : 14;
    painter.setClipRect(
        QRectF(plot().left() - before, 0, plot().width() + before + 6, height()).toAlignedRect());
    painter.setRenderHint(QPainter::Antialiasing);
}

void TimelineStrip::paintPlot(QPainter& painter)
{
    painter.fillRect(rect(), Theme::instance().panel());
    if (lanesArea().height() > 0)
        m_lanes.paint(painter, lanesArea().adjusted(0, lanesGap, 0, 0), m_range);
    clipToPlot(painter);
    paintEvents(painter);
    paintChangedEntries(painter, {plot(), m_range}, m_sampler.samples());
    paintBufferLine(painter, {plot(), m_range}, m_sampler.samples());
    paintFindings(painter);
    paintMatches(painter);
    paintFlags(painter);
    painter.setClipping(false);
    paintStepAxis(painter, {plot(), m_range}, axisRow());
}

void TimelineStrip::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    if (m_document.size() == 0) {
        painter.fillRect(rect(), Theme::instance().panel());
        painter.setPen(Theme::instance().mutedText());
        painter.drawText(rect(), Qt::AlignCenter, tr("No steps yet"));
        return;
    }
    if (painter.paintEngine()->type() != QPaintEngine::Raster) {
        // An export as vectors gets vectors.
        paintPlot(painter);
    } else {
        if (m_plot.isNull() || m_plot.devicePixelRatio() != devicePixelRatioF()) {
            m_plot = QPixmap(size() * devicePixelRatioF());
            m_plot.setDevicePixelRatio(devicePixelRatioF());
            QPainter onto(&m_plot);
            onto.setFont(font());
            paintPlot(onto);
        }
        painter.drawPixmap(0, 0, m_plot);
    }
    clipToPlot(painter);
    paintRange(painter);
    paintCurrent(painter);
    painter.setClipping(false);
    if (hasFocus())
        drawFocus(painter, QRectF(rect()).adjusted(1, 1, -1, -1));
}

void TimelineStrip::paintRange(QPainter& painter) const
{
    if (!m_mark)
        return;
    QColor tint = Theme::instance().accent();
    tint.setAlpha(50);
    const double a = xOf(*m_mark), b = xOf(m_document.step());
    painter.fillRect(QRectF(QPointF(std::min(a, b), 0), QPointF(std::max(a, b) + 1, height())), tint);
}

void TimelineStrip::paintEvents(QPainter& painter) const
{
    std::vector<EventLabel> labels;
    // Samples meet few of the events of a long recording.
    if (m_document.writes().index())
        for (const WriteHistory::Event& event : m_document.writes().events())
            labels.push_back({event.step, event.name});
    else
        for (const StepSample& sample : m_sampler.samples())
            labels.push_back({sample.step, sample.event});
    paintEventLabels(painter, {plot(), m_range}, labels);
}

void TimelineStrip::paintFindings(QPainter& painter) const
{
    paintFindingLines(painter, m_sampler.samples(), findingsArea(), [this](auto step) { return xOf(step); });
}

/// A short stroke at the lower edge of the plot for each step that the filter matches; one a pixel at most.
void TimelineStrip::paintMatches(QPainter& painter) const
{
    const QRectF area = plot();
    painter.setPen(QPen(Theme::instance().text(), 1.5));
    double last = -2;
    for (const core::StepNumber step : m_matches) {
        const double x = xOf(step);
        if (x < last + 1)
            continue;
        painter.drawLine(QPointF(x, area.bottom() - 2), QPointF(x, area.bottom() + 3));
        last = x;
    }
}

void TimelineStrip::paintFlags(QPainter& painter) const
{
    const Theme& theme = Theme::instance();
    const QRectF area = plot();
    painter.setPen(Qt::NoPen);
    // The accent is a ground for text: as a sign it has too little contrast in the dark.
    painter.setBrush(palette().color(QPalette::Link));
    for (const core::StepNumber note : m_notes)
        painter.drawEllipse(QPointF(xOf(note) + 3, area.top() + 6), 2.5, 2.5);
    for (const core::StepNumber chapter : m_chapters) {
        const double x = xOf(chapter);
        const QPointF flag[] = {{x, area.top() + 2}, {x + 8, area.top() + 6}, {x, area.top() + 10}};
        painter.drawPolygon(flag, 3);
    }
    painter.setPen(theme.text());
    for (const quint64 bookmark : m_bookmarks)
        painter.drawText(QPointF(xOf(bookmark) - 5, area.bottom()), QStringLiteral("\u2605"));
}

void TimelineStrip::paintCurrent(QPainter& painter) const
{
    const Theme& theme = Theme::instance();
    const double x = xOf(m_document.step());
    painter.setPen(QPen(theme.text(), 2));
    // Under the row of labels, and past the numbers of the axis: both stay readable.
    const double top = plot().top() - 2;
    const QRectF axis = axisRow();
    painter.drawLine(QPointF(x, top), QPointF(x, axis.top() + 3));
    if (axis.bottom() + 2 < height() - 2.0)
        painter.drawLine(QPointF(x, axis.bottom() + 2), QPointF(x, height() - 2.0));
    painter.setBrush(theme.text());
    painter.drawEllipse(QPointF(x, top), 4, 4);
}

void TimelineStrip::mousePressEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton)
        m_document.goTo(stepAt(event->position().x()));
}

void TimelineStrip::mouseMoveEvent(QMouseEvent* event)
{
    if (event->buttons().testFlag(Qt::LeftButton))
        m_document.goTo(stepAt(event->position().x()));
}

void TimelineStrip::wheelEvent(QWheelEvent* event)
{
    const int turned = event->angleDelta().y() != 0 ? event->angleDelta().y() : event->angleDelta().x();
    if (turned != 0 && event->modifiers().testFlag(Qt::ControlModifier))
        zoom(std::pow(1.25, -turned / 120.0), event->position().x());
    else if (turned != 0 && event->modifiers().testFlag(Qt::ShiftModifier))
        setRange({m_range.first - m_range.span * turned / 1200, m_range.span});
    else if (turned != 0)
        move(turned > 0 ? -1 : 1);
    event->accept();
}

void TimelineStrip::move(qint64 steps)
{
    if (m_document.size() == 0)
        return;
    const auto last = static_cast<qint64>(m_document.size() - 1);
    m_document.goTo(
        static_cast<quint64>(std::clamp(static_cast<qint64>(m_document.step()) + steps, qint64{0}, last)));
}

void TimelineStrip::keyPressEvent(QKeyEvent* event)
{
    const qint64 page = std::max<qint64>(10, static_cast<qint64>(m_document.size() / 20));
    switch (event->key()) {
    case Qt::Key_Left:
        return move(-1);
    case Qt::Key_Right:
        return move(1);
    case Qt::Key_PageUp:
        return move(-page);
    case Qt::Key_PageDown:
        return move(page);
    case Qt::Key_Home:
        return m_document.goTo(0);
    case Qt::Key_End:
        return m_document.goTo(~0ULL);
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return zoom(0.5, xOf(m_document.step()));
    case Qt::Key_Minus:
        return zoom(2, xOf(m_document.step()));
    case Qt::Key_0:
        return setRange(whole());
    default:
        QWidget::keyPressEvent(event);
    }
}

QString TimelineStrip::toolTipAt(QPoint point) const
{
    const core::StepNumber number = stepAt(point.x());
    const QRectF lanes = lanesArea().adjusted(0, lanesGap, 0, 0);
    if (point.y() >= lanes.top() && !m_lanes.empty())
        return tr("Step %1\n%2")
            .arg(number)
            .arg(m_lanes.describe(
                static_cast<int>(point.y() - lanes.top()) / WriterLanes::laneHeight(fontMetrics()),
                stepAt(point.x() - 2), stepAt(point.x() + 2) + 1));
    return stepCard(m_document, number);
}

bool TimelineStrip::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip || m_document.size() == 0)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    QToolTip::showText(help->globalPos(), toolTipAt(help->pos()), this);
    return true;
}

} // namespace pgtscope::views
