// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/entry/entryview.h"

#include <algorithm>

#include <QHeaderView>
#include <QSplitter>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/base/numbers.h"
#include "views/entry/entrybits.h"
#include "views/entry/entryhistorymodel.h"
#include "views/mappings/mappingsmodel.h"
#include "views/mappings/mappingstable.h"
#include "views/model/placelink.h"
#include "views/widgets/gridtable.h"
#include "views/widgets/scrolling.h"
#include "views/widgets/textblock.h"
#include "views/widgets/viewtext.h"
#include "views/writes/writecolours.h"

namespace pgtscope::views {

namespace {

QString linkedFrame(const core::Snapshot& snapshot, core::FrameNumber frame)
{
    return QStringLiteral("<a href='%1'>%2</a>%3")
        .arg(linkTo(frame), hexOf(core::addressOf(frame).value), pfnBeside(snapshot, frame));
}

/// Of the history, with its header: more of them scroll, so that the path to the entry stays in sight.
constexpr int historyRows = 6;

} // namespace

EntryView::EntryView(Document& document, Selection& selection, QWidget* parent)
    : FollowingView(document, selection, parent)
    , m_head(new TextBlock("entryHead"))
    , m_offer(new QToolButton)
    , m_path(new GridModel({tr("Level"), tr("Index"), tr("Entry at"), tr("Own rights"), tr("So far"),
                               tr("Value"), tr("Last written")},
          2, 5, this))
    , m_pathTable(new GridTable(m_path))
    , m_bits(new EntryBits)
    , m_fields(new GridModel({tr("Bits"), tr("Name"), tr("Value"), tr("Meaning")}, 0, 2, this))
    , m_fieldTable(new GridTable(m_fields))
    , m_historyHead(new TextBlock("entryHistoryHead"))
    , m_history(new EntryHistoryModel(this))
    , m_historyTable(new QTableView)
    , m_mappingsHead(new TextBlock("entryMappingsHead"))
    , m_mappings(new MappingsModel(this))
    , m_details(new QSplitter(Qt::Vertical))
{
    setObjectName(QStringLiteral("entryView"));
    m_pathTable->setObjectName(QStringLiteral("entryPath"));
    m_pathTable->setAccessibleName(tr("Path to the entry"));
    m_fieldTable->setObjectName(QStringLiteral("entryFields"));
    m_fieldTable->setAccessibleName(tr("Fields of the entry"));
    auto* mappings = new MappingsTable(m_mappings);
    auto* lower = new QWidget;
    auto* below = new QVBoxLayout(lower);
    below->setContentsMargins(0, 0, 0, 0);
    below->addWidget(m_mappingsHead);
    below->addWidget(mappings, 1);
    m_details->addWidget(m_fieldTable);
    m_details->addWidget(lower);
    // In a low view all of it scrolls: squeezed, none of its parts could be read.
    m_fieldTable->setMinimumHeight(5 * m_fieldTable->verticalHeader()->defaultSectionSize());
    mappings->setMinimumHeight(4 * mappings->verticalHeader()->defaultSectionSize());
    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(0, 0, 6, 0);
    head->addWidget(m_head, 1);
    head->addWidget(m_offer, 0, Qt::AlignTop);
    m_head->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_offer->setObjectName(QStringLiteral("editEntry"));
    m_offer->hide();
    layout->addLayout(head);
    layout->addWidget(makeHistory());
    layout->addWidget(m_pathTable);
    layout->addWidget(m_bits);
    layout->addWidget(m_details, 1);
    (new QVBoxLayout(this))->addWidget(makeScrolling(content));
    QWidget::layout()->setContentsMargins(0, 0, 0, 0);
    for (TextBlock* label : {m_head, m_historyHead, m_mappingsHead})
        connect(label, &QLabel::linkActivated, this, &EntryView::followLink);
    connect(m_pathTable, &GridTable::chosen, this, &EntryView::choose);
    connect(mappings, &MappingsTable::chosen, this, &EntryView::choose);
    connect(m_bits, &EntryBits::fieldChosen, m_fieldTable, &QTableView::selectRow);
    connect(m_fieldTable, &QTableView::clicked, this,
        [this](const QModelIndex& i) { m_bits->setField(i.row()); });
    connect(&document.writes(), &WriteHistory::changed, this, &EntryView::takeWrites);
}

void EntryView::offer(QAction& action)
{
    m_offer->setDefaultAction(&action);
    const auto follow = [this, &action] { m_offer->setVisible(action.isVisible()); };
    connect(&action, &QAction::changed, m_offer, follow);
    follow();
}

QWidget* EntryView::makeHistory()
{
    m_historyTable->setObjectName(QStringLiteral("entryHistory"));
    m_historyTable->setAccessibleName(tr("History of the entry"));
    m_historyTable->setModel(m_history);
    fitWithType(*m_historyTable, [this] { fitHistory(); });
    makeDense(*m_historyTable);
    const auto go = [this](const QModelIndex& index) {
        document().goTo(m_history->events()[static_cast<std::size_t>(index.row())].step);
    };
    connect(m_historyTable, &QTableView::clicked, this, go);
    connect(m_historyTable, &QTableView::activated, this, go);
    auto* pane = new QWidget;
    auto* layout = new QVBoxLayout(pane);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_historyHead);
    layout->addWidget(m_historyTable);
    return pane;
}

