// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/findings/findingsview.h"

#include <algorithm>

#include <QHeaderView>
#include <QMenu>
#include <QSplitter>
#include <QTabWidget>
#include <QTextBrowser>
#include <QTreeView>
#include <QVBoxLayout>

#include "views/filters/filteredit.h"
#include "views/findings/findinghtml.h"
#include "views/findings/findingsfilter.h"
#include "views/findings/findingsmodel.h"
#include "views/findings/hypotheticalsbox.h"
#include "views/findings/rulecomparison.h"
#include "views/findings/rulerowdelegate.h"
#include "views/model/hypotheticals.h"
#include "views/model/placelink.h"
#include "views/model/stepplace.h"
#include "views/model/text.h"
#include "views/widgets/gridtable.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"
#include "views/widgets/wholerows.h"
#include "views/writes/gotowrite.h"

namespace pgtscope::views {

namespace {

/// Of the view, in heights of a line, with which the reason has room below the list.
constexpr int leastLines = 18;

constexpr int indentation = 10;

QString countText(const StepState& state)
{
    QStringList parts;
    bool gaps = false;
    for (std::size_t i = 0; i < core::findingStateCount; ++i) {
        const auto kind = static_cast<core::FindingState>(i);
        core::FindingTally broken;
        for (const core::RuleReport& report : state.reports())
            broken.add(report.rule, report.totals.of(kind, core::Standing::Broken));
        if (broken.total() != 0)
            parts += findingCountText(kind, core::Standing::Broken, broken.total());
    }
    for (const core::RuleReport& report : state.reports())
        gaps = gaps || !report.coverage.gaps.empty();
    if (parts.isEmpty())
        parts += Text::tr("nothing broken");
    if (gaps)
        parts += Text::tr("\u25d4 not everything could be read");
    return parts.join(QStringLiteral(" \u00b7 "));
}

} // namespace

FindingsView::FindingsView(Document& document, Selection& selection, QWidget* parent)
    : FollowingView(document, selection, parent)
    , m_model(new FindingsModel(this))
    , m_filter(new FilterEdit(document, this))
    , m_hypotheticals(new HypotheticalsBox)
    , m_proxy(new FindingsFilter(*m_model, *m_filter, this))
    , m_tree(new QTreeView)
    , m_reason(new QTextBrowser)
    , m_parts(new QSplitter(Qt::Vertical))
    , m_comparison(new RuleComparison)
    , m_tabs(new QTabWidget)
{
    setObjectName(QStringLiteral("findingsView"));
    m_tabs->setDocumentMode(true);
    m_tabs->setAccessibleName(tr("Findings, or two rules side by side"));
    m_tabs->addTab(makeList(), tr("Findings"));
    m_tabs->addTab(m_comparison, tr("Two rules"));
    connect(m_tabs, &QTabWidget::currentChanged, this, &FindingsView::showComparison);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_tabs);
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this,
        [this](const QModelIndex& now) { currentMoved(now); });
    connect(m_tree, &QTreeView::activated, this, &FindingsView::jump);
    connect(m_tree, &QTreeView::clicked, this, &FindingsView::jump);
    connect(m_reason, &QTextBrowser::anchorClicked, this, &FindingsView::followLink);
    // Links have the colour of the time at which the text was set.
    connect(&Theme::instance(), &Theme::changedTheme, this, [this] {
        const QString shown = m_shown;
        m_shown.clear();
        showReason(shown);
    });
    connect(m_comparison, &RuleComparison::chosen, this, &FindingsView::choose);
    connect(&ColourRules::instance(), &ColourRules::changedRules, this, [this] {
        showStep();
        showPlace();
    });
    connect(&document.writes(), &WriteHistory::changed, this, [this] {
        if (!isSeen())
            noteStale();
        else
            showReasonOf(m_proxy->mapToSource(m_tree->currentIndex()));
    });
}

