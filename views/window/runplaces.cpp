// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/runplaces.h"

#include <algorithm>
#include <map>

#include <QCompleter>
#include <QCoreApplication>

#include "core/linux/events.h"
#include "views/model/document.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

/// Steps that are searched, from the last one back: with every store there are hundreds of thousands.
constexpr core::StepNumber maxSearched = 50'000;
constexpr qsizetype longestLine = 80;

QString eventText(const char* text)
{
    return QCoreApplication::translate("pgtscope::views::MainWindow", text);
}

/// Where the session met an event last, and how often.
struct Met {
    core::StepNumber step = 0;
    unsigned times = 0;
};

std::map<std::string, Met> metEvents(const Document& document)
{
    std::map<std::string, Met> met;
    const core::StepNumber end = document.size();
    for (core::StepNumber back = 0; back < std::min(end, maxSearched); ++back) {
        const auto step = document.timeline()->step(end - 1 - back);
        if (!step || step->event.empty())
            continue;
        Met& event = met[step->event];
        event.step = std::max(event.step, end - 1 - back);
        ++event.times;
    }
    return met;
}

QString firstSentence(std::string_view meaning)
{
    const QString sentence = toText(meaning.substr(0, meaning.find(". ")));
    return sentence.size() <= longestLine ? sentence : sentence.left(longestLine - 1) + QChar(0x2026);
}

} // namespace

std::vector<EventChoice> eventChoices(const QStringList& events, const Document& document)
{
    const auto met = document.timeline() ? metEvents(document) : std::map<std::string, Met>();
    // Events of an earlier phase do not come any more once another has begun, see BootEvent::begins.
    core::BootPhase phase = core::BootPhase::EntryCode;
    for (const auto& [name, found] : met)
        if (const core::BootEvent* event = core::findBootEvent(name); event && event->begins)
            phase = std::max(phase, *event->begins);
    std::vector<EventChoice> choices;
    for (const QString& name : events) {
        const core::BootEvent* event = core::findBootEvent(name.toStdString());
        if (!event)
            continue;
        const auto found = met.find(name.toStdString());
        const bool often = found != met.end() && found->second.times >= event->reports;
        const bool earlier = event->phase < phase;
        EventChoice choice{name, {}, toText(event->meaning), (often || earlier) && !event->dies};
        const QString about = !choice.passed ? firstSentence(event->meaning)
            : found != met.end()             ? eventText("reached at step %1").arg(found->second.step)
                                             : eventText("its phase of the boot is over");
        choice.text = about.isEmpty() ? name : name + QStringLiteral("  \u2014  ") + about;
        choices.push_back(choice);
    }
    return choices;
}

QCompleter* placeCompleter(const QStringList& events, const core::SymbolTable& symbols, QObject* parent)
{
    QStringList places = events;
    for (const core::Symbol& symbol : symbols.symbols())
        if (symbol.type == 'T' || symbol.type == 't')
            places += QString::fromStdString(symbol.name);
    places.removeDuplicates();
    places.sort();
    auto* completer = new QCompleter(places, parent);
    completer->setModelSorting(QCompleter::CaseSensitivelySortedModel);
    completer->setCaseSensitivity(Qt::CaseSensitive);
    return completer;
}

} // namespace pgtscope::views
