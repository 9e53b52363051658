// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/tables/tablesmodel.h"

#include <algorithm>
#include <array>

#include "core/base/numbers.h"
#include "core/filter/entrysubject.h"
#include "core/linux/events.h"
#include "core/walk/translation.h"
#include "views/model/hypotheticals.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

enum class NodeKind : std::uint8_t { Root, Heading, Table, Entries };

struct TablesModel::Node {
    NodeKind kind = NodeKind::Root;
    bool fetched = false;
    bool detached = false;
    bool flat = false; ///< Of a list of runs: its linear range says more than its index.
    core::RunKind run = core::RunKind::Mapping;
    int row = 0;
    Node* parent = nullptr;
    core::TableId table = core::noTable; ///< Table: itself. Entries: the one that the entries reference.
    unsigned index = 0;
    std::uint64_t count = 1;
    core::Entry entry; ///< The first.
    core::PhysicalAddress address; ///< Of the first entry.
    core::LinearAddress linear;
    core::Rights rights; ///< Of the path, the entry included.
    std::optional<core::FindingState> finding; ///< Of the first entry.
    bool changed = false;
    /// Asked for when the row is first shown.
    mutable std::optional<const ColourRule*> colour;
    mutable std::optional<std::optional<core::LastWrite>> written;
    std::vector<NodePtr> children;
};

namespace {

/// Bits that neighbours in one row have in common; accessed and dirty vary.
constexpr std::uint64_t rowBits = ~core::setByProcessor;

} // namespace

TablesModel::TablesModel(QObject* parent)
    : QAbstractItemModel(parent)
    , m_root(std::make_unique<Node>())
{
}

TablesModel::~TablesModel() = default;

TablesModel::Node* TablesModel::nodeOf(const QModelIndex& index)
{
    return static_cast<Node*>(index.internalPointer());
}

void TablesModel::setState(
    const StepStatePtr& state, const core::SymbolTable& symbols, const WriteColours& writeColours)
{
    beginResetModel();
    m_state = state;
    m_writeColours = writeColours;
    m_root = std::make_unique<Node>();
    m_names.clear();
    m_paths.clear();
    m_findings.clear();
    m_colours = {};
    if (m_state) {
        m_knowledge = m_state->knowledge();
        m_colours = StepColours(m_state, symbols);
        learn(symbols);
        adopt(*m_root, makeChildren(*m_root));
    }
    endResetModel();
}

void TablesModel::recolour(const core::SymbolTable& symbols)
{
    m_colours = StepColours(m_state, symbols);
    const std::function<void(Node&)> forget = [&](Node& node) {
        node.colour.reset();
        for (const NodePtr& child : node.children)
            forget(*child);
    };
    forget(*m_root);
    announceRows();
}

void TablesModel::updateWrites(const WriteColours& writeColours)
{
    m_writeColours = writeColours;
    const std::function<void(Node&)> forget = [&](Node& node) {
        node.written.reset();
        for (const NodePtr& child : node.children)
            forget(*child);
    };
    forget(*m_root);
    announceRows();
}

/// Reports that any cell of the rows made so far may have changed.
void TablesModel::announceRows()
{
    const std::function<void(const Node&)> announce = [&](const Node& node) {
        if (node.children.empty())
            return;
        const QModelIndex parent = indexOfNode(node);
        emit dataChanged(index(0, 0, parent), index(rowCount(parent) - 1, columnCount() - 1, parent));
        for (const NodePtr& child : node.children)
            announce(*child);
    };
    announce(*m_root);
}

const std::optional<core::LastWrite>& TablesModel::written(const Node& node) const
{
    if (!node.written && node.kind == NodeKind::Entries)
        node.written = m_writeColours.ofEntries(
            node.address, node.address + node.count * m_state->snapshot()->paging().entryBytes());
    else if (!node.written)
        node.written = m_writeColours.ofFrame(core::frameOf(node.address));
    return *node.written;
}