QWidget* FindingsView::makeList()
{
    m_tree->setModel(m_proxy);
    m_tree->setObjectName(QStringLiteral("findings"));
    m_tree->setAccessibleName(tr("Findings by rule"));
    m_tree->setUniformRowHeights(true);
    // Two levels, and in a narrow view each letter counts.
    m_tree->setIndentation(indentation);
    m_tree->setItemDelegate(new RuleRowDelegate(m_tree));
    m_tree->setAllColumnsShowFocus(true);
    fitWithType(*m_tree, [this] { fitColumns(*m_tree); });
    // The findings of a rule that was quiet may need more room than what was open.
    connect(m_tree, &QTreeView::expanded, this, [this] { fitColumns(*m_tree); });
    m_tree->header()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_reason->setObjectName(QStringLiteral("reason"));
    m_reason->setAccessibleName(tr("Why it is a finding"));
    m_reason->setOpenLinks(false);
    connect(m_filter, &FilterEdit::filterChanged, this, &FindingsView::filterChanged);
    m_parts->addWidget(new WholeRows(*m_tree));
    m_parts->addWidget(m_reason);
    m_parts->setStretchFactor(0, 3);
    m_parts->setStretchFactor(1, 2);
    auto* list = new QWidget;
    auto* layout = new QVBoxLayout(list);
    layout->setContentsMargins(0, 2, 0, 0);
    layout->setSpacing(2);
    layout->addWidget(m_filter);
    layout->addWidget(m_hypotheticals);
    layout->addWidget(m_parts, 1);
    return list;
}

void FindingsView::resizeEvent(QResizeEvent* event)
{
    FollowingView::resizeEvent(event);
    placeReason();
}

/// In a low view the reason has a tab of its own: below the list neither of them could be read.
void FindingsView::placeReason()
{
    const bool below = height() >= leastLines * fontMetrics().height();
    const int tab = m_tabs->indexOf(m_reason);
    if (below == (tab < 0))
        return;
    if (!below) {
        m_tabs->insertTab(1, m_reason, tr("Why"));
        return;
    }
    // Of the two that are one page now, the list is at its place.
    if (m_tabs->currentIndex() == tab)
        m_tabs->setCurrentIndex(0);
    m_tabs->removeTab(tab);
    m_parts->addWidget(m_reason);
    m_reason->show();
}

void FindingsView::setFilterText(const QString& text) { m_filter->setText(text); }

QModelIndex FindingsView::findRow(const std::function<bool(const core::Finding&)>& wanted) const
{
    for (int rule = 0; rule < m_model->rowCount(); ++rule) {
        const QModelIndex parent = m_model->index(rule, 0);
        for (int row = 0; row < m_model->rowCount(parent); ++row)
            if (wanted(*m_model->finding(m_model->index(row, 0, parent))))
                return m_model->index(row, 0, parent);
    }
    return {};
}

/// The finding about the selected place; of several the one that was chosen by hand, else the first. While
/// there is none, what was chosen last.
QModelIndex FindingsView::rowToShow() const
{
    const auto chosen = [this](const core::Finding& finding) { return finding.key() == m_chosen; };
    const auto ofFrame = [this](const core::Finding& finding) {
        return place().frame && *place().frame - finding.frame < finding.frames;
    };
    const auto ofEntry = [&](const core::Finding& finding) {
        return (!place().frame || ofFrame(finding)) && place().entry == finding.entry.address;
    };
    for (const std::function<bool(const core::Finding&)>& about :
        {std::function(ofEntry), std::function(ofFrame)})
        if (const QModelIndex first = findRow(about); first.isValid()) {
            const QModelIndex again = findRow([&](const core::Finding& f) { return chosen(f) && about(f); });
            return again.isValid() ? again : first;
        }
    return findRow(chosen);
}

void FindingsView::showStep()
{
    m_filter->reread();
    m_hypotheticals->setState(state());
    if (m_model->setState(state(), document().symbols())) {
        expandRules();
        fitColumns(*m_tree);
    } else if (!m_filter->filter().empty()) {
        m_proxy->invalidate();
        expandRules();
    }
    showComparison();
    setProperty("summary", state() ? countText(*state()) : QString());
    if (!state())
        showReason(QString());
}

/// Of all but the rules that found nothing but what belongs to the stage: those are quiet.
void FindingsView::expandRules()
{
    m_tree->expandAll();
    for (int row = 0; row < m_proxy->rowCount(); ++row)
        m_tree->setFirstColumnSpanned(row, {}, true);
    if (!m_filter->filter().empty())
        return;
    for (int row = 0; row < m_proxy->rowCount(); ++row) {
        const QModelIndex index = m_proxy->index(row, 0);
        const core::RuleReport* report = m_model->report(m_proxy->mapToSource(index));
        const bool quiet = std::ranges::none_of(report->findings, [report](const core::Finding& finding) {
            return signIn(*report, finding.state, finding.standing).has_value();
        });
        m_tree->setExpanded(index, !quiet);
    }
}

