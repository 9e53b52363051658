// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/tables/tablesview.h"

#include <QActionGroup>
#include <QEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QSet>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include "core/base/numbers.h"
#include "core/filter/runsubject.h"
#include "core/filter/snapshotknowledge.h"
#include "core/recording/output.h"
#include "core/report/runwriter.h"
#include "views/filters/filteredit.h"
#include "views/model/entrychoice.h"
#include "views/model/levelnames.h"
#include "views/model/placetext.h"
#include "views/tables/tablesdelegate.h"
#include "views/tables/tablesmodel.h"
#include "views/widgets/gridtable.h"
#include "views/widgets/savedirectory.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"
#include "views/widgets/wholerows.h"
#include "views/writes/writecolours.h"

namespace pgtscope::views {

TablesView::TablesView(Document& document, Selection& selection, QWidget* parent)
    : FollowingView(document, selection, parent)
    , m_model(new TablesModel(this))
    , m_filter(new FilterEdit(document, this))
    , m_tree(makeTree())
    , m_names(makeNames())
    , m_colourBy(new ColourBySwitch(this))
    , m_legend(new WriteLegend(this))
    , m_note(new QLabel(this))
{
    setObjectName(QStringLiteral("tables"));
    m_note->setVisible(false);
    m_note->setWordWrap(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 4, 4, 4);
    layout->setSpacing(4);
    auto* bar = new QHBoxLayout;
    bar->addWidget(m_filter, 1);
    bar->addWidget(m_colourBy, 0, Qt::AlignTop);
    bar->addWidget(m_names, 0, Qt::AlignTop);
    layout->addLayout(bar);
    layout->addWidget(m_note);
    layout->addWidget(new WholeRows(*m_tree), 1);
    layout->addWidget(m_legend);
    m_legend->setColours({});
    setFocusProxy(m_tree);
    m_tree->installEventFilter(this);
    connect(m_filter, &FilterEdit::filterChanged, this, &TablesView::showStep);
    connect(m_colourBy, &QComboBox::currentIndexChanged, this, &TablesView::showStep);
    connect(&document.writes(), &WriteHistory::changed, this, &TablesView::takeWrites);
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, &TablesView::selectCurrent);
    connect(&ColourRules::instance(), &ColourRules::changedRules, this,
        [this] { m_model->recolour(this->document().symbols()); });
}

namespace {

/// The entry that references the table in that frame.
std::optional<Place> referenceTo(const core::Snapshot& snapshot, std::optional<core::FrameNumber> frame)
{
    for (const core::Table& table : snapshot.tables()) {
        if (!frame || table.level == 1)
            continue;
        for (const core::EntryAt& at : table.entries(snapshot.paging()))
            if (at.entry.leadsToTable() && core::frameOf(at.entry.target) == *frame)
                return placeOfEntry(snapshot, at.address, table.level);
    }
    return std::nullopt;
}

} // namespace

QTreeView* TablesView::makeTree()
{
    auto* tree = new QTreeView(this);
    tree->setModel(m_model);
    tree->setItemDelegate(new TablesDelegate(tree));
    tree->setUniformRowHeights(true);
    tree->setIndentation(10);
    tree->setFrameShape(QFrame::NoFrame);
    tree->setFont(Theme::instance().fixedFont());
    tree->setAccessibleName(tr("Page tables"));
    tree->setAccessibleDescription(
        tr("The paging structures of this step; a row is one entry, or neighbours with the same attributes"));
    const QFontMetrics metrics(tree->font());
    const int letter = metrics.horizontalAdvance(QLatin1Char('0'));
    const int widths[] = {16, 4, 23, 12, 11, 21};
    for (int column = 0; column < static_cast<int>(std::size(widths)); ++column)
        tree->header()->resizeSection(column, widths[column] * letter);
    growWithType(*tree->header());
    tree->header()->setStretchLastSection(true);
    tree->header()->setMinimumSectionSize(2 * letter);
    return tree;
}

QToolButton* TablesView::makeNames()
{
    auto* button = new QToolButton(this);
    button->setText(tr("Names"));
    button->setToolTip(tr("Names of the levels, in every view"));
    button->setAccessibleName(tr("Level names"));
    button->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(tr("Level names"), button);
    auto* group = new QActionGroup(menu);
    for (const auto dialect : {core::Dialect::Intel, core::Dialect::Kernel, core::Dialect::Xen}) {
        QAction* action = menu->addAction(LevelNames::description(dialect));
        action->setCheckable(true);
        action->setChecked(LevelNames::instance().dialect() == dialect);
        group->addAction(action);
        connect(action, &QAction::triggered, this, [dialect] { LevelNames::instance().setDialect(dialect); });
    }
    button->setMenu(menu);
    return button;
}

void TablesView::setFilterText(const QString& text) { m_filter->setText(text); }