const ColourRule* TablesModel::colour(const Node& node) const
{
    if (node.kind != NodeKind::Entries || m_colours.active().empty())
        return nullptr;
    if (!node.colour) {
        core::EntryFacts facts{node.entry, node.address, node.count, node.rights, {}};
        if (!node.detached)
            facts.linear = node.linear;
        node.colour = m_colours.of(core::EntrySubject(*m_state->snapshot(), facts, m_knowledge));
    }
    return *node.colour;
}

/// Looks up once a step what the rows are asked for again and again.
void TablesModel::learn(const core::SymbolTable& symbols)
{
    const core::Snapshot& snapshot = *m_state->snapshot();
    for (const std::string_view name : core::tableSymbols()) {
        const auto at = symbols.empty() ? std::nullopt : symbols.find(name);
        if (!at)
            continue;
        const core::Translation translation = core::translate(snapshot, *at);
        if (translation.end == core::TranslationEnd::Mapped)
            m_names.try_emplace(core::frameOf(translation.physical), name);
    }
    for (const core::Reach& reach : m_state->rules().reached()) {
        std::uint64_t& paths = m_paths[reach.table];
        paths = paths + reach.paths < paths ? ~0ULL : paths + reach.paths;
    }
    m_findings = signsByEntry(m_state->reports());
}

void TablesModel::setRuns(const std::vector<core::Run>& runs)
{
    beginResetModel();
    m_root = std::make_unique<Node>();
    std::vector<NodePtr> rows;
    for (const core::Run& run : runs) {
        auto node = std::make_unique<Node>();
        node->kind = NodeKind::Entries;
        node->flat = true;
        node->fetched = true;
        node->run = run.kind;
        node->count = run.entries;
        node->entry = run.first;
        node->address = run.entryAddress;
        node->linear = run.begin;
        node->rights = run.rights;
        node->finding = finding(*node);
        node->changed = m_state && m_state->changed(node->address);
        rows.push_back(std::move(node));
    }
    adopt(*m_root, std::move(rows));
    endResetModel();
}

void TablesModel::setDialect(core::Dialect dialect)
{
    if (dialect == m_dialect)
        return;
    m_dialect = dialect;
    announceRows();
}

void TablesModel::adopt(Node& parent, std::vector<NodePtr> rows)
{
    parent.fetched = true;
    parent.children = std::move(rows);
    for (std::size_t i = 0; i < parent.children.size(); ++i) {
        parent.children[i]->parent = &parent;
        parent.children[i]->row = static_cast<int>(i);
    }
}

TablesModel::NodePtr TablesModel::makeTable(core::TableId id) const
{
    const core::Table& table = m_state->snapshot()->table(id);
    auto node = std::make_unique<Node>();
    node->kind = NodeKind::Table;
    node->table = id;
    node->address = table.address;
    node->detached = table.origin == core::TableOrigin::Detached;
    node->changed = m_state->changed(table.frame());
    return node;
}

std::vector<TablesModel::NodePtr> TablesModel::makeChildren(const Node& node) const
{
    std::vector<NodePtr> rows;
    const auto tables = m_state->snapshot()->tables();
    const auto isDetached = [](const core::Table& t) { return t.origin == core::TableOrigin::Detached; };
    switch (node.kind) {
    case NodeKind::Root:
        if (!tables.empty())
            rows.push_back(makeTable(0));
        if (const auto count = std::count_if(tables.begin(), tables.end(), isDetached); count != 0) {
            auto heading = std::make_unique<Node>();
            heading->kind = NodeKind::Heading;
            heading->count = static_cast<std::uint64_t>(count);
            rows.push_back(std::move(heading));
        }
        break;
    case NodeKind::Heading:
        for (core::TableId id = 0; id < tables.size(); ++id)
            if (isDetached(tables[id]))
                rows.push_back(makeTable(id));
        break;
    case NodeKind::Table:
        addEntries(node, node.table, rows);
        break;
    case NodeKind::Entries:
        if (node.table != core::noTable)
            addEntries(node, node.table, rows);
        else
            rows = splitRun(node);
        break;
    }
    return rows;
}

