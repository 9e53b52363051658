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

/// What the steps say of how far the boot has come.
struct Progress {
    std::map<std::string, Met> met;
    core::BootPhase phase = core::BootPhase::EntryCode; ///< The last one that has surely begun.
    std::size_t furthest = 0; ///< Place in the catalogue of the furthest event that was met.
    bool native = false; ///< Not entered where Xen enters a kernel.
    bool dead = false;
};

/// Whether an event begins a phase, so that those before it are over; see BootEvent::begins.
bool isBegun(core::BootPhase phase)
{
    return std::ranges::any_of(
        core::bootEvents(), [phase](const core::BootEvent& event) { return event.begins == phase; });
}

void note(Progress& progress, const core::BootEvent& event)
{
    if (event.dies)
        return;
    progress.furthest = std::max(progress.furthest, core::placeOf(event));
    const core::BootPhase phase = event.begins.value_or(event.phase);
    if (isBegun(phase))
        progress.phase = std::max(progress.phase, phase);
    progress.native = progress.native
        || (event.begins && phase <= core::BootPhase::EarlyC && event.flavour != core::KernelFlavour::XenPv);
}

/// Of the boot that the last step belongs to: before the death of the guest there was another one.
Progress progressOf(const Document& document)
{
    Progress progress;
    if (!document.timeline())
        return progress;
    const core::StepNumber end = document.size();
    for (core::StepNumber back = 0; back < std::min(end, maxSearched); ++back) {
        const auto step = document.timeline()->step(end - 1 - back);
        if (!step)
            continue;
        if (step->cause == core::StepCause::Death) {
            progress.dead = back == 0;
            if (!progress.dead)
                break;
        }
        const core::BootEvent* known = core::findBootEvent(step->event);
        if (!known)
            continue;
        Met& event = progress.met[step->event];
        event.step = std::max(event.step, end - 1 - back);
        ++event.times;
        note(progress, *known);
    }
    return progress;
}

/// Why the event does not come any more; empty if it may.
QString whyOver(const core::BootEvent& event, const Progress& progress)
{
    const auto found = progress.met.find(std::string(event.name));
    if (found != progress.met.end() && found->second.times >= event.reports)
        return eventText("reached at step %1").arg(found->second.step);
    if (progress.dead)
        return eventText("the guest is at its end");
    if (progress.native && event.flavour == core::KernelFlavour::XenPv)
        return eventText("the kernel was not started by Xen");
    if (event.dies)
        return {};
    if (event.lasts.value_or(event.phase) < progress.phase)
        return eventText("its phase of the boot is over");
    return event.everyBoot && event.reports == 1 && core::placeOf(event) < progress.furthest
        ? eventText("the boot has come further")
        : QString();
}

QString firstSentence(std::string_view meaning)
{
    const QString sentence = toText(meaning.substr(0, meaning.find(". ")));
    return sentence.size() <= longestLine ? sentence : sentence.left(longestLine - 1) + QChar(0x2026);
}

} // namespace

std::vector<EventChoice> comingEvents(const QStringList& events, const Document& document)
{
    const Progress progress = progressOf(document);
    std::vector<EventChoice> choices;
    for (const QString& name : events) {
        const core::BootEvent* event = core::findBootEvent(name.toStdString());
        if (!event || !whyOver(*event, progress).isEmpty())
            continue;
        const QString about = firstSentence(event->meaning);
        choices.push_back({name, about.isEmpty() ? name : name + QStringLiteral("  \u2014  ") + about,
            toText(event->meaning)});
    }
    return choices;
}

QString whyNotComing(const QString& place, const Document& document)
{
    const core::BootEvent* event = core::findBootEvent(place.toStdString());
    return event ? whyOver(*event, progressOf(document)) : QString();
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
