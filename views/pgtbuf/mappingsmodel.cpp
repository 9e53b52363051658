// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/pgtbuf/mappingsmodel.h"

#include <algorithm>

#include <QColor>
#include <QFont>

#include "views/model/levelnames.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

MappingsModel::MappingsModel(QObject* parent)
    : QAbstractTableModel(parent)
{
    connect(&LevelNames::instance(), &LevelNames::changedNames, this, [this] {
        beginResetModel();
        endResetModel();
    });
}

bool MappingsModel::looksLike(const StepStatePtr& state, const std::vector<PgtBufMapping>& mappings) const
{
    if (mappings.empty() || !m_state || !state)
        return mappings.empty() && m_mappings.empty();
    const core::Snapshot& before = *m_state->snapshot();
    const core::Snapshot& after = *state->snapshot();
    // Xen tells PFNs beside the frames.
    if (before.paging().mode() != after.paging().mode() || before.xen() != after.xen())
        return false;
    const auto same = [&](const PgtBufMapping& a, const PgtBufMapping& b) {
        return a.alias.entryAddress == b.alias.entryAddress && a.alias.entry.raw == b.alias.entry.raw
            && a.alias.entry.level == b.alias.entry.level && a.alias.linear == b.alias.linear
            && a.alias.reach.detached == b.alias.reach.detached && a.alias.reach.paths == b.alias.reach.paths
            && a.alias.rights == b.alias.rights && a.verdict == b.verdict
            && m_state->changed(a.alias.entryAddress) == state->changed(b.alias.entryAddress);
    };
    return std::equal(m_mappings.begin(), m_mappings.end(), mappings.begin(), mappings.end(), same);
}

void MappingsModel::setMappings(const StepStatePtr& state, std::vector<PgtBufMapping> mappings)
{
    if (looksLike(state, mappings)) {
        m_state = state;
        return;
    }
    beginResetModel();
    m_state = state;
    m_mappings = std::move(mappings);
    endResetModel();
}

int MappingsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_mappings.size());
}

int MappingsModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant MappingsModel::text(const PgtBufMapping& mapping, int column) const
{
    const core::Paging& paging = m_state->snapshot()->paging();
    switch (column) {
    case Linear: {
        if (mapping.alias.reach.detached)
            return tr("detached table");
        QString text = linearOf(paging, mapping.alias.linear);
        if (mapping.alias.reach.paths > 1)
            text += tr(" and %1 more").arg(mapping.alias.reach.paths - 1);
        return text;
    }
    case Entry:
        return hexOf(mapping.alias.entryAddress.value)
            + pfnBeside(*m_state->snapshot(), core::frameOf(mapping.alias.entryAddress))
            + (m_state->changed(mapping.alias.entryAddress) ? QStringLiteral(" ◥") : QString());
    case Level:
        return levelOf(paging, mapping.alias.entry.level);
    case Rights:
        return rightsOf(mapping.alias.rights);
    case Verdict: {
        const auto state = verdictState(mapping.verdict);
        const QString glyph = state ? Theme::instance().findingGlyph(*state) + QLatin1Char(' ') : QString();
        return glyph + verdictText(mapping.verdict);
    }
    default:
        return {};
    }
}

QVariant MappingsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const PgtBufMapping& mapping = m_mappings[static_cast<std::size_t>(index.row())];
    const auto state = verdictState(mapping.verdict);
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
        return text(mapping, index.column());
    case Qt::FontRole:
        return index.column() == Linear || index.column() == Entry ? Theme::instance().fixedFont()
                                                                   : QVariant();
    case Qt::ForegroundRole:
        return state && index.column() == Verdict ? Theme::instance().finding(*state) : QVariant();
    case LinearRole:
        return mapping.alias.reach.detached ? QVariant() : quint64{mapping.alias.linear.value};
    case EntryRole:
        return quint64{mapping.alias.entryAddress.value};
    case LevelRole:
        return unsigned{mapping.alias.entry.level};
    case StateRole:
        return state ? QVariant(static_cast<int>(*state)) : QVariant();
    default:
        return {};
    }
}

QVariant MappingsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Linear:
        return tr("Linear address");
    case Entry:
        return tr("Entry at");
    case Level:
        return tr("Level");
    case Rights:
        return tr("Effective rights");
    case Verdict:
        return tr("Read-only rule");
    default:
        return {};
    }
}

} // namespace pgtscope::views