void TablesModel::addEntries(const Node& parent, core::TableId id, std::vector<NodePtr>& rows) const
{
    const core::Snapshot& snapshot = *m_state->snapshot();
    const core::Paging& paging = snapshot.paging();
    const core::Table& table = snapshot.table(id);
    for (const core::EntryAt& at : table.allEntries(paging)) {
        // An entry that was cleared at this step is worth a row: it is what changed.
        const bool changedNow = m_state->changed(at.address);
        if (!at.entry.present() && !changedNow)
            continue;
        auto node = std::make_unique<Node>();
        node->kind = NodeKind::Entries;
        node->detached = parent.detached;
        node->index = at.index;
        node->entry = at.entry;
        node->address = at.address;
        node->linear = paging.canonicalised(parent.linear + at.index * paging.span(table.level));
        node->rights = parent.rights & at.entry.rights;
        node->changed = changedNow;
        node->finding = finding(*node);
        node->table = snapshot.child(at.entry);
        if (!rows.empty() && joins(*rows.back(), *node))
            ++rows.back()->count;
        else
            rows.push_back(std::move(node));
    }
}

bool TablesModel::joins(const Node& run, const Node& next) const
{
    if (run.index + run.count != next.index || run.changed != next.changed || run.finding != next.finding
        || !run.entry.present() || !next.entry.present())
        return false;
    if (next.entry.isTable())
        return run.entry.isTable() && ((run.entry.raw ^ next.entry.raw) & rowBits) == 0;
    const core::Paging& paging = m_state->snapshot()->paging();
    const std::uint64_t span = paging.span(next.entry.level);
    return run.entry.isPage() && next.entry.target == run.entry.target + run.count * span
        && core::sameDistance(
            m_state->snapshot()->xen(), core::frameOf(run.entry.target), core::frameOf(next.entry.target))
        && ((run.entry.raw ^ next.entry.raw) & rowBits & ~paging.form(next.entry).addressBits()) == 0
        && m_state->snapshot()->regionAt(run.linear) == m_state->snapshot()->regionAt(next.linear);
}

/// The entries of a row of several, one by one.
std::vector<TablesModel::NodePtr> TablesModel::splitRun(const Node& run) const
{
    const core::Paging& paging = m_state->snapshot()->paging();
    const std::uint64_t span = paging.span(run.entry.level);
    const core::TableId holder = [&] {
        const core::Snapshot& snapshot = *m_state->snapshot();
        const auto offset = std::uint64_t{run.index} * paging.entryBytes();
        return snapshot.find(core::PhysicalAddress(run.address.value - offset), run.entry.level);
    }();
    std::vector<NodePtr> rows;
    if (holder == core::noTable)
        return rows;
    const core::Table& table = m_state->snapshot()->table(holder);
    for (std::uint64_t i = 0; i < run.count; ++i) {
        auto node = std::make_unique<Node>();
        node->kind = NodeKind::Entries;
        node->fetched = true;
        node->detached = run.detached;
        const core::EntryAt at = table.entryAt(paging, run.index + static_cast<unsigned>(i));
        node->index = at.index;
        node->entry = at.entry;
        node->address = at.address;
        node->linear = paging.canonicalised(run.linear + i * span);
        node->rights = run.rights;
        node->changed = run.changed;
        node->finding = run.finding;
        rows.push_back(std::move(node));
    }
    return rows;
}

bool TablesModel::expandable(const Node& node) const
{
    switch (node.kind) {
    case NodeKind::Root:
        return m_state != nullptr;
    case NodeKind::Heading:
        return true;
    case NodeKind::Table:
        break;
    case NodeKind::Entries:
        if (node.table == core::noTable)
            return !node.flat && node.count > 1 && node.entry.isPage();
        break;
    }
    return m_state->snapshot()->table(node.table).page != nullptr;
}

QModelIndex TablesModel::indexOfNode(const Node& node) const
{
    return node.kind == NodeKind::Root ? QModelIndex() : createIndex(node.row, 0, &node);
}

QModelIndex TablesModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    const Node& node = parent.isValid() ? *nodeOf(parent) : *m_root;
    return createIndex(row, column, node.children[static_cast<std::size_t>(row)].get());
}

QModelIndex TablesModel::parent(const QModelIndex& child) const
{
    return child.isValid() ? indexOfNode(*nodeOf(child)->parent) : QModelIndex();
}