void EntryView::followLink(const QString& link)
{
    const auto target = parsePlaceLink(QUrl(link));
    if (target && target->step)
        document().goTo(*target->step);
    else if (target)
        choose(target->place);
}

void EntryView::showPlace()
{
    m_entry = state() ? chooseEntry(*state(), place()) : std::nullopt;
    if (!m_entry) {
        clear();
        return;
    }
    showParts(true);
    showHead();
    showPath();
    showBits();
    showHistory();
    showMappings();
}

/// Without an entry there is a sentence, and no empty tables.
void EntryView::showParts(bool shown)
{
    for (QWidget* part :
        {static_cast<QWidget*>(m_pathTable), static_cast<QWidget*>(m_bits), static_cast<QWidget*>(m_details)})
        part->setVisible(shown);
}

void EntryView::clear()
{
    showParts(false);
    const bool off = state() && !state()->snapshot()->paging().enabled();
    m_head->setText(off       ? tr("Paging is off: linear addresses are physical addresses.")
            : place().empty() ? tr("Select an address, a frame or an entry.")
                              : tr("No entry maps it at this step."));
    setProperty("summary", QString());
    m_path->setRows({});
    m_pathTable->fitHeight(0);
    m_bits->setEntry(0, 0, {}, 0);
    m_fields->setRows({});
    m_historyHead->clear();
    if (m_history->rowCount() != 0)
        m_history->setEvents({}, 0);
    m_historyTable->setVisible(false);
    m_mappingsHead->clear();
    m_mappings->clear();
}

void EntryView::showHead()
{
    const core::Paging& paging = state()->snapshot()->paging();
    const core::Entry& entry = m_entry->entry;
    QString text = QStringLiteral("<b>%1 %2</b>%3 [%4] = <tt>%5</tt>")
                       .arg(levelOf(paging, entry.level), hexOf(m_entry->address.value),
                           pfnBeside(*state()->snapshot(), core::frameOf(m_entry->address)))
                       .arg(m_entry->index)
                       .arg(hexOf(entry.raw, paging.entryBytes() * 2));
    text += changeText();
    const core::FrameNumber frame = core::frameOf(entry.target);
    if (m_entry->linear) {
        // The place that was chosen may be anywhere in it.
        const std::uint64_t span = paging.span(entry.level);
        const core::LinearAddress begin(m_entry->linear->value & ~(span - 1));
        text += tr("<br>covers <tt>%1</tt> \u2013 <tt>%2</tt>")
                    .arg(linearOf(paging, begin), linearOf(paging, begin + (span - 1)));
    } else {
        text += tr("<br>in a detached table: no linear address maps it yet");
    }
    if (entry.present())
        text += QStringLiteral("<br>%1 %2: %3")
                    .arg(entry.isPage() ? tr("maps") : tr("references"),
                        linkedFrame(*state()->snapshot(), frame),
                        frameDescription(*state(), frame).toHtmlEscaped());
    m_head->setText(text);
    setProperty("summary",
        QStringLiteral("%1 %2 [%3]")
            .arg(levelOf(paging, entry.level), hexOf(core::addressOf(core::frameOf(m_entry->address)).value))
            .arg(m_entry->index));
}

