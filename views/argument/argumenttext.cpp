// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/argument/argumenttext.h"

#include <algorithm>

#include <QCoreApplication>
#include <QStringList>

#include "views/model/stepstate.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("Argument", text); }

QString pagesText(const core::Snapshot& snapshot, core::GuestFrameRange pages)
{
    return pages.bytes() == 1
        ? tr("page %1").arg(pageText(snapshot, pages.begin))
        : tr("pages %1 – %2").arg(pageText(snapshot, pages.begin), pageText(snapshot, pages.end - 1));
}

/// "protected only by Stabellini: up to pgt_buf_top"
QString protectionText(const core::Argument& argument, core::GuestFrameRange pages)
{
    QStringList names;
    bool both = true;
    for (const core::ArgumentBand& band : argument.bands) {
        const std::uint64_t held = band.protectedOf(pages);
        both = both && held == pages.bytes();
        if (held == pages.bytes())
            names += wordsOf(band.name);
        else if (held != 0)
            names += tr("%1 (%2 of them)").arg(wordsOf(band.name)).arg(held);
    }
    if (both)
        return tr("protected by both rules");
    if (names.isEmpty())
        return tr("protected by neither rule");
    return (names.size() == 1 ? tr("protected only by %1") : tr("protected by %1"))
        .arg(names.join(tr(" and ")));
}

QString cellText(const StepState& state, const core::Argument& argument, const core::ArgumentCell& cell)
{
    const core::Snapshot& snapshot = *state.snapshot();
    QStringList parts{pagesText(snapshot, cell.pages)};
    const auto frame = snapshot.frame(cell.gravest);
    if (cell.pages.bytes() == 1) {
        parts[0] += QStringLiteral(": ")
            + (frame ? frameDescription(state, *frame) : tr("no machine frame of it is known"));
        parts += wordsOf(core::accessText(cell.access));
    } else if (cell.writable != 0) {
        parts += tr("%1 mapped writable, the first is %2")
                     .arg(cell.writable)
                     .arg(pageText(snapshot, cell.gravest));
    } else {
        parts += wordsOf(core::accessText(cell.access));
    }
    if (argument.rulesApply())
        parts += protectionText(argument, cell.pages);
    return parts.join(QStringLiteral("; "));
}

QString linkText(
    const core::Snapshot& snapshot, const core::Argument& argument, const core::ArgumentLink& link)
{
    const core::GuestFrameRange pages{
        argument.cells[link.firstCell].pages.begin, argument.cells[link.lastCell].pages.end};
    const QString how = link.access == core::PageAccess::ReadOnly ? tr("read-only")
        : link.access == core::PageAccess::Allowed                ? tr("writable for the moment")
                                                                  : tr("writable");
    return tr("maps %1 %2").arg(pagesText(snapshot, pages), how);
}

QString tableText(const StepState& state, const core::Argument& argument, std::size_t node)
{
    const core::Snapshot& snapshot = *state.snapshot();
    const core::TableGraph::Node& table = argument.tables.nodes[node];
    const unsigned level = argument.tables.levels[table.level].level;
    QStringList parts{tr("%1 %2%3").arg(
        tableOf(snapshot.paging(), level), hexOf(table.frame.value), pfnBeside(snapshot, table.frame))};
    if (table.detached)
        parts[0] += tr(", detached: no walk from CR3 reaches it");
    constexpr int maxListed = 4;
    int links = 0;
    for (const core::ArgumentLink& link : argument.links)
        if (link.node == node && ++links <= maxListed)
            parts += linkText(snapshot, argument, link);
    if (links > maxListed)
        parts += tr("and %1 more runs of pages").arg(links - maxListed);
    if (links == 0)
        parts += tr("maps no page of the buffer");
    return parts.join(QStringLiteral("; "));
}

} // namespace

QString pageText(const core::Snapshot& snapshot, core::GuestFrame page)
{
    return (snapshot.xen() ? QStringLiteral("pfn ") : QString()) + hexOf(page.value);
}

QString itemText(const StepState& state, const core::Argument& argument, ArgumentItem item)
{
    if (item.kind == ArgumentItem::Kind::Cell)
        return item.index < argument.cells.size() ? cellText(state, argument, argument.cells[item.index])
                                                  : QString();
    return item.index < argument.tables.nodes.size() ? tableText(state, argument, item.index) : QString();
}

QString bandText(const core::Argument& argument, std::size_t band)
{
    const core::ArgumentBand& rule = argument.bands[band];
    const QString name = toText(rule.name);
    if (!argument.rulesApply())
        return tr("%1 · no longer applies").arg(name);
    const QString leaves
        = rule.unprotected == 0 ? QString() : tr(", leaves %1 writable").arg(rule.unprotected);
    return tr("%1 · protects %2 of %3").arg(name).arg(rule.protects.bytes()).arg(argument.size()) + leaves;
}

QString sideText(const core::Argument& argument, bool detached)
{
    std::size_t tables = 0;
    for (const core::TableGraph::Level& level : argument.tables.levels)
        tables += detached ? level.detached : level.reachable;
    if (!detached)
        return tr("%1 that CR3 reaches").arg(countOf(tables, "table"));
    return tables == 0 ? tr("detached tables: none") : tr("%1 detached: CR3 does not reach them").arg(tables);
}

std::optional<core::FrameNumber> frameOf(
    const core::Snapshot& snapshot, const core::Argument& argument, ArgumentItem item)
{
    if (item.kind == ArgumentItem::Kind::Table)
        return item.index < argument.tables.nodes.size()
            ? std::optional(argument.tables.nodes[item.index].frame)
            : std::nullopt;
    return item.index < argument.cells.size() ? snapshot.frame(argument.cells[item.index].gravest)
                                              : std::nullopt;
}

} // namespace pgtscope::views