int TablesModel::rowCount(const QModelIndex& parent) const
{
    if (parent.column() > 0)
        return 0;
    const Node& node = parent.isValid() ? *nodeOf(parent) : *m_root;
    return static_cast<int>(node.children.size());
}

int TablesModel::columnCount(const QModelIndex&) const { return m_writeColours.active() ? columns : Written; }

bool TablesModel::hasChildren(const QModelIndex& parent) const
{
    if (parent.column() > 0)
        return false;
    const Node& node = parent.isValid() ? *nodeOf(parent) : *m_root;
    return node.fetched ? !node.children.empty() : expandable(node);
}

bool TablesModel::canFetchMore(const QModelIndex& parent) const
{
    if (parent.column() > 0)
        return false;
    const Node& node = parent.isValid() ? *nodeOf(parent) : *m_root;
    return m_state && !node.fetched && expandable(node);
}

void TablesModel::fetchMore(const QModelIndex& parent)
{
    Node& node = parent.isValid() ? *nodeOf(parent) : *m_root;
    if (!m_state || node.fetched)
        return;
    std::vector<NodePtr> rows = makeChildren(node);
    node.fetched = true;
    if (rows.empty())
        return;
    beginInsertRows(parent, 0, static_cast<int>(rows.size()) - 1);
    adopt(node, std::move(rows));
    endInsertRows();
}

Place TablesModel::placeAt(const QModelIndex& index) const
{
    Place place;
    if (!index.isValid() || !m_state)
        return place;
    const Node& node = *nodeOf(index);
    if (node.kind == NodeKind::Table)
        place.frame = m_state->snapshot()->table(node.table).frame();
    if (node.kind != NodeKind::Entries)
        return place;
    place.entry = node.address;
    place.level = node.entry.level;
    if (node.entry.present())
        place.frame = core::frameOf(node.entry.target);
    if (!node.detached)
        place.linear = node.linear;
    return place;
}

QModelIndex TablesModel::indexOf(const Place& place)
{
    if (!m_state || rowCount() == 0 || m_root->children[0]->kind != NodeKind::Table)
        return {};
    if (!place.linear)
        return place.entry ? indexOfDetached(*place.entry) : QModelIndex();
    const core::Paging& paging = m_state->snapshot()->paging();
    const unsigned lowest = place.level.value_or(1);
    Node* node = m_root->children[0].get();
    QModelIndex best = indexOfNode(*node);
    for (unsigned level = paging.levels(); level >= lowest && level != 0; --level) {
        fetchMore(indexOfNode(*node));
        const unsigned wanted = paging.index(*place.linear, level);
        const auto found = std::find_if(node->children.begin(), node->children.end(),
            [&](const NodePtr& n) { return wanted - n->index < n->count; });
        if (found == node->children.end())
            break;
        node = found->get();
        best = indexOfNode(*node);
        if (node->table == core::noTable)
            break;
    }
    return best;
}

QModelIndex TablesModel::indexOfDetached(core::PhysicalAddress entry)
{
    Node& heading = *m_root->children.back();
    if (heading.kind != NodeKind::Heading)
        return {};
    fetchMore(indexOfNode(heading));
    const auto table = std::find_if(heading.children.begin(), heading.children.end(),
        [&](const NodePtr& n) { return core::frameOf(n->address) == core::frameOf(entry); });
    if (table == heading.children.end())
        return {};
    fetchMore(indexOfNode(**table));
    const unsigned bytes = m_state->snapshot()->paging().entryBytes();
    const auto& rows = (*table)->children;
    const auto row = std::find_if(rows.begin(), rows.end(),
        [&](const NodePtr& n) { return entry.value - n->address.value < n->count * bytes; });
    return indexOfNode(row == rows.end() ? **table : **row);
}

std::optional<std::uint64_t> TablesModel::rawAt(const QModelIndex& index) const
{
    if (!index.isValid() || nodeOf(index)->kind != NodeKind::Entries)
        return std::nullopt;
    return nodeOf(index)->entry.raw;
}

