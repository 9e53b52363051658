// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/timelineview.h"

#include <utility>

#include <QCryptographicHash>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QMenu>
#include <QSettings>
#include <QSplitter>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include "core/report/steptext.h"
#include "views/filters/filteredit.h"
#include "views/model/hypotheticals.h"
#include "views/timeline/differencepanel.h"
#include "views/timeline/player.h"
#include "views/timeline/steplist.h"
#include "views/timeline/stepsampler.h"
#include "views/timeline/stepsdelegate.h"
#include "views/timeline/stepsearch.h"
#include "views/timeline/stepsmodel.h"
#include "views/timeline/timelinelegend.h"
#include "views/timeline/timelinestrip.h"
#include "views/widgets/theme.h"
#include "views/widgets/wholerows.h"

namespace pgtscope::views {

namespace {

// Of the view, in heights of a line, with which the legend has room.
constexpr int leastLines = 16;
constexpr int lanesLines = 3; // more, beside lanes
constexpr int leastWidth = 40;
constexpr int leastBarWidth = 44; // with which the buttons have words

} // namespace

TimelineView::TimelineView(Document& document, Selection& selection, Player& player, QWidget* parent)
    : FollowingView(document, selection, parent)
    , m_player(player)
    , m_model(new StepsModel(this))
    , m_sampler(new StepSampler(document, this))
    , m_search(new StepSearch(document, this))
    , m_filter(new FilterEdit(document, this))
    , m_strip(new TimelineStrip(document, *m_sampler, this))
    , m_legend(new TimelineLegend(this))
    , m_list(new StepList(*m_model, this))
    , m_differences(new DifferencePanel(document, this))
{
    setObjectName(QStringLiteral("timeline"));
    m_list->setItemDelegate(new StepsDelegate(m_list));
    m_differences->setVisible(false);
    // The filter of the steps comes before that of the differences: Tab goes there first.
    QWidget* bar = makeBar();
    auto* splitter = new QSplitter(this);
    splitter->addWidget(new WholeRows(*m_list));
    splitter->addWidget(m_differences);
    splitter->setChildrenCollapsible(false);
    splitter->setSizes({450, 550});
    m_differences->setMinimumWidth(fontMetrics().averageCharWidth() * 40);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 2, 4, 4);
    layout->setSpacing(2);
    layout->addWidget(bar);
    layout->addWidget(m_strip);
    layout->addWidget(m_legend);
    layout->addWidget(splitter, 1);
    connect(&document, &Document::timelineChanged, this, &TimelineView::takeTimeline);
    connect(&document, &Document::annotated, this, &TimelineView::showChapters);
    connect(&document, &Document::grown, m_model, &StepsModel::grow);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this](const QModelIndex& now) {
            if (!m_following && now.isValid())
                this->document().goTo(m_model->stepAt(now.row()));
        });
    connect(m_differences, &DifferencePanel::chosen, this, &TimelineView::choose);
    connect(m_filter, &FilterEdit::filterChanged, this, &TimelineView::beginSearch);
    connect(m_search, &StepSearch::progressed, this, &TimelineView::showMatches);
    connect(&ColourRules::instance(), &ColourRules::changedRules, this, &TimelineView::colour);
    takeTimeline();
}