void TablesView::showStep()
{
    m_note->setVisible(false);
    if (!state()) {
        m_model->setState({}, {});
        setProperty("summary", QString());
        return;
    }
    m_filter->reread();
    m_model->setDialect(LevelNames::instance().dialect());
    m_tree->setFont(Theme::instance().fixedFont());
    const core::Snapshot& snapshot = *state()->snapshot();
    setProperty("summary",
        tr("CPU %1 \u00b7 root %2%3 \u00b7 %4 \u00b7 %5 \u00b7 %6 changed")
            .arg(snapshot.cpu().id)
            .arg(hexOf(snapshot.root().value), pfnBeside(snapshot, core::frameOf(snapshot.root())),
                toText(snapshot.paging().name()), countOf(snapshot.tableFrames(), "table"),
                countOf(state()->changes().entries.size(), "entry")));
    m_legend->setColours(writeColours());
    makeRoomForXen(snapshot.xen() != nullptr);
    m_choosing = true;
    if (m_filter->filter().empty())
        showTree();
    else
        showFiltered();
    m_choosing = false;
}

WriteColours TablesView::writeColours() const
{
    return {document().writes(), document().step(), m_colourBy->value()};
}

void TablesView::takeWrites()
{
    const WriteColours colours = writeColours();
    if (!colours.active())
        return;
    m_model->updateWrites(colours);
    m_legend->setColours(colours);
}

/// Who wrote is shown beside the entry, not at the far end of the row.
void TablesView::placeWritten()
{
    QHeaderView& header = *m_tree->header();
    if (m_model->columnCount() <= TablesModel::Written)
        return;
    const int place = TablesModel::Target;
    if (header.visualIndex(TablesModel::Written) == place)
        return;
    header.moveSection(header.visualIndex(TablesModel::Written), place);
    header.resizeSection(
        TablesModel::Written, 36 * QFontMetrics(m_tree->font()).horizontalAdvance(QLatin1Char('0')));
}

/// Under Xen a pfn is beside each machine address, and a PV kernel's own pages are user pages to the CPU.
void TablesView::makeRoomForXen(bool needed)
{
    if (needed == m_roomForXen)
        return;
    m_roomForXen = needed;
    const int letter = QFontMetrics(m_tree->font()).horizontalAdvance(QLatin1Char('0'));
    QHeaderView& header = *m_tree->header();
    const std::pair<int, int> letters[]
        = {{TablesModel::Target, 14}, {TablesModel::Effective, 1}, {TablesModel::Own, 3}};
    for (const auto& [column, more] : letters)
        header.resizeSection(column, header.sectionSize(column) + (needed ? more : -more) * letter);
}

/// In a list of runs the first column holds whole addresses, and no indices below each other.
void TablesView::makeRoomForAddress(bool needed)
{
    if (needed == m_roomForAddress)
        return;
    m_roomForAddress = needed;
    const int letter = QFontMetrics(m_tree->font()).horizontalAdvance(QLatin1Char('0'));
    constexpr int more = 5; // letters
    QHeaderView& header = *m_tree->header();
    header.resizeSection(
        TablesModel::Index, header.sectionSize(TablesModel::Index) + (needed ? more : -more) * letter);
}

void TablesView::showTree()
{
    rememberTree();
    m_showsTree = true;
    setProperty("hits", QString());
    makeRoomForAddress(false);
    m_model->setState(state(), document().symbols(), writeColours());
    placeWritten();
    if (!state()->snapshot()->paging().enabled()) {
        m_note->setText(tr(
            "Paging is off at this step: linear addresses are physical addresses, and there are no tables."));
        m_note->setVisible(true);
    }
    for (int row = 1; row < m_model->rowCount(); ++row)
        m_tree->setFirstColumnSpanned(row, {}, true);
    if (!m_everShown && m_model->rowCount() != 0)
        m_tree->expand(m_model->index(0, 0));
    m_everShown = m_everShown || m_model->rowCount() != 0;
    openAgain({});
    showPlace();
}

void TablesView::showFiltered()
{
    rememberTree();
    m_showsTree = false;
    makeRoomForAddress(true);
    m_model->setState(state(), document().symbols(), writeColours());
    placeWritten();
    const core::FilterKnowledge known = state()->knowledge();
    core::RunOptions options;
    options.maxRuns = maxRuns;
    options.detached = true;
    std::vector<core::Run> runs;
    const auto end = core::forEachRun(
        *state()->snapshot(), options, m_filter->filter(), known, [&](const core::Run& run) {
            runs.push_back(run);
            return true;
        });
    m_model->setRuns(runs);
    setProperty(
        "hits", end == core::RunsEnd::Limit ? tr("over %1").arg(maxRuns) : QString::number(runs.size()));
    m_note->setText(end == core::RunsEnd::Limit
            ? tr("The first %1 matches; a narrower filter shows the rest.").arg(maxRuns)
            : countOf(runs.size(), "match"));
    m_note->setVisible(true);
}

