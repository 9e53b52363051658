// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/mappings/mappingsmodel.h"

#include <algorithm>

#include <QColor>
#include <QFont>

#include "views/model/hypotheticals.h"
#include "views/model/levelnames.h"
#include "views/model/text.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

JudgedMappings judgedMappings(const StepState& state, core::FrameNumber frame)
{
    constexpr std::size_t maxMappings = 256;
    const core::FrameMappings mappings = state.rules().mappingsOf({frame});
    JudgedMappings judged;
    judged.total = mappings.tally(0).entries;
    for (const core::Alias& alias : mappings.aliases(frame, maxMappings))
        judged.list.push_back({alias, core::mappingVerdict(state.rules(), frame, core::mappingFacts(alias))});
    return judged;
}

MappingsModel::MappingsModel(QObject* parent)
    : QAbstractTableModel(parent)
{
    connect(&LevelNames::instance(), &LevelNames::changedNames, this, [this] {
        beginResetModel();
        endResetModel();
    });
}

bool MappingsModel::looksLike(const StepStatePtr& state, const std::vector<JudgedMapping>& mappings) const
{
    if (m_hypotheticals != Hypotheticals::instance().shown())
        return false;
    if (mappings.empty() || !m_state || !state)
        return mappings.empty() && m_mappings.empty();
    const core::Snapshot& before = *m_state->snapshot();
    const core::Snapshot& after = *state->snapshot();
    // Under Xen PFNs are shown beside the frames.
    if (before.paging().mode() != after.paging().mode() || before.xen() != after.xen())
        return false;
    const auto same = [&](const JudgedMapping& a, const JudgedMapping& b) {
        return a.alias.entryAddress == b.alias.entryAddress && a.alias.entry.raw == b.alias.entry.raw
            && a.alias.entry.level == b.alias.entry.level && a.alias.linear == b.alias.linear
            && a.alias.reach.detached == b.alias.reach.detached && a.alias.reach.paths == b.alias.reach.paths
            && a.alias.reach.half == b.alias.reach.half && a.alias.reach.otherHalf == b.alias.reach.otherHalf
            && a.alias.rights == b.alias.rights && a.verdict == b.verdict
            && m_state->marked(a.alias.entryAddress) == state->marked(b.alias.entryAddress);
    };
    return std::equal(m_mappings.begin(), m_mappings.end(), mappings.begin(), mappings.end(), same);
}

void MappingsModel::setMappings(const StepStatePtr& state, std::vector<JudgedMapping> mappings)
{
    if (looksLike(state, mappings)) {
        m_state = state;
        return;
    }
    beginResetModel();
    m_hypotheticals = Hypotheticals::instance().shown();
    m_state = state;
    m_mappings = std::move(mappings);
    endResetModel();
}

int MappingsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_mappings.size());
}

int MappingsModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : columns; }

QVariant MappingsModel::text(const JudgedMapping& mapping, int column) const
{
    const core::Paging& paging = m_state->snapshot()->paging();
    switch (static_cast<Column>(column)) {
    case Linear: {
        if (mapping.alias.reach.detached)
            return tr("detached table");
        QString text = linearOf(paging, mapping.alias.linear);
        if (mapping.alias.reach.paths > 1)
            text += tr(" and %1 more").arg(mapping.alias.reach.paths - 1);
        return text + otherHalfBeside(mapping.alias.reach);
    }
    case Entry:
        return hexOf(mapping.alias.entryAddress.value)
            + pfnBeside(*m_state->snapshot(), core::frameOf(mapping.alias.entryAddress))
            + (m_state->marked(mapping.alias.entryAddress) ? QStringLiteral(" ◥") : QString());
    case Level:
        return levelOf(paging, mapping.alias.entry.level);
    case Rights:
        return rightsOf(mapping.alias.rights);
    case Verdict: {
        const bool enforced = m_state->snapshot()->pgtBuf().enforced;
        const bool rules = verdictState(mapping.verdict, true).has_value();
        const auto state = verdictState(mapping.verdict, enforced);
        if (rules && !state)
            return tr("not enforced here");
        const QString glyph = state ? Theme::instance().findingGlyph(*state) + QLatin1Char(' ') : QString();
        return glyph + (rules && !enforced ? standingWord(core::Standing::Hypothetical) : QString())
            + verdictText(mapping.verdict);
    }
    }
    return {};
}

QVariant MappingsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const JudgedMapping& mapping = m_mappings[static_cast<std::size_t>(index.row())];
    const auto state = verdictState(mapping.verdict, m_state->snapshot()->pgtBuf().enforced);
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
        return mapping.alias.reach.detached || mapping.alias.reach.otherHalf
            ? QVariant()
            : quint64{mapping.alias.linear.value};
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
    switch (static_cast<Column>(section)) {
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
    }
    return {};
}

QString verdictText(core::MappingVerdict verdict)
{
    switch (verdict) {
    case core::MappingVerdict::Fine:
        return Text::tr("fine");
    case core::MappingVerdict::ReservedFine:
        return Text::tr("allowed: reserved, read-only");
    case core::MappingVerdict::Violation:
        return Text::tr("violation: a page table, writable");
    case core::MappingVerdict::Pending:
        return Text::tr("pending: writable, a table soon");
    case core::MappingVerdict::AllowedTransient:
        return Text::tr("allowed: early_ioremap slot of the newest page");
    case core::MappingVerdict::BeingMade:
        return Text::tr("allowed: being set up, read-only before it is pinned");
    case core::MappingVerdict::StaleReadOnly:
        return Text::tr("stale: handed back, still read-only");
    }
    return {};
}

std::optional<core::FindingState> verdictState(core::MappingVerdict verdict, bool enforced)
{
    const auto sign = [enforced](core::FindingState state) {
        const bool broken = core::drawnAs(state, core::Standing::Expected) != state;
        return signOf(state,
            !enforced    ? core::Standing::Hypothetical
                : broken ? core::Standing::Broken
                         : core::Standing::Expected);
    };
    switch (verdict) {
    case core::MappingVerdict::Fine:
    case core::MappingVerdict::ReservedFine:
        return std::nullopt;
    case core::MappingVerdict::Violation:
        return sign(core::FindingState::Violation);
    case core::MappingVerdict::Pending:
        return sign(core::FindingState::Pending);
    case core::MappingVerdict::AllowedTransient:
    case core::MappingVerdict::BeingMade:
        return sign(core::FindingState::Transient);
    case core::MappingVerdict::StaleReadOnly:
        return sign(core::FindingState::Stale);
    }
    return std::nullopt;
}

} // namespace pgtscope::views