/// Not updated while another tab covers it.
void FindingsView::showComparison()
{
    if (m_tabs->currentWidget() == m_comparison)
        m_comparison->setState(state());
}

void FindingsView::showPlace()
{
    const QModelIndex row = rowToShow();
    // A step that has other findings about the place changes nothing about what was chosen.
    if (const core::Finding* finding = m_model->finding(row); finding && place() != m_chosenFor)
        m_chosen = finding->key();
    m_chosenFor = place();
    if (!row.isValid()) {
        if (!m_tree->currentIndex().isValid())
            m_tree->scrollToTop();
        showReasonOf(m_proxy->mapToSource(m_tree->currentIndex()));
        return;
    }
    m_showing = true;
    m_tree->setCurrentIndex(m_proxy->mapFromSource(row));
    m_showing = false;
    // The row may be the same, and the reason another.
    showReasonOf(m_proxy->mapToSource(m_tree->currentIndex()));
}

void FindingsView::filterChanged()
{
    m_showing = true;
    m_proxy->invalidate();
    m_showing = false;
    expandRules();
    showHits();
    showPlace();
}

/// For the window's filter bar.
void FindingsView::showHits()
{
    int hits = 0;
    for (int rule = 0; rule < m_proxy->rowCount(); ++rule)
        hits += m_proxy->rowCount(m_proxy->index(rule, 0));
    setProperty("hits", m_filter->filter().empty() ? QString() : QString::number(hits));
}

void FindingsView::currentMoved(const QModelIndex& proxied)
{
    const QModelIndex index = m_proxy->mapToSource(proxied);
    showReasonOf(index);
    if (m_showing)
        return;
    // By hand: other views follow, as they follow an entry of Tables.
    const core::Finding* finding = m_model->finding(index);
    m_chosen = finding ? finding->key() : core::FindingKey();
    jump(proxied);
}

void FindingsView::showReasonOf(const QModelIndex& index)
{
    if (!state())
        return;
    if (const core::Finding* finding = m_model->finding(index))
        showReason(findingHtml(*state(), *finding, document().writes()));
    else if (const core::RuleReport* report = m_model->report(index))
        showReason(ruleHtml(*report));
    else
        showReason(tr("Choose a finding to see why it is one."));
}

/// What is being read stays where it is.
void FindingsView::showReason(const QString& html)
{
    if (html == m_shown)
        return;
    m_shown = html;
    m_reason->setHtml(html);
}

void FindingsView::jump(const QModelIndex& proxied)
{
    if (const core::Finding* finding = findingAt(proxied))
        choose(placeOfFinding(*finding));
}

const core::Finding* FindingsView::findingAt(const QModelIndex& proxied) const
{
    return m_model->finding(m_proxy->mapToSource(proxied));
}

Place FindingsView::commandPlace() const
{
    const core::Finding* finding = findingAt(m_tree->currentIndex());
    return finding ? placeOfFinding(*finding) : place();
}

/// The finding stays the chosen one, whatever the step makes of it.
void FindingsView::goToWriteOf(const QModelIndex& proxied)
{
    const core::Finding* finding = findingAt(proxied);
    if (!finding)
        return;
    if (const QString why = goToWrite(document(), selection(), placeOfFinding(*finding)); !why.isEmpty())
        emit notice(why);
}

void FindingsView::addToMenu(QMenu& menu)
{
    const QPersistentModelIndex index = m_tree->currentIndex();
    if (!findingAt(index))
        return;
    menu.addAction(tr("Show its entry"), this, [this, index] { jump(index); });
    menu.addAction(tr("Go to the write that caused it"), this, [this, index] { goToWriteOf(index); });
}

void FindingsView::followLink(const QUrl& link)
{
    const auto target = parsePlaceLink(link);
    if (link.toString() == linkToWrite())
        goToWriteOf(m_tree->currentIndex());
    else if (target && target->step)
        document().goTo(*target->step);
    else if (target)
        choose(target->place);
}

} // namespace pgtscope::views