bool TablesModel::changed(const Node& node) const
{
    return node.changed
        || (node.table != core::noTable
            && m_state->changed(core::frameOf(m_state->snapshot()->table(node.table).address)));
}

std::optional<core::FindingState> TablesModel::finding(const Node& node) const
{
    if (node.kind != NodeKind::Entries)
        return std::nullopt;
    const auto found = m_findings.find(node.address);
    return found == m_findings.end() ? std::nullopt : std::optional(found->second);
}

QVariant TablesModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || !m_state)
        return {};
    const Node& node = *nodeOf(index);
    switch (role) {
    case Qt::DisplayRole:
        return display(node, index.column());
    case Qt::ToolTipRole:
        return toolTip(node);
    case Qt::TextAlignmentRole:
        return index.column() == Marks ? QVariant(Qt::AlignCenter) : QVariant();
    case FindingRole:
        return node.finding ? QVariant(static_cast<int>(*node.finding)) : QVariant();
    case ChangedRole:
        return changed(node);
    case ColourRole:
        return colour(node) ? QVariant(tintOf(*colour(node))) : QVariant();
    case TintRole:
        return m_writeColours.active() && node.kind != NodeKind::Heading
            ? QVariant::fromValue(m_writeColours.tint(m_writeColours.codeOf(written(node))))
            : QVariant();
    case KeyRole:
        return QStringLiteral("%1/%2/%3")
            .arg(node.address.value, 0, 16)
            .arg(node.entry.level)
            .arg(node.linear.value, 0, 16);
    default:
        return {};
    }
}

QVariant TablesModel::display(const Node& node, int column) const
{
    const bool entries = node.kind == NodeKind::Entries;
    switch (static_cast<Column>(column)) {
    case Index:
        return indexText(node);
    case Marks:
        return marksText(node);
    case Target:
        return targetText(node);
    case Linear:
        return entries && !node.detached && !node.flat ? linearOf(m_state->snapshot()->paging(), node.linear)
                                                       : QString();
    case Effective:
        return entries && node.entry.present() ? rightsOf(node.rights) : QString();
    case Own:
        return entries && node.entry.present() ? rightsOf(node.entry.rights) : QString();
    case Role:
        return roleText(node);
    case Written:
        return node.kind == NodeKind::Heading ? QString() : m_writeColours.tell(written(node));
    }
    return {};
}

QVariant TablesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || (role != Qt::DisplayRole && role != Qt::ToolTipRole))
        return {};
    const auto header
        = [role](const QString& title, const QString& tip) { return role == Qt::DisplayRole ? title : tip; };
    switch (static_cast<Column>(section)) {
    case Index:
        return header(tr("Entry"), tr("Table, and indices of its entries"));
    case Marks:
        return header({},
            tr("\u0394: changed at this step; \u2715 ! \u25cc \u223c i: findings; letters: colour rules"));
    case Target:
        return header(tr("Maps"), tr("What the entries map or reference"));
    case Effective:
        return header(tr("Effective"), tr("Rights of the whole path down to here"));
    case Own:
        return header(tr("Own"), tr("Rights in the entry itself"));
    case Linear:
        return header(tr("Linear address"), tr("First linear address that the entries translate"));
    case Role:
        return header(tr("Role"), tr("What the frame is, and the region of the address"));
    case Written:
        return header(tr("Last written"),
            tr("The function that last wrote the entries of the row (for a table, those in it), and how long "
               "ago"));
    }
    return {};
}

QString TablesModel::tableName(core::TableId id) const
{
    const core::Snapshot& snapshot = *m_state->snapshot();
    const core::Table& table = snapshot.table(id);
    QString name = toText(core::levelName(snapshot.paging(), table.level, m_dialect));
    // Intel names the entries; a table is called the same without the last letter.
    if (m_dialect == core::Dialect::Intel && name.endsWith(QLatin1Char('E')))
        name.chop(1);
    return name;
}

