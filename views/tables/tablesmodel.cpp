// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/tables/tablesmodel.h"

#include <algorithm>

#include "core/base/numbers.h"
#include "core/filter/entrysubject.h"
#include "core/walk/translation.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

TablesModel::TablesModel(QObject* parent)
    : QAbstractItemModel(parent)
    , m_root(std::make_unique<TableNode>())
{
}

TablesModel::~TablesModel() = default;

TableNode* TablesModel::nodeOf(const QModelIndex& index)
{
    return static_cast<TableNode*>(index.internalPointer());
}

void TablesModel::setState(
    const StepStatePtr& state, const core::SymbolTable& symbols, const WriteColours& writeColours)
{
    beginResetModel();
    m_state = state;
    m_flat = false;
    m_writeColours = writeColours;
    m_root = std::make_unique<TableNode>();
    m_tree.setState(state);
    m_texts.setState(state, symbols);
    m_colours = {};
    if (m_state) {
        m_knowledge = m_state->knowledge();
        m_colours = StepColours(m_state, symbols);
        adoptRows(*m_root, m_tree.childrenOf(*m_root));
    }
    endResetModel();
}

void TablesModel::recolour(const core::SymbolTable& symbols)
{
    m_colours = StepColours(m_state, symbols);
    const std::function<void(TableNode&)> forget = [&](TableNode& node) {
        node.colour.reset();
        for (const TableNodePtr& child : node.children)
            forget(*child);
    };
    forget(*m_root);
    announceRows();
}

void TablesModel::updateWrites(const WriteColours& writeColours)
{
    m_writeColours = writeColours;
    const std::function<void(TableNode&)> forget = [&](TableNode& node) {
        node.written.reset();
        for (const TableNodePtr& child : node.children)
            forget(*child);
    };
    forget(*m_root);
    announceRows();
}

/// Reports that any cell of the rows made so far may have changed.
void TablesModel::announceRows()
{
    const std::function<void(const TableNode&)> announce = [&](const TableNode& node) {
        if (node.children.empty())
            return;
        const QModelIndex parent = indexOfNode(node);
        emit dataChanged(index(0, 0, parent), index(rowCount(parent) - 1, columnCount() - 1, parent));
        for (const TableNodePtr& child : node.children)
            announce(*child);
    };
    announce(*m_root);
}

const std::optional<core::LastWrite>& TablesModel::written(const TableNode& node) const
{
    if (!node.written && node.kind == NodeKind::Entries)
        node.written = m_writeColours.ofEntries(
            node.address, node.address + node.count * m_state->snapshot()->paging().entryBytes());
    else if (!node.written)
        node.written = m_writeColours.ofFrame(core::frameOf(node.address));
    return *node.written;
}

const ColourRule* TablesModel::colour(const TableNode& node) const
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

void TablesModel::setRuns(const std::vector<core::Run>& runs)
{
    beginResetModel();
    m_flat = true;
    m_root = std::make_unique<TableNode>();
    adoptRows(*m_root, m_tree.rowsOf(runs));
    endResetModel();
}

void TablesModel::setDialect(core::Dialect dialect)
{
    if (dialect == m_texts.dialect())
        return;
    m_texts.setDialect(dialect);
    announceRows();
}

QModelIndex TablesModel::indexOfNode(const TableNode& node) const
{
    return node.kind == NodeKind::Root ? QModelIndex() : createIndex(node.row, 0, &node);
}

QModelIndex TablesModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    const TableNode& node = parent.isValid() ? *nodeOf(parent) : *m_root;
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
    const TableNode& node = parent.isValid() ? *nodeOf(parent) : *m_root;
    return static_cast<int>(node.children.size());
}

int TablesModel::columnCount(const QModelIndex&) const { return m_writeColours.active() ? columns : Written; }

bool TablesModel::hasChildren(const QModelIndex& parent) const
{
    if (parent.column() > 0)
        return false;
    const TableNode& node = parent.isValid() ? *nodeOf(parent) : *m_root;
    return node.fetched ? !node.children.empty() : m_tree.expandable(node);
}

bool TablesModel::canFetchMore(const QModelIndex& parent) const
{
    if (parent.column() > 0)
        return false;
    const TableNode& node = parent.isValid() ? *nodeOf(parent) : *m_root;
    return m_state && !node.fetched && m_tree.expandable(node);
}

void TablesModel::fetchMore(const QModelIndex& parent)
{
    TableNode& node = parent.isValid() ? *nodeOf(parent) : *m_root;
    if (!m_state || node.fetched)
        return;
    std::vector<TableNodePtr> rows = m_tree.childrenOf(node);
    node.fetched = true;
    if (rows.empty())
        return;
    beginInsertRows(parent, 0, static_cast<int>(rows.size()) - 1);
    adoptRows(node, std::move(rows));
    endInsertRows();
}

