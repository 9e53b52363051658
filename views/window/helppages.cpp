// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/helppages.h"

#include "core/filter/fields.h"
#include "core/report/glossary.h"
#include "core/rules/rule.h"
#include "views/widgets/viewtext.h"
#include "views/window/actions.h"

namespace pgtscope::views {

namespace {

constexpr ViewKeys inViews[]{
    {"Frames", "Arrows, Page Up, Page Down, Home, End", "move the cursor"},
    {"Frames", "+ and \u2212, wheel", "zoom"},
    {"Frames", "0", "show all of memory"},
    {"Frames", "B", "show the page-table buffer"},
    {"Frames", "Return, Space", "select the frame"},
    {"Linear space", "Left, Right", "move by a slot"},
    {"Linear space", "Up, Down", "go to the band of another level"},
    {"Linear space", "Home, End", "go to the ends of the band"},
    {"Linear space", "Return", "select the slot"},
    {"Timeline", "Left, Right, wheel", "go to the previous or the next step"},
    {"Timeline", "Page Up, Page Down, Home, End", "go further"},
    {"Timeline", "+ and \u2212, Ctrl+wheel", "zoom; Shift+wheel pans"},
    {"Timeline", "0", "show all steps"},
    {"A presentation", "1 to 9, 0", "choose the view"},
    {"A presentation", "Page Down, Page Up", "go to the next or the previous chapter or note"},
    {"A presentation", "Arrows", "go to the next or the previous step"},
    {"A presentation", "A", "open an answer"},
    {"A presentation", "+ and \u2212", "change the size of the type"},
    {"A presentation", "B", "blank the screen"},
    {"A presentation", "Escape", "leave"},
};

/// The first action of each group, in the order of the table.
struct Group {
    ActionId first;
    const char* title;
};
constexpr Group groups[]{
    {ActionId::Open, "File"},
    {ActionId::First, "Step"},
    {ActionId::Run, "Guest"},
    {ActionId::GoTo, "View"},
    {ActionId::Shortcuts, "Help"},
};

QString heading(const QString& text)
{
    return QStringLiteral("<tr><td colspan=2><h3>%1</h3></td></tr>").arg(text.toHtmlEscaped());
}

QString row(const QString& term, const QString& meaning)
{
    return QStringLiteral("<tr><td style='padding-right: 14px'><b>%1</b></td><td>%2</td></tr>")
        .arg(term.toHtmlEscaped(), meaning.toHtmlEscaped());
}

QString table(const QString& rows) { return QStringLiteral("<table cellspacing=3>%1</table>").arg(rows); }

} // namespace

std::span<const ViewKeys> viewKeys() { return inViews; }

QString keysPage(const std::function<QKeySequence(unsigned action)>& keyOf)
{
    QString rows;
    for (const ActionRow& action : actionTable()) {
        for (const Group& group : groups)
            if (group.first == action.id)
                rows += heading(QString::fromUtf8(group.title));
        const QKeySequence key = keyOf(static_cast<unsigned>(action.id));
        if (!key.isEmpty())
            rows += row(key.toString(QKeySequence::NativeText), QString::fromUtf8(action.description));
    }
    QString last;
    for (const ViewKeys& keys : inViews) {
        const QString view = QString::fromUtf8(keys.view);
        if (view != last)
            rows += heading(view);
        last = view;
        rows += row(QString::fromUtf8(keys.keys), QString::fromUtf8(keys.meaning));
    }
    return table(rows);
}

QString filterPage()
{
    QString rows;
    for (const core::FieldInfo& field : core::fields())
        if (field.inFilter)
            rows += row(toText(field.name), toText(field.meaning));
    return table(rows);
}

QString rulesPage()
{
    QString rows;
    for (const auto& rule : core::allRules())
        rows += row(ruleLabel(rule->name()), toText(rule->text().description));
    return table(rows);
}

QString glossaryPage()
{
    QString rows;
    for (const core::GlossaryTerm& term : core::glossary())
        rows += row(toText(term.word), toText(term.meaning));
    return table(rows);
}

} // namespace pgtscope::views
