// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/stepcard.h"

#include "core/base/numbers.h"
#include "core/linux/events.h"
#include "core/report/steptext.h"
#include "views/model/document.h"
#include "views/model/text.h"
#include "views/timeline/storetext.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

QString cardLine(const QString& text) { return QStringLiteral("<br>") + text.toHtmlEscaped(); }

/// A step is the moment before its instruction: what changed, changed on the way there.
QString changesLine(const Document& document, const core::Step& step)
{
    if (step.number == 0)
        return {};
    const auto changes = document.timeline()->changes(step.number);
    if (!changes)
        return {};
    const QString store = storeText(step, *changes);
    if (!store.isEmpty())
        return cardLine(store);
    return cardLine(Text::tr("between step %1 and %2: %3 changed")
                        .arg(step.number - 1)
                        .arg(step.number)
                        .arg(countOf(changes->entries.size(), "entry")));
}

} // namespace

QString stepCard(const Document& document, core::StepNumber number)
{
    const auto step = document.timeline() ? document.timeline()->step(number)
                                          : core::Result<core::Step>(core::failure("read a step", "none"));
    if (!step)
        return {};
    QString text = QStringLiteral("<b>%1</b>")
                       .arg(QString::fromStdString(core::stepPlaceText(number, document.size())));
    if (!step->ripSymbol.empty())
        text += QStringLiteral(" · ") + QString::fromStdString(step->ripSymbol).toHtmlEscaped();
    const std::string& what = step->text.empty() ? step->event : step->text;
    if (!what.empty())
        text += cardLine(QString::fromStdString(what));
    if (const core::BootEvent* event = core::findBootEvent(step->event))
        text += cardLine(toText(event->meaning));
    text += changesLine(document, *step);
    if (const auto snapshot = document.timeline()->snapshot(number)) {
        const std::string buffer = core::pgtBufText(**snapshot);
        text += buffer.empty() ? QString() : cardLine(QString::fromStdString(buffer));
    }
    if (!step->findings.empty())
        text += cardLine(
            Text::tr("findings: ") + QString::fromStdString(core::findingCountsText(step->findings)));
    return QStringLiteral("<p>%1</p>").arg(text);
}

} // namespace pgtscope::views