QWidget* TimelineView::makeBar()
{
    auto* bar = new QWidget(this);
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    const auto button = [&](const QString& text, const QString& tip) {
        auto* made = new QToolButton(bar);
        made->setText(text);
        made->setToolTip(tip);
        made->setAccessibleName(tip);
        made->setAutoRaise(true);
        layout->addWidget(made);
        return made;
    };
    m_play = button(tr("\u25b6 Play"), tr("Go through the steps at the chosen speed"));
    m_play->setCheckable(true);
    connect(m_play, &QToolButton::toggled, &m_player, &Player::setPlaying);
    connect(&m_player, &Player::playingChanged, m_play, &QToolButton::setChecked);
    auto* speed = new QDoubleSpinBox(bar);
    speed->setRange(0.1, 100'000);
    speed->setDecimals(1);
    speed->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    speed->setValue(m_player.stepsPerSecond());
    speed->setSuffix(tr(" steps/s"));
    speed->setAccessibleName(tr("Speed in steps a second"));
    connect(speed, &QDoubleSpinBox::valueChanged, &m_player, &Player::setStepsPerSecond);
    layout->addWidget(speed);
    m_bookmark = button(tr("\u2605 Bookmark"), tr("Set or remove a bookmark at this step"));
    connect(m_bookmark, &QToolButton::clicked, this, &TimelineView::toggleBookmark);
    m_compare = button(tr("\u21c4 Compare"),
        tr("Mark this step, and show what differs between it and the step that is chosen next"));
    m_compare->setCheckable(true);
    connect(m_compare, &QToolButton::toggled, this, &TimelineView::setComparing);
    m_functions = button(tr("\u2261 Functions"), tr("Show which functions wrote, and when, as lanes"));
    m_functions->setCheckable(true);
    m_functions->setChecked(true);
    connect(m_functions, &QToolButton::toggled, m_strip, &TimelineStrip::setLanesShown);
    connect(m_functions, &QToolButton::toggled, this, &TimelineView::fitLegend);
    const auto showButton = [this] {
        m_functions->setVisible(!m_strip->lanes().empty());
        fitLegend();
    };
    connect(&document().writes(), &WriteHistory::changed, m_functions, showButton);
    showButton();
    auto* places = button(QStringLiteral("\u2630"), tr("Go to a chapter, a note or a bookmark"));
    m_marks = new QMenu(places);
    places->setMenu(m_marks);
    places->setPopupMode(QToolButton::InstantPopup);
    connect(m_marks, &QMenu::aboutToShow, this, &TimelineView::fillMenu);
    layout->addWidget(m_filter, 1);
    return bar;
}

void TimelineView::takeTimeline()
{
    m_model->setTimeline(document().timeline(), document().size());
    m_coloured = false;
    beginSearch();
    loadBookmarks();
    showChapters();
}

void TimelineView::showChapters()
{
    std::vector<core::StepNumber> chapters;
    std::vector<core::StepNumber> notes;
    if (document().timeline())
        if (const auto annotations = document().timeline()->annotations())
            for (const core::Annotation& annotation : *annotations)
                (annotation.kind == core::AnnotationKind::Chapter ? chapters : notes)
                    .push_back(annotation.step);
    m_strip->setStations(std::move(chapters), std::move(notes));
}

void TimelineView::showStep()
{
    showComparison();
    if (!state()) {
        setProperty("summary", QString());
        return;
    }
    const core::Step& step = state()->step();
    QString summary = QString::fromStdString(core::stepPlaceText(step.number, document().size()));
    if (!step.ripSymbol.empty())
        summary += QStringLiteral(" \u00b7 ") + QString::fromStdString(step.ripSymbol);
    setProperty("summary", summary);
    if (!m_coloured)
        colour();
    showFindings();
    showRow();
}

/// The column of findings, if what it shows is different now.
void TimelineView::showFindings()
{
    const std::pair now(document().enforced(), Hypotheticals::instance().shown());
    if (now == std::exchange(m_findingsShown, now))
        return;
    m_model->showFindings(now.first);
}

void TimelineView::showRow()
{
    m_following = true;
    const core::StepNumber step = document().step();
    const int row = m_model->rowOf(step);
    const QModelIndex index = m_model->index(row, 0);
    // Between two steps that the filter leaves, none is the current one.
    m_list->setCurrentIndex(row >= 0 && m_model->stepAt(row) == step ? index : QModelIndex());
    m_list->scrollTo(index);
    m_following = false;
}

/// Where there is little room, the steps are what counts; the card of a step says the same in words.
void TimelineView::resizeEvent(QResizeEvent* event)
{
    FollowingView::resizeEvent(event);
    fitBar();
    fitLegend();
}

/// Where a filter would have no room to type in beside them, the buttons are their signs alone.
void TimelineView::fitBar()
{
    const bool wide = width() >= leastBarWidth * fontMetrics().height();
    m_bookmark->setText(wide ? tr("\u2605 Bookmark") : QStringLiteral("\u2605"));
    m_compare->setText(wide ? tr("\u21c4 Compare") : QStringLiteral("\u21c4"));
    m_functions->setText(wide ? tr("\u2261 Functions") : QStringLiteral("\u2261"));
}

void TimelineView::fitLegend()
{
    const int line = fontMetrics().height();
    const bool lanes = !m_strip->lanes().empty() && m_functions->isChecked();
    const int needed = line * (leastLines + (lanes ? lanesLines : 0));
    m_legend->setVisible(height() >= needed && width() >= line * leastWidth);
    m_legend->setFixedHeight(m_legend->heightForWidth(width()));
}

/// Rules may name symbols: they can be read once there is a step.
void TimelineView::colour()
{
    m_coloured = state() != nullptr;
    m_model->setColours(StepColours(state(), document().symbols()));
}

void TimelineView::setFilterText(const QString& text) { m_filter->setText(text); }

void TimelineView::beginSearch()
{
    m_search->start(m_filter->filter());
    if (m_filter->filter().empty())
        showMatches();
}

void TimelineView::searchEveryStep() { m_search->start(m_filter->filter(), true); }

/// For the window's filter bar: how many steps match, and what cannot be known of a step without a walk.
void TimelineView::showHits()
{
    const core::Filter& filter = m_filter->filter();
    const QStringList unknown = m_search->walks() ? QStringList() : StepSearch::unknownFields(filter);
    QString hits = filter.empty() ? QString() : QString::number(m_search->found().size());
    if (!filter.empty() && !m_search->complete())
        hits = tr("%1, searched %2 of %3").arg(hits).arg(m_search->searched()).arg(document().size());
    setProperty("hits", hits);
    setProperty("hitsProblem",
        unknown.isEmpty() ? QString()
                          : tr("%1 is not recorded with each step: only a walk of every step finds all")
                                .arg(unknown.join(QStringLiteral(", "))));
}

void TimelineView::showMatches()
{
    const bool all = m_filter->filter().empty();
    m_following = true;
    m_model->setShown(all ? std::nullopt : std::optional(m_search->found()));
    m_following = false;
    showHits();
    m_strip->setMatches(all ? std::vector<core::StepNumber>() : m_search->found());
    // While a search goes on the user may scroll.
    if (state() && m_search->complete())
        showRow();
}

void TimelineView::toggleBookmark()
{
    if (!state())
        return;
    const quint64 step = document().step();
    if (!m_bookmarks.remove(step))
        m_bookmarks.insert(step);
    m_model->setBookmarks(m_bookmarks);
    m_strip->setBookmarks(m_bookmarks);
    saveBookmarks();
}

void TimelineView::setComparing(bool comparing)
{
    document().compareWith(comparing && state() ? std::optional(document().step()) : std::nullopt);
    // Seen or not, and where the document had nothing to change.
    showComparison();
}

void TimelineView::showComparison()
{
    const auto marked = document().compared();
    const QSignalBlocker unheard(m_compare);
    m_compare->setChecked(marked.has_value());
    m_strip->setMark(marked);
    m_model->setMark(marked);
    m_differences->setVisible(marked.has_value());
    m_differences->showComparison();
}

void TimelineView::fillMenu()
{
    m_marks->clear();
    const auto add = [this](const QString& text, quint64 step) {
        m_marks->addAction(text, this, [this, step] { document().goTo(step); });
    };
    if (document().timeline())
        if (const auto annotations = document().timeline()->annotations())
            for (const core::Annotation& annotation : *annotations)
                add((annotation.kind == core::AnnotationKind::Chapter ? tr("\u25b8 %1 (step %2)")
                                                                      : tr("      %1 (step %2)"))
                        .arg(QString::fromStdString(annotation.title))
                        .arg(annotation.step),
                    annotation.step);
    m_marks->addSeparator();
    QList<quint64> steps(m_bookmarks.begin(), m_bookmarks.end());
    std::sort(steps.begin(), steps.end());
    for (const quint64 step : steps)
        add(tr("\u2605 step %1").arg(step), step);
    if (m_marks->isEmpty())
        m_marks->addAction(tr("None yet"))->setEnabled(false);
}

/// Bookmarks are the user's own and never touch the recording.
QString TimelineView::bookmarksKey() const
{
    const QByteArray path = QByteArray::fromStdString(document().timeline()->path());
    return QStringLiteral("bookmarks/")
        + QString::fromLatin1(QCryptographicHash::hash(path, QCryptographicHash::Sha1).toHex());
}

void TimelineView::loadBookmarks()
{
    m_bookmarks.clear();
    if (document().timeline()) {
        const QStringList saved = QSettings().value(bookmarksKey()).toStringList();
        for (const QString& step : saved)
            m_bookmarks.insert(step.toULongLong());
    }
    m_model->setBookmarks(m_bookmarks);
    m_strip->setBookmarks(m_bookmarks);
}

void TimelineView::saveBookmarks() const
{
    QStringList steps;
    for (const quint64 step : m_bookmarks)
        steps += QString::number(step);
    QSettings().setValue(bookmarksKey(), steps);
}

} // namespace pgtscope::views
