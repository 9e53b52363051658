// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/statusline.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QProgressBar>
#include <QToolButton>

#include "core/linux/pageisolation.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

struct ControlBit {
    std::uint64_t mask;
    const char* name;
};
constexpr ControlBit cr0Bits[] = {{core::cr0Pg, "PG"}, {core::cr0Wp, "WP"}};
constexpr ControlBit cr4Bits[]
    = {{core::cr4Pae, "PAE"}, {core::cr4Pse, "PSE"}, {core::cr4Pge, "PGE"}, {core::cr4La57, "LA57"},
        {core::cr4Pcide, "PCIDE"}, {core::cr4Smep, "SMEP"}, {core::cr4Smap, "SMAP"}, {core::cr4Pke, "PKE"}};
constexpr ControlBit eferBits[] = {{core::eferLma, "LMA"}, {core::eferNxe, "NXE"}};

template <std::size_t n>
QString bitsText(const char* name, std::uint64_t value, const ControlBit (&bits)[n])
{
    QString text = QString::fromLatin1(name);
    for (const ControlBit& bit : bits)
        if ((value & bit.mask) != 0)
            text += QLatin1Char(' ') + QString::fromLatin1(bit.name);
    return text;
}

/// Gives way to its neighbours: the middle is left out, and the tool tip has all of it.
class ElidedLabel : public QLabel {
public:
    using QLabel::QLabel;

    QSize minimumSizeHint() const override
    {
        return {fontMetrics().averageCharWidth() * 6, QLabel::minimumSizeHint().height()};
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setPen(palette().color(QPalette::WindowText));
        painter.drawText(
            rect(), Qt::AlignVCenter, fontMetrics().elidedText(text(), Qt::ElideMiddle, width()));
    }
};

} // namespace

QString controlBitsText(const core::ControlRegisters& control)
{
    return bitsText("CR0", control.cr0, cr0Bits) + QStringLiteral(" \u00b7 ")
        + bitsText("CR4", control.cr4, cr4Bits) + QStringLiteral(" \u00b7 ")
        + bitsText("EFER", control.efer, eferBits);
}

StatusLine::StatusLine(QWidget* parent)
    : QWidget(parent)
    , m_control(new QLabel(this))
    , m_connection(new ElidedLabel(this))
    , m_facts(new QLabel(this))
    , m_task(new QLabel(this))
    , m_progress(new QProgressBar(this))
    , m_cancel(new QToolButton(this))
{
    setObjectName(QStringLiteral("status"));
    m_control->setObjectName(QStringLiteral("controlBits"));
    m_progress->setMaximumWidth(160);
    m_progress->setTextVisible(false);
    m_cancel->setText(tr("Cancel"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 1, 8, 1);
    layout->setSpacing(14);
    layout->addWidget(m_control);
    layout->addWidget(m_connection);
    layout->addStretch(1);
    layout->addWidget(m_task);
    layout->addWidget(m_progress);
    layout->addWidget(m_cancel);
    layout->addWidget(m_facts);
    connect(m_cancel, &QToolButton::clicked, this, &StatusLine::cancelRequested);
    endProgress();
}

void StatusLine::showStep(const StepStatePtr& state)
{
    if (!state) {
        m_control->clear();
        m_facts->clear();
        return;
    }
    const core::Snapshot& snapshot = *state->snapshot();
    QString control
        = controlBitsText(snapshot.cpu().control) + tr(" \u00b7 paging ") + toText(snapshot.paging().name());
    if (const core::XenState* xen = snapshot.xen())
        control += tr(" \u00b7 %1's root, %2%3")
                       .arg(QString::fromStdString(core::domainText(*xen)),
                           wordsOf(core::placeText(core::xenPlace(snapshot.cpu()))),
                           xen->isolated ? tr(", XPTI") : QString());
    if (snapshot.otherHalf())
        control += QStringLiteral(" \u00b7 ") + toText(core::halfText(snapshot.root()));
    m_control->setText(control);
    QString facts = tr("%1 \u00b7 read by %2")
                        .arg(countOf(snapshot.tableFrames(), "table frame"),
                            QString::fromStdString(snapshot.channel()));
    if (snapshot.truncated())
        facts += tr(" \u00b7 not all tables were read");
    m_facts->setText(facts);
}

void StatusLine::setConnection(const QString& text)
{
    m_connection->setText(text);
    m_connection->setToolTip(text);
}

void StatusLine::showProgress(const QString& what, quint64 done, quint64 total)
{
    if (what.isEmpty())
        return endProgress();
    m_task->setText(what);
    m_progress->setRange(0, total == 0 ? 0 : 1000);
    if (total != 0)
        m_progress->setValue(
            static_cast<int>(1000 * std::min(1.0, static_cast<double>(done) / static_cast<double>(total))));
    setBusy(true);
}

/// As high without an operation in progress as with one: the views above keep their place.
QSize StatusLine::withRoomForButton(QSize size) const
{
    const QMargins margins = layout()->contentsMargins();
    const int button = std::max(m_cancel->sizeHint().height(), m_progress->sizeHint().height());
    return {size.width(), std::max(size.height(), button + margins.top() + margins.bottom())};
}

QSize StatusLine::sizeHint() const { return withRoomForButton(QWidget::sizeHint()); }
QSize StatusLine::minimumSizeHint() const { return withRoomForButton(QWidget::minimumSizeHint()); }

void StatusLine::endProgress() { setBusy(false); }

bool StatusLine::busy() const { return !m_cancel->isHidden(); }

void StatusLine::setBusy(bool now)
{
    const bool was = busy();
    for (QWidget* widget :
        {static_cast<QWidget*>(m_task), static_cast<QWidget*>(m_progress), static_cast<QWidget*>(m_cancel)})
        widget->setVisible(now);
    if (was != now)
        emit busyChanged(now);
}

} // namespace pgtscope::views
