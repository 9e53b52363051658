// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/tables/tablestext.h"

#include "core/base/numbers.h"
#include "core/linux/events.h"
#include "core/linux/pageisolation.h"
#include "core/walk/translation.h"
#include "views/model/text.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

void TablesText::setState(const StepStatePtr& state, const core::SymbolTable& symbols)
{
    m_state = state;
    m_names.clear();
    m_paths.clear();
    if (m_state)
        learn(symbols);
}

/// Looks up once a step what the rows are asked for again and again.
void TablesText::learn(const core::SymbolTable& symbols)
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
        if (reach.otherHalf)
            continue;
        std::uint64_t& paths = m_paths[reach.table];
        paths = paths + reach.paths < paths ? ~0ULL : paths + reach.paths;
    }
}

QString TablesText::tableName(core::TableId id) const
{
    const core::Snapshot& snapshot = *m_state->snapshot();
    const core::Table& table = snapshot.table(id);
    return toText(core::tableName(snapshot.paging(), table.level, m_dialect));
}

/// " of KPTI's user half" of a root that is one of two.
QString TablesText::halfText(const TableNode& node) const
{
    const core::Snapshot& snapshot = *m_state->snapshot();
    const bool isRoot = node.address == snapshot.root() || node.address == snapshot.otherHalf();
    return snapshot.otherHalf() && isRoot ? Text::tr(" of %1").arg(toText(core::halfText(node.address)))
                                          : QString();
}

QString TablesText::indexText(const TableNode& node) const
{
    switch (node.kind) {
    case NodeKind::Root:
        break;
    case NodeKind::Heading:
        return Text::tr("Detached: %1 that no root reaches").arg(countOf(node.count, "table"));
    case NodeKind::Table:
        return tableName(node.table) + halfText(node);
    case NodeKind::Entries: {
        const core::Paging& paging = m_state->snapshot()->paging();
        if (node.flat)
            return node.detached ? Text::tr("%1 detached").arg(hexOf(node.address.value))
                                 : linearOf(paging, node.linear);
        return node.count == 1
            ? QString::number(node.index)
            : QStringLiteral("%1\u2013%2").arg(node.index).arg(node.index + node.count - 1);
    }
    }
    return {};
}

QString TablesText::targetText(const TableNode& node) const
{
    if (node.kind == NodeKind::Heading)
        return {};
    const core::Snapshot& snapshot = *m_state->snapshot();
    if (node.kind == NodeKind::Table)
        return hexOf(node.address.value) + pfnBeside(snapshot, core::frameOf(node.address));
    if (!node.entry.present())
        return Text::tr("not present (cleared)");
    const QString target
        = hexOf(node.entry.target.value) + pfnBeside(snapshot, core::frameOf(node.entry.target));
    if (node.entry.reserved != 0)
        return Text::tr("reserved bits set: ")
            + QString::fromStdString(core::bitPositionsText(node.entry.reserved));
    const QString times = node.count == 1
        ? QString()
        : QStringLiteral("%1 \u00d7 ").arg(QString::fromStdString(core::groupedText(node.count)));
    if (node.entry.isPage())
        return times + QString::fromStdString(core::sizeText(snapshot.paging().span(node.entry.level)))
            + QStringLiteral(" \u2192 ") + target;
    if (node.flat)
        return times + QStringLiteral("\u2192 ") + target
            + (node.run == core::RunKind::SharedTable ? Text::tr(" (shared)") : QString());
    if (node.table == core::noTable)
        return times + QStringLiteral("\u2192 ") + target + Text::tr(" (not read)");
    QString text = times + QStringLiteral("\u2192 ") + tableName(node.table) + QLatin1Char(' ') + target;
    const auto state = snapshot.table(node.table).state;
    if (state != core::TableState::Read)
        text += QStringLiteral(" (%1)").arg(wordsOf(core::stateText(state)));
    return text;
}

QString TablesText::linearText(const TableNode& node) const
{
    const std::uint64_t last = node.flat ? node.bytes - 1 : 0;
    return linearOf(m_state->snapshot()->paging(), node.linear + last);
}

QString TablesText::roleText(const TableNode& node) const
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
            parts
                += Text::tr("shared, %1 paths").arg(QString::fromStdString(core::groupedText(paths->second)));
    } else if (node.entry.isPage()) {
        parts += roleDescription(*m_state, frame);
    }
    if (node.kind == NodeKind::Entries && !node.detached)
        if (const core::LinearRegion* region = snapshot.regionAt(node.linear))
            parts += wordsOf(region->title);
    return parts.join(QStringLiteral(" \u00b7 "));
}

} // namespace pgtscope::views