/// What the step did to the entry, and who did it, where the recording knows.
QString EntryView::changeText() const
{
    const auto& changes = state()->changes().entries;
    const auto change = std::find_if(changes.begin(), changes.end(),
        [&](const core::EntryChange& c) { return c.address == m_entry->address; });
    if (change == changes.end())
        return {};
    QString text
        = tr("<br>◥ changed at this step, was <tt>%1</tt>").arg(hexOf(change->before, change->bytes * 2U));
    if (change->writer)
        text += tr(", written by %1")
                    .arg(change->writer->symbol.empty()
                            ? hexOf(change->writer->rip.value)
                            : QString::fromStdString(change->writer->symbol).toHtmlEscaped());
    return text;
}

void EntryView::showPath()
{
    const core::Snapshot& snapshot = *state()->snapshot();
    std::vector<GridRow> rows;
    const auto add = [&](core::TableId table, unsigned index, core::PhysicalAddress address,
                         const core::Entry& entry, const QString& soFar) {
        Place place;
        place.linear = m_entry->linear;
        place.entry = address;
        place.level = entry.level;
        GridRow row;
        row.cells = {levelOf(snapshot.paging(), entry.level), QString::number(index), hexOf(address.value),
            entry.present() ? rightsOf(entry.rights) : tr("not present"), soFar,
            hexOf(entry.raw, snapshot.paging().entryBytes() * 2)
                + (entry.present() ? pfnBeside(snapshot, core::frameOf(entry.target)) : QString()),
            lastWrittenText(address)};
        row.place = place;
        row.current = table == m_entry->table && index == m_entry->index;
        if (entry.reserved != 0)
            row.state = core::FindingState::Violation;
        rows.push_back(row);
    };
    if (m_entry->linear)
        for (const core::TranslationStep& step : core::translate(snapshot, *m_entry->linear).steps)
            add(step.table, step.index, step.entryAddress, step.entry,
                step.entry.present() ? rightsOf(step.rights) : QString());
    else
        add(m_entry->table, m_entry->index, m_entry->address, m_entry->entry,
            tr("not referenced by any table"));
    m_path->setRows(std::move(rows));
    m_pathTable->fitHeight(220);
}

void EntryView::showBits()
{
    const core::Paging& paging = state()->snapshot()->paging();
    auto fields = entryFields(paging, m_entry->entry, state()->snapshot()->xen());
    std::vector<GridRow> rows;
    for (const EntryField& field : fields) {
        const QString bits = field.high == field.low ? QString::number(field.low)
                                                     : QStringLiteral("%1–%2").arg(field.high).arg(field.low);
        GridRow row;
        row.cells = {bits, field.name, field.value, field.meaning};
        if (field.wrong) {
            row.state = core::FindingState::Violation;
            row.cells[3].prepend(QStringLiteral("✕ "));
        }
        rows.push_back(row);
    }
    std::uint64_t changed = 0;
    for (const core::EntryChange& change : state()->changes().entries)
        if (change.address == m_entry->address)
            changed = change.before ^ change.after;
    m_fields->setRows(std::move(rows));
    m_bits->setEntry(m_entry->entry.raw, paging.entryBytes() * 8, std::move(fields), changed);
}

QString EntryView::lastWrittenText(core::PhysicalAddress entry) const
{
    return WriteColours(document().writes(), document().step(), ColourBy::Writer)
        .describe(document().writes().index()
                ? document().writes().index()->lastWrite(entry, document().step())
                : std::nullopt);
}

