// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/differencetext.h"

#include <QStringList>

#include "core/base/numbers.h"
#include "views/model/placelink.h"
#include "views/model/text.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

QString anchor(const QString& link, const QString& text)
{
    return QStringLiteral("<a href=\"%1\">%2</a>").arg(link, text);
}

/// The two snapshots that are compared.
struct Sides {
    const core::Snapshot& before;
    const core::Snapshot& after;
};

QString mappedText(const core::Snapshot& snapshot, const std::optional<core::MappedAs>& mapped)
{
    if (!mapped)
        return Text::tr("not mapped");
    return hexOf(mapped->physical.value) + pfnBeside(snapshot, core::frameOf(mapped->physical))
        + QLatin1Char(' ') + rightsOf(mapped->rights);
}

QString line(const Sides& sides, const core::MappingChange& change)
{
    const QString where = anchor(linkTo(change.begin), hexOf(change.begin.value)) + QStringLiteral(" +")
        + QString::fromStdString(core::sizeText(change.bytes));
    if (change.sameAs)
        return where + Text::tr(": as at ") + anchor(linkTo(*change.sameAs), hexOf(change.sameAs->value));
    return where + QStringLiteral(": ") + mappedText(sides.before, change.before) + QStringLiteral(" \u2192 ")
        + mappedText(sides.after, change.after);
}

QString line(const Sides& sides, const core::EntryChange& change)
{
    return QStringLiteral("%1%2: %3 \u2192 %4")
        .arg(anchor(linkToEntry(change.address), hexOf(change.address.value)),
            pfnBeside(sides.after, core::frameOf(change.address)), hexOf(change.before, change.bytes * 2U),
            hexOf(change.after, change.bytes * 2U));
}

QString line(const Sides& sides, const core::TableChange& change)
{
    const core::FrameNumber frame = core::frameOf(change.address);
    return Text::tr("%1%2, level %3: %4%5")
        .arg(anchor(linkTo(frame), hexOf(change.address.value)), pfnBeside(sides.after, frame))
        .arg(change.level)
        .arg(toText(core::changeText(change.kind)), change.detached ? Text::tr(" (detached)") : QString());
}

template <class Changes>
QString section(const QString& title, const Sides& sides, const Changes& changes, int most, bool cut)
{
    if (changes.empty())
        return {};
    QStringList lines;
    for (const auto& change : changes) {
        if (lines.size() == most)
            break;
        lines += line(sides, change);
    }
    const auto left = changes.size() - static_cast<std::size_t>(lines.size());
    if (left != 0 || cut)
        lines += Text::tr("\u2026 and %1%2 more").arg(left).arg(cut ? Text::tr(" or") : QString());
    return QStringLiteral("<p><b>%1</b> (%2)<br>%3</p>")
        .arg(title)
        .arg(changes.size())
        .arg(lines.join(QStringLiteral("<br>")));
}

QString otherText(const core::OtherChanges& other)
{
    QStringList parts;
    const std::pair<bool, const char*> all[]
        = {{other.pagingMode, "paging mode"}, {other.controlRegisters, "control registers"},
            {other.root, "root"}, {other.ramMap, "RAM map"}, {other.linearRegions, "linear regions"},
            {other.physicalRegions, "physical regions"}, {other.pgtBuf, "pgt_buf"}};
    for (const auto& [differs, name] : all)
        if (differs)
            parts += QString::fromLatin1(name);
    return parts.isEmpty() ? QString()
                           : Text::tr("<p>Also different: %1</p>").arg(parts.join(QStringLiteral(", ")));
}

} // namespace

QString differenceHtml(const core::Snapshot& before, const core::Snapshot& after, int most)
{
    core::DiffOptions options;
    options.maxMappings = 4096;
    options.maxVisits = 4'000'000;
    const core::SnapshotDiff diff = core::diffSnapshots(before, after, options);
    const Sides sides{before, after};
    const QString text = section(Text::tr("Mappings"), sides, diff.mappings, most, diff.mappingsTruncated)
        + section(Text::tr("Tables"), sides, diff.tables.tables, most, false)
        + section(Text::tr("Entries"), sides, diff.tables.entries, most, diff.entriesTruncated)
        + otherText(diff.other);
    return text.isEmpty() ? Text::tr("<p>No difference</p>") : text;
}

} // namespace pgtscope::views
