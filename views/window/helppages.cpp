// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/helppages.h"

#include <QtGlobal>

#include "core/filter/fields.h"
#include "core/report/glossary.h"
#include "core/rules/rule.h"
#include "views/model/text.h"
#include "views/widgets/viewtext.h"
#include "views/window/actions.h"

namespace pgtscope::views {

namespace {

constexpr ViewKeys inViews[]{
    {QT_TRANSLATE_NOOP("Text", "Frames"), QT_TRANSLATE_NOOP("Text", "Arrows, Page Up, Page Down, Home, End"),
        QT_TRANSLATE_NOOP("Text", "move the cursor")},
    {QT_TRANSLATE_NOOP("Text", "Frames"), QT_TRANSLATE_NOOP("Text", "+ and \u2212, wheel"),
        QT_TRANSLATE_NOOP("Text", "zoom")},
    {QT_TRANSLATE_NOOP("Text", "Frames"), QT_TRANSLATE_NOOP("Text", "0"),
        QT_TRANSLATE_NOOP("Text", "show all of memory")},
    {QT_TRANSLATE_NOOP("Text", "Frames"), QT_TRANSLATE_NOOP("Text", "B"),
        QT_TRANSLATE_NOOP("Text", "show the page-table buffer")},
    {QT_TRANSLATE_NOOP("Text", "Frames"), QT_TRANSLATE_NOOP("Text", "Return, Space"),
        QT_TRANSLATE_NOOP("Text", "select the frame")},
    {QT_TRANSLATE_NOOP("Text", "Linear space"), QT_TRANSLATE_NOOP("Text", "Left, Right"),
        QT_TRANSLATE_NOOP("Text", "move by a slot")},
    {QT_TRANSLATE_NOOP("Text", "Linear space"), QT_TRANSLATE_NOOP("Text", "Up, Down"),
        QT_TRANSLATE_NOOP("Text", "go to the band of another level")},
    {QT_TRANSLATE_NOOP("Text", "Linear space"), QT_TRANSLATE_NOOP("Text", "Home, End"),
        QT_TRANSLATE_NOOP("Text", "go to the ends of the band")},
    {QT_TRANSLATE_NOOP("Text", "Linear space"), QT_TRANSLATE_NOOP("Text", "Return"),
        QT_TRANSLATE_NOOP("Text", "select the slot")},
    {QT_TRANSLATE_NOOP("Text", "Timeline"), QT_TRANSLATE_NOOP("Text", "Left, Right, wheel"),
        QT_TRANSLATE_NOOP("Text", "go to the previous or the next step")},
    {QT_TRANSLATE_NOOP("Text", "Timeline"), QT_TRANSLATE_NOOP("Text", "Page Up, Page Down, Home, End"),
        QT_TRANSLATE_NOOP("Text", "go further")},
    {QT_TRANSLATE_NOOP("Text", "Timeline"), QT_TRANSLATE_NOOP("Text", "+ and \u2212, Ctrl+wheel"),
        QT_TRANSLATE_NOOP("Text", "zoom; Shift+wheel pans")},
    {QT_TRANSLATE_NOOP("Text", "Timeline"), QT_TRANSLATE_NOOP("Text", "0"),
        QT_TRANSLATE_NOOP("Text", "show all steps")},
    {QT_TRANSLATE_NOOP("Text", "A presentation"), QT_TRANSLATE_NOOP("Text", "1 to 9, 0"),
        QT_TRANSLATE_NOOP("Text", "choose the view")},
    {QT_TRANSLATE_NOOP("Text", "A presentation"), QT_TRANSLATE_NOOP("Text", "Page Down, Page Up"),
        QT_TRANSLATE_NOOP("Text", "go to the next or the previous chapter or note")},
    {QT_TRANSLATE_NOOP("Text", "A presentation"), QT_TRANSLATE_NOOP("Text", "Arrows"),
        QT_TRANSLATE_NOOP("Text", "go to the next or the previous step")},
    {QT_TRANSLATE_NOOP("Text", "A presentation"), QT_TRANSLATE_NOOP("Text", "A"),
        QT_TRANSLATE_NOOP("Text", "open an answer")},
    {QT_TRANSLATE_NOOP("Text", "A presentation"), QT_TRANSLATE_NOOP("Text", "+ and \u2212"),
        QT_TRANSLATE_NOOP("Text", "change the size of the type")},
    {QT_TRANSLATE_NOOP("Text", "A presentation"), QT_TRANSLATE_NOOP("Text", "B"),
        QT_TRANSLATE_NOOP("Text", "blank the screen")},
    {QT_TRANSLATE_NOOP("Text", "A presentation"), QT_TRANSLATE_NOOP("Text", "Escape"),
        QT_TRANSLATE_NOOP("Text", "leave")},
};

/// The first action of each group, in the order of the table.
struct Group {
    ActionId first;
    const char* title;
};
constexpr Group groups[]{
    {ActionId::Open, QT_TRANSLATE_NOOP("Text", "File")},
    {ActionId::First, QT_TRANSLATE_NOOP("Text", "Step")},
    {ActionId::Run, QT_TRANSLATE_NOOP("Text", "Guest")},
    {ActionId::GoTo, QT_TRANSLATE_NOOP("Text", "View")},
    {ActionId::Shortcuts, QT_TRANSLATE_NOOP("Text", "Help")},
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
                rows += heading(Text::tr(group.title));
        const QKeySequence key = keyOf(static_cast<unsigned>(action.id));
        if (!key.isEmpty())
            rows += row(key.toString(QKeySequence::NativeText), Text::tr(action.description));
    }
    QString last;
    for (const ViewKeys& keys : inViews) {
        const QString view = Text::tr(keys.view);
        if (view != last)
            rows += heading(view);
        last = view;
        rows += row(Text::tr(keys.keys), Text::tr(keys.meaning));
    }
    return table(rows);
}

QString filterPage()
{
    QString rows;
    for (const core::FieldInfo& field : core::fields())
        if (field.inFilter())
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