/// Notes which rows are open, so that the next step shows the same part of the tables.
void TablesView::rememberTree()
{
    if (!m_showsTree || m_model->rowCount() == 0)
        return;
    m_open.clear();
    rememberOpen({});
    for (const QPersistentModelIndex& row : m_openedForPlace)
        m_open.remove(row.data(TablesModel::KeyRole).toString());
    m_openedForPlace.clear();
}

void TablesView::rememberOpen(const QModelIndex& parent)
{
    for (int row = 0; row < m_model->rowCount(parent); ++row) {
        const QModelIndex index = m_model->index(row, 0, parent);
        if (!m_tree->isExpanded(index))
            continue;
        m_open.insert(index.data(TablesModel::KeyRole).toString());
        rememberOpen(index);
    }
}

void TablesView::openAgain(const QModelIndex& parent)
{
    for (int row = 0; row < m_model->rowCount(parent); ++row) {
        const QModelIndex index = m_model->index(row, 0, parent);
        if (!m_open.contains(index.data(TablesModel::KeyRole).toString()))
            continue;
        m_tree->expand(index);
        openAgain(index);
    }
}

void TablesView::showPlace()
{
    if (!state() || !m_filter->filter().empty() || place().empty())
        return;
    Place wanted = place();
    // Of a frame alone the tree shows the first entry that maps it.
    if (!wanted.linear && !wanted.entry) {
        if (const auto mapper = chooseEntry(*state(), wanted))
            wanted = placeOfEntry(*mapper);
        else if (const auto parent = referenceTo(*state()->snapshot(), wanted.frame))
            wanted = *parent;
    }
    if (!wanted.linear && wanted.entry && wanted.level)
        wanted = placeOfEntry(*state()->snapshot(), *wanted.entry, *wanted.level);
    const QModelIndex index = m_model->indexOf(wanted);
    const bool was = m_choosing;
    m_choosing = true;
    if (index.isValid())
        openFor(index);
    // The row of another place would look like this one's.
    m_tree->setCurrentIndex(index);
    if (index.isValid())
        m_tree->scrollTo(index);
    m_choosing = was;
}

/// Qt makes the first row current where none is when the tree gets the keyboard: the user has chosen nothing.
bool TablesView::eventFilter(QObject* watched, QEvent* event)
{
    if (watched != m_tree || event->type() != QEvent::FocusIn || m_choosing)
        return FollowingView::eventFilter(watched, event);
    const bool had = m_tree->currentIndex().isValid();
    m_choosing = true;
    watched->event(event);
    if (!had)
        m_tree->setCurrentIndex({});
    m_choosing = false;
    return true;
}

/// Opens the tables above the row, and closes those that were opened only for the row before.
void TablesView::openFor(const QModelIndex& index)
{
    QModelIndexList above;
    for (QModelIndex parent = index.parent(); parent.isValid(); parent = parent.parent())
        above.prepend(parent);
    QList<QPersistentModelIndex> kept;
    for (const QPersistentModelIndex& row : m_openedForPlace)
        if (above.contains(row))
            kept += row;
        else
            m_tree->collapse(row);
    m_openedForPlace = kept;
    for (const QModelIndex& parent : above)
        if (!m_tree->isExpanded(parent)) {
            m_tree->expand(parent);
            m_openedForPlace += parent;
        }
}

void TablesView::selectCurrent()
{
    if (m_choosing)
        return;
    const Place chosen = m_model->placeAt(m_tree->currentIndex());
    if (chosen.empty())
        return;
    // When the user chooses a row in the tree, what is open stays open.
    m_openedForPlace.clear();
    m_choosing = true;
    choose(chosen);
    m_choosing = false;
}

void TablesView::addToMenu(QMenu& menu)
{
    menu.addMenu(m_names->menu());
    menu.addAction(tr("Export mappings as CSV or JSON\u2026"), this, &TablesView::exportRuns);
}

void TablesView::exportRuns()
{
    if (!state())
        return;
    const QString path = QFileDialog::getSaveFileName(this, tr("Export mappings"),
        inSaveDirectory(QStringLiteral("mappings.csv")), tr("CSV (*.csv);;JSON (*.json)"));
    if (path.isEmpty())
        return;
    const core::Snapshot& snapshot = *state()->snapshot();
    const auto format = path.endsWith(QLatin1String(".json")) ? core::RunFormat::Json : core::RunFormat::Csv;
    const auto fill = [&](std::ostream& out) -> core::Result<void> {
        const auto writer = core::makeRunWriter(format, snapshot, out);
        core::SnapshotKnowledge knowledge(state()->snapshot());
        writer->begin();
        core::RunOptions options = core::runOptions(format);
        options.detached = !m_filter->filter().empty();
        const auto end = core::forEachRun(snapshot, options, m_filter->filter(), knowledge.knowledge(),
            [&](const core::Run& run) { return writer->write(run); });
        writer->end(end);
        return {};
    };
    const auto done = core::writeOutput(path.toStdString(), core::Existing::Replace, fill);
    emit notice(done ? tr("Wrote %1").arg(path) : QString::fromStdString(done.error().message()));
}

} // namespace pgtscope::views