QString TablesModel::indexText(const Node& node) const
{
    switch (node.kind) {
    case NodeKind::Root:
        break;
    case NodeKind::Heading:
        return QStringLiteral("Detached: %1 tables that no root reaches").arg(node.count);
    case NodeKind::Table:
        return tableName(node.table);
    case NodeKind::Entries: {
        const core::Paging& paging = m_state->snapshot()->paging();
        if (node.flat)
            return linearOf(paging, node.linear);
        return node.count == 1
            ? QString::number(node.index)
            : QStringLiteral("%1\u2013%2").arg(node.index).arg(node.index + node.count - 1);
    }
    }
    return {};
}

QString TablesModel::marksText(const Node& node) const
{
    QString marks;
    if (node.finding)
        marks += Theme::instance().findingGlyph(*node.finding);
    if (changed(node))
        marks += QStringLiteral("\u0394");
    return withMark(marks, colour(node));
}

QString TablesModel::targetText(const Node& node) const
{
    if (node.kind == NodeKind::Heading)
        return {};
    const core::Snapshot& snapshot = *m_state->snapshot();
    if (node.kind == NodeKind::Table)
        return hexOf(node.address.value) + pfnBeside(snapshot, core::frameOf(node.address));
    if (!node.entry.present())
        return QStringLiteral("not present (cleared)");
    const QString target
        = hexOf(node.entry.target.value) + pfnBeside(snapshot, core::frameOf(node.entry.target));
    if (node.entry.reserved != 0)
        return QStringLiteral("reserved bits set: ")
            + QString::fromStdString(core::bitPositionsText(node.entry.reserved));
    const QString times = node.count == 1
        ? QString()
        : QStringLiteral("%1 \u00d7 ").arg(QString::fromStdString(core::groupedText(node.count)));
    if (node.entry.isPage())
        return times + QString::fromStdString(core::sizeText(snapshot.paging().span(node.entry.level)))
            + QStringLiteral(" \u2192 ") + target;
    if (node.flat)
        return times + QStringLiteral("\u2192 ") + target
            + (node.run == core::RunKind::SharedTable ? QStringLiteral(" (shared)") : QString());
    if (node.table == core::noTable)
        return times + QStringLiteral("\u2192 ") + target + QStringLiteral(" (not read)");
    QString text = times + QStringLiteral("\u2192 ") + tableName(node.table) + QLatin1Char(' ') + target;
    const auto state = snapshot.table(node.table).state;
    if (state != core::TableState::Read)
        text += QStringLiteral(" (%1)").arg(toText(core::stateText(state)));
    return text;
}

QString TablesModel::roleText(const Node& node) const
{
    QStringList parts;
    if (node.kind == NodeKind::Heading)
        return {};
    const core::Snapshot& snapshot = *m_state->snapshot();
    const core::FrameNumber frame = node.kind == NodeKind::Table ? snapshot.table(node.table).frame()
                                                                 : core::frameOf(node.entry.target);
    if (node.table != core::noTable) {
        if (const auto name = m_names.find(frame); name != m_names.end())
            parts += QString::fromStdString(name->second);
        if (const auto paths = m_paths.find(node.table); paths != m_paths.end() && paths->second > 1)
            parts += QStringLiteral("shared, %1 paths")
                         .arg(QString::fromStdString(core::groupedText(paths->second)));
    } else if (node.entry.isPage()) {
        parts += roleDescription(*m_state, frame);
    }
    if (node.kind == NodeKind::Entries && !node.detached)
        if (const core::LinearRegion* region = snapshot.regionAt(node.linear))
            parts += toText(region->title);
    return parts.join(QStringLiteral(" \u00b7 "));
}

QString TablesModel::toolTip(const Node& node) const
{
    if (node.kind != NodeKind::Entries)
        return {};
    const core::Paging& paging = m_state->snapshot()->paging();
    const QString rule = colour(node) ? QLatin1Char('\n') + colour(node)->name : QString();
    return QStringLiteral("%1 at %2%3 = %4\n%5%6")
        .arg(levelOf(paging, node.entry.level), hexOf(node.address.value),
            pfnBeside(*m_state->snapshot(), core::frameOf(node.address)),
            hexOf(node.entry.raw, paging.entryBytes() * 2),
            QString::fromStdString(core::entryBitsText(paging, node.entry)), rule);
}

} // namespace pgtscope::views