Place TablesModel::placeAt(const QModelIndex& index) const
{
    Place place;
    if (!index.isValid() || !m_state)
        return place;
    const TableNode& node = *nodeOf(index);
    if (node.kind == NodeKind::Table)
        place.frame = m_state->snapshot()->table(node.table).frame();
    if (node.kind != NodeKind::Entries)
        return place;
    place.entry = node.address;
    place.level = node.entry.level;
    if (node.entry.present())
        place.frame = core::frameOf(node.entry.target);
    if (!node.detached && !node.otherHalf)
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
    TableNode* node = m_root->children[0].get();
    QModelIndex best = indexOfNode(*node);
    for (unsigned level = paging.levels(); level >= lowest && level != 0; --level) {
        fetchMore(indexOfNode(*node));
        const unsigned wanted = paging.index(*place.linear, level);
        const auto found = std::find_if(node->children.begin(), node->children.end(),
            [&](const TableNodePtr& n) { return wanted - n->index < n->count; });
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
    TableNode& heading = *m_root->children.back();
    if (heading.kind != NodeKind::Heading)
        return {};
    fetchMore(indexOfNode(heading));
    const auto table = std::find_if(heading.children.begin(), heading.children.end(),
        [&](const TableNodePtr& n) { return core::frameOf(n->address) == core::frameOf(entry); });
    if (table == heading.children.end())
        return {};
    fetchMore(indexOfNode(**table));
    const unsigned bytes = m_state->snapshot()->paging().entryBytes();
    const auto& rows = (*table)->children;
    const auto row = std::find_if(rows.begin(), rows.end(),
        [&](const TableNodePtr& n) { return entry.value - n->address.value < n->count * bytes; });
    return indexOfNode(row == rows.end() ? **table : **row);
}

std::optional<std::uint64_t> TablesModel::rawAt(const QModelIndex& index) const
{
    if (!index.isValid() || nodeOf(index)->kind != NodeKind::Entries)
        return std::nullopt;
    return nodeOf(index)->entry.raw;
}

QVariant TablesModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || !m_state)
        return {};
    const TableNode& node = *nodeOf(index);
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
        return m_tree.changed(node);
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

QVariant TablesModel::display(const TableNode& node, int column) const
{
    const bool entries = node.kind == NodeKind::Entries;
    switch (static_cast<Column>(column)) {
    case Index:
        return m_texts.indexText(node);
    case Marks:
        return marksText(node);
    case Target:
        return m_texts.targetText(node);
    case Linear:
        return entries && !node.detached ? m_texts.linearText(node) : QString();
    case Effective:
        return entries && node.entry.present() ? rightsOf(node.rights) : QString();
    case Own:
        return entries && node.entry.present() ? rightsOf(node.entry.rights) : QString();
    case Role:
        return m_texts.roleText(node);
    case Written:
        return node.kind == NodeKind::Heading ? QString() : m_writeColours.describe(written(node));
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
        return m_flat ? header(tr("Linear address"), tr("First linear address of the mapping"))
                      : header(tr("Entry"), tr("Table, and indices of its entries"));
    case Marks:
        return header({},
            QStringLiteral("\u0394: ") + (m_state ? m_state->markText() : tr("changed at this step"))
                + tr("; \u2715 ! \u25cc \u223c i: findings; letters: colour rules"));
    case Target:
        return header(tr("Maps"), tr("What the entries map or reference"));
    case Effective:
        return header(tr("Effective"), tr("Rights of the whole path down to here"));
    case Own:
        return header(tr("Own"), tr("Rights in the entry itself"));
    case Linear:
        return m_flat ? header(tr("Up to"), tr("Last linear address of the mapping"))
                      : header(tr("Linear address"), tr("First linear address that the entries translate"));
    case Role:
        return header(tr("Role"), tr("What the frame is, and the region of the address"));
    case Written:
        return header(tr("Last written"),
            tr("The function that last wrote the entries of the row (for a table, those in it), and how long "
               "ago"));
    }
    return {};
}

QString TablesModel::marksText(const TableNode& node) const
{
    QString marks;
    if (node.finding)
        marks += Theme::instance().findingGlyph(*node.finding);
    if (m_tree.changed(node))
        marks += QStringLiteral("\u0394");
    // A narrow column: no room between them.
    return withMark(marks, colour(node)).remove(QLatin1Char(' '));
}

QString TablesModel::toolTip(const TableNode& node) const
{
    if (node.kind != NodeKind::Entries)
        return {};
    const core::Paging& paging = m_state->snapshot()->paging();
    const QString rule = colour(node) ? QLatin1Char('\n') + colour(node)->name : QString();
    return tr("%1 at %2%3 = %4\n%5%6")
        .arg(levelOf(paging, node.entry.level), hexOf(node.address.value),
            pfnBeside(*m_state->snapshot(), core::frameOf(node.address)),
            hexOf(node.entry.raw, paging.entryBytes() * 2),
            QString::fromStdString(core::entryBitsText(paging, node.entry)), rule);
}

} // namespace pgtscope::views
