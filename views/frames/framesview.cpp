// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/frames/framesview.h"

#include <algorithm>

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/base/numbers.h"
#include "core/report/showing.h"
#include "core/rules/rule.h"
#include "views/filters/filteredit.h"
#include "views/frames/framelegend.h"
#include "views/frames/framemap.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"
#include "views/writes/writecolours.h"

namespace pgtscope::views {

FramesView::FramesView(Document& document, Selection& selection, QWidget* parent)
    : FollowingView(document, selection, parent)
    , m_map(new FrameMap(this))
    , m_legend(new FrameLegend(this))
    , m_writeLegend(new WriteLegend(this))
    , m_colourBy(new ColourBySwitch(this))
    , m_rules(new QComboBox(this))
    , m_filter(new FilterEdit(document, this))
    , m_buttons(makeButtons())
    , m_bar(new QGridLayout)
{
    setObjectName(QStringLiteral("framesView"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 4, 6, 4);
    layout->setSpacing(4);
    m_bar->addWidget(m_buttons, 0, 0);
    m_bar->setColumnStretch(1, 1);
    m_bar->setVerticalSpacing(layout->spacing());
    fitBar();
    layout->addLayout(m_bar);
    layout->addWidget(m_map, 1);
    layout->addWidget(m_legend);
    layout->addWidget(m_writeLegend);
    connect(m_map, &FrameMap::viewChanged, this, &FramesView::showScale);
    connect(m_map, &FrameMap::chosen, this, [this](core::FrameNumber frame) {
        Place place;
        place.frame = frame;
        choose(place);
    });
    connect(m_rules, &QComboBox::currentIndexChanged, this, [this] {
        m_map->setRule(m_rules->currentData().toString().toStdString());
        m_legend->setContent(m_map->content(), state().get());
        showMatches();
    });
    connect(m_filter, &FilterEdit::filterChanged, this, &FramesView::showMatches);
    connect(&ColourRules::instance(), &ColourRules::changedRules, this, &FramesView::showMatches);
    connect(m_colourBy, &QComboBox::currentIndexChanged, this, &FramesView::showColours);
    connect(&document.writes(), &WriteHistory::changed, this, [this] {
        if (m_colourBy->value() != ColourBy::Role)
            showColours();
    });
    connect(&document, &Document::timelineChanged, this, &FramesView::takeTimeline);
    takeTimeline();
    m_writeLegend->setColours({});
    showScale();
}

/// The memory map grows while a kernel boots; the last step knows most of it.
void FramesView::takeTimeline()
{
    core::FrameNumber end;
    if (document().timeline() && document().size() != 0)
        if (const auto last = document().timeline()->snapshot(document().size() - 1))
            for (const core::PhysicalRange& ram : (*last)->ramMap().ranges())
                end = std::max(end, core::frameOf(core::PhysicalAddress(ram.end.value - 1)) + 1);
    m_map->setLeastEnd(end);
}

QWidget* FramesView::makeButtons()
{
    auto* bar = new QWidget(this);
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    addButton(bar, tr("All"), tr("Show all of memory (0)"), &FrameMap::zoomToAll);
    addButton(bar, tr("pgt_buf"), tr("Show the page-table buffer (B)"), &FrameMap::zoomToBuffer);
    for (const int step : {-1, 1}) {
        auto* button = new QToolButton(bar);
        button->setText(step < 0 ? QStringLiteral("−") : QStringLiteral("+"));
        button->setToolTip(step < 0 ? tr("Zoom out (−, wheel)") : tr("Zoom in (+, wheel)"));
        button->setAccessibleName(button->toolTip());
        connect(button, &QToolButton::clicked, m_map, [this, step] { m_map->zoomBy(step); });
        layout->addWidget(button);
    }
    m_rules->setObjectName(QStringLiteral("frameRule"));
    m_rules->setToolTip(tr("Rule whose findings are marked"));
    m_rules->setAccessibleName(m_rules->toolTip());
    m_rules->addItem(tr("All rules"), QString());
    // The names are long, and the list shows them in full.
    m_rules->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_rules->setMinimumContentsLength(12);
    for (const auto& rule : core::allRules())
        m_rules->addItem(ruleLabel(rule->name()), toText(rule->name()));
    layout->addWidget(m_rules);
    layout->addWidget(m_colourBy);
    return bar;
}

void FramesView::addButton(QWidget* bar, const QString& text, const QString& name, void (FrameMap::*slot)())
{
    auto* button = new QToolButton(bar);
    button->setText(text);
    button->setToolTip(name);
    button->setAccessibleName(name);
    connect(button, &QToolButton::clicked, m_map, slot);
    bar->layout()->addWidget(button);
}

void FramesView::showStep()
{
    const WriteColours colours(document().writes(), document().step(), m_colourBy->value());
    m_map->setState(state(), colours);
    m_writeLegend->setColours(colours);
    m_legend->setContent(m_map->content(), state().get());
    m_filter->reread();
    showMatches();
    showScale();
}

void FramesView::setFilterText(const QString& text) { m_filter->setText(text); }

void FramesView::showMatches()
{
    FrameMatches matches = frameMatches(state(), m_filter->filter(), document().symbols());
    quint64 frames = 0;
    if (matches.shown)
        for (const core::FrameRange& range : *matches.shown)
            frames += range.end.value - range.begin.value;
    setProperty("hits", matches.shown ? QString::number(frames) : QString());
    m_legend->setRules(matches);
    m_map->setMatches(std::move(matches));
    fitLegend();
}

void FramesView::showColours()
{
    const WriteColours colours(document().writes(), document().step(), m_colourBy->value());
    m_map->setColours(colours);
    m_writeLegend->setColours(colours);
    fitLegend();
}

void FramesView::resizeEvent(QResizeEvent* event)
{
    FollowingView::resizeEvent(event);
    fitBar();
    fitLegend();
}

/// Where the filter beside the buttons would be too narrow to type in, it has a line of its own.
void FramesView::fitBar()
{
    constexpr int fewestLetters = 24;
    const int room = width() - layout()->contentsMargins().left() - layout()->contentsMargins().right()
        - m_buttons->sizeHint().width() - m_bar->horizontalSpacing();
    const bool beside = room >= fewestLetters * m_filter->fontMetrics().averageCharWidth();
    m_bar->addWidget(m_filter, beside ? 0 : 1, beside ? 1 : 0, 1, beside ? 1 : 2);
}

/// Where there is no room for both, the map is what counts; tool tips name what a cell is.
void FramesView::fitLegend()
{
    const bool writes = m_colourBy->value() != ColourBy::Role;
    const int inner = width() - layout()->contentsMargins().left() - layout()->contentsMargins().right();
    const int legend = writes ? m_writeLegend->heightForWidth(inner) : m_legend->heightForWidth(inner);
    // Names of functions are shown nowhere else.
    const bool room = height() - legend >= Theme::instance().scaled(writes ? 140 : 190);
    m_legend->setVisible(room && !writes);
    m_writeLegend->setVisible(room && writes);
    (writes ? static_cast<QWidget*>(m_writeLegend) : m_legend)->setFixedHeight(legend);
}

void FramesView::zoomTo(std::string_view zoom)
{
    if (zoom == "all")
        m_map->zoomToAll();
    else if (zoom == "buffer")
        m_map->zoomToBuffer();
    else if (const auto bytes = core::zoomBytes(zoom))
        m_map->zoomAround(m_map->cursor(), *bytes >> core::frameShift);
}

void FramesView::showPlace() { m_map->setCurrent(place().frame); }

void FramesView::showScale()
{
    if (!state()) {
        setProperty("summary", QString());
        return;
    }
    const std::uint64_t all = m_map->content().end.value << core::frameShift;
    setProperty("summary",
        tr("%1 · %2 per cell · %3 – %4")
            .arg(QString::fromStdString(core::sizeText(all)),
                QString::fromStdString(core::sizeText(core::frameBytes << m_map->scale().order())),
                hexOf(core::addressOf(m_map->firstVisible()).value),
                hexOf(core::addressOf(m_map->lastVisible()).value)));
}

} // namespace pgtscope::views
