// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/presenterstrip.h"

#include <algorithm>
#include <cmath>

#include <QMouseEvent>
#include <QPainter>

#include "core/report/steptext.h"
#include "views/model/document.h"
#include "views/timeline/stepsampler.h"
#include "views/timeline/timelineplot.h"
#include "views/walkthrough/narration.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

namespace {

constexpr int margin = 14;

} // namespace

PresenterStrip::PresenterStrip(Document& document, StepSampler& sampler, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_sampler(sampler)
{
    setObjectName(QStringLiteral("presenterStrip"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    const auto follow = [this] {
        setAccessibleName(text());
        update();
    };
    connect(&document, &Document::stepChanged, this, follow);
    connect(&sampler, &StepSampler::sampled, this, qOverload<>(&QWidget::update));
    connect(&Theme::instance(), &Theme::changedTheme, this, [this] {
        updateGeometry();
        update();
    });
    follow();
}

void PresenterStrip::setAnnotations(const core::Annotations& annotations)
{
    m_annotations = annotations;
    update();
}

QString PresenterStrip::text() const
{
    if (!m_document.state())
        return {};
    const core::Step& step = m_document.state()->step();
    const QString place = QString::fromStdString(core::stepPlaceText(step.number, m_document.size()));
    const std::string& what = step.event.empty() ? step.ripSymbol : step.event;
    return what.empty() ? place : place + QStringLiteral(" · ") + QString::fromStdString(what);
}

QSize PresenterStrip::sizeHint() const { return {400, fontMetrics().height() * 3 + 12}; }

/// Below the words; the line of the steps is its lower edge.
QRectF PresenterStrip::plot() const
{
    const double top = fontMetrics().height() + 6.0;
    const double radius = Theme::instance().scaled(5);
    return {margin, top, width() - 2.0 * margin, height() - top - radius - 4};
}

double PresenterStrip::xOf(core::StepNumber step) const
{
    const double last = static_cast<double>(std::max<core::StepNumber>(m_document.size(), 2) - 1);
    return TimelinePlot{plot(), {0, last}}.xOf(static_cast<double>(step));
}

void PresenterStrip::paintStations(QPainter& painter) const
{
    const Theme& theme = Theme::instance();
    const QRectF area = plot();
    const auto now = narrationAt(m_annotations, m_document.step()).station;
    painter.setPen(QPen(theme.mutedText(), 2));
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    for (const core::Annotation& annotation : m_annotations) {
        const bool chapter = annotation.kind == core::AnnotationKind::Chapter;
        const double radius = theme.scaled(chapter ? 5 : 3);
        painter.setPen(QPen(theme.text(), 1.5));
        painter.setBrush(annotation.step == now ? theme.changed() : theme.panel());
        painter.drawEllipse(QPointF(xOf(annotation.step), area.bottom()), radius, radius);
    }
}

void PresenterStrip::paintEvent(QPaintEvent*)
{
    const Theme& theme = Theme::instance();
    QPainter painter(this);
    painter.fillRect(rect(), theme.panel());
    painter.setRenderHint(QPainter::Antialiasing);
    const double last = static_cast<double>(std::max<core::StepNumber>(m_document.size(), 2) - 1);
    paintBufferLine(painter, {plot(), {0, last}}, m_sampler.samples());
    paintStations(painter);
    const double x = xOf(m_document.step());
    painter.setPen(QPen(theme.text(), 3));
    painter.drawLine(QPointF(x, plot().top()), QPointF(x, height() - 2.0));
    const QRectF row(margin, 2, width() - 2.0 * margin, fontMetrics().height());
    QFont bold = font();
    bold.setBold(true);
    painter.setFont(bold);
    painter.setPen(theme.text());
    painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, text());
}

void PresenterStrip::mousePressEvent(QMouseEvent* event)
{
    const double last = static_cast<double>(std::max<core::StepNumber>(m_document.size(), 1) - 1);
    const double share = (event->position().x() - plot().left()) / std::max(1.0, plot().width());
    m_document.goTo(static_cast<quint64>(std::llround(std::clamp(share, 0.0, 1.0) * last)));
}

} // namespace pgtscope::views