/// More is known of who wrote what.
void EntryView::takeWrites()
{
    if (!isSeen())
        noteStale();
    else if (m_entry && state())
        showWrites();
}

void EntryView::showWrites()
{
    showPath();
    showHistory();
}

QString EntryView::historyText() const
{
    const core::WriteIndexPtr& index = document().writes().index();
    if (!document().writes().problem().isEmpty())
        return document().writes().problem().toHtmlEscaped();
    if (!index)
        return tr("<b>History</b>: searching the steps…");
    const auto& events = m_history->events();
    if (events.empty())
        return tr("<b>History</b>: no step of this recording changed the entry.");
    QString text = tr("<b>History</b>: %1").arg(countOf(events.size(), "event"));
    const auto past = std::span(events).first(static_cast<std::size_t>(m_history->present() + 1));
    if (const core::EntryEvent* last = core::lastWrite(past)) {
        text += (last->kind == core::EntryEventKind::Appeared
                ? tr(" · appeared with its table at <a href='%1'>step %2</a>")
                : tr(" · last written at <a href='%1'>step %2</a>"))
                    .arg(linkToStep(last->step), QString::fromStdString(core::groupedText(last->step)));
        if (last->change.writer)
            text += tr(" by <b>%1</b>").arg(writerText(*last).toHtmlEscaped());
    }
    if (index->functions().empty())
        text += tr(" · no writer information: record with every store");
    return text;
}

void EntryView::showHistory()
{
    const core::WriteIndexPtr& index = document().writes().index();
    std::vector<core::EntryEvent> events;
    if (index)
        events = index->history(m_entry->address, index->steps());
    // Most steps change nothing of it, and a growing recording reports known events again and again: the
    // scroll position stays then.
    const bool asBefore = m_history->shows(events, document().step());
    if (!asBefore)
        m_history->setEvents(std::move(events), document().step());
    m_historyHead->setText(historyText());
    m_historyTable->setVisible(m_history->rowCount() != 0);
    if (asBefore)
        return;
    hideEmptyColumns();
    fitColumns(*m_historyTable);
    // Which section is the last one that is shown has changed.
    m_historyTable->horizontalHeader()->setStretchLastSection(false);
    m_historyTable->horizontalHeader()->setStretchLastSection(true);
    fitHistory();
    const int present = m_history->present();
    m_historyTable->scrollTo(m_history->index(std::max(0, present), 0), QAbstractItemView::PositionAtCenter);
}

/// What no event has leaves its room to the others: an entry that appeared with its table has no old value.
void EntryView::hideEmptyColumns()
{
    for (const int column :
        {EntryHistoryModel::Before, EntryHistoryModel::After, EntryHistoryModel::Writer}) {
        constexpr int maxLookedAt = 1000;
        bool empty = true;
        for (int row = 0; empty && row < std::min(m_history->rowCount(), maxLookedAt); ++row)
            empty = m_history->index(row, column).data().toString().isEmpty();
        m_historyTable->setColumnHidden(column, empty);
    }
}

void EntryView::fitHistory()
{
    fitHeight(*m_historyTable, historyRows * m_historyTable->verticalHeader()->defaultSectionSize());
}

void EntryView::showMappings()
{
    if (!m_entry->entry.usable()) {
        m_mappingsHead->setText(tr("It references nothing."));
        m_mappings->clear();
        return;
    }
    const core::FrameNumber frame = core::frameOf(m_entry->entry.target);
    JudgedMappings mappings = judgedMappings(*state(), frame);
    m_mappingsHead->setText((mappings.total == 1 ? tr("%1 mapping of %2") : tr("%1 mappings of %2"))
                                .arg(mappings.total)
                                .arg(linkedFrame(*state()->snapshot(), frame)));
    m_mappings->setMappings(state(), std::move(mappings.list));
}

} // namespace pgtscope::views
