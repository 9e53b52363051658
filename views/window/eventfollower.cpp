// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/eventfollower.h"

#include <algorithm>

#include "views/window/mainwindow.h"

namespace pgtscope::views {

namespace {

using Events = std::vector<WriteHistory::Event>;

/// The latest event up to the step.
Events::const_iterator eventAt(const Events& events, core::StepNumber step)
{
    const auto after = std::upper_bound(events.begin(), events.end(), step,
        [](core::StepNumber at, const WriteHistory::Event& event) { return at < event.step; });
    return after == events.begin() ? events.end() : std::prev(after);
}

/// The event that is as many of its name as `wanted` is among `events`; the end if there are not so many.
Events::const_iterator same(const Events& events, Events::const_iterator wanted, Events::const_iterator first)
{
    auto count = std::count_if(first, std::next(wanted),
        [&](const WriteHistory::Event& event) { return event.name == wanted->name; });
    return std::find_if(events.begin(), events.end(),
        [&](const WriteHistory::Event& event) { return event.name == wanted->name && --count == 0; });
}

} // namespace

std::optional<core::StepNumber> correspondingStep(const Document& leader, const Document& led)
{
    const Events& from = leader.writes().landmarks();
    const Events& to = led.writes().landmarks();
    for (auto event = eventAt(from, leader.step()); event != from.end();
         event = event == from.begin() ? from.end() : std::prev(event)) {
        const auto found = same(to, event, from.begin());
        if (found == to.end())
            continue;
        return found == eventAt(to, led.step()) ? std::nullopt : std::optional(found->step);
    }
    return std::nullopt;
}

void EventFollower::add(MainWindow& window)
{
    m_windows.push_back(&window);
    connect(&window.document(), &Document::stepChanged, this, [this, &window] { lead(window); });
}

void EventFollower::lead(MainWindow& leader)
{
    // A window that is led does not lead in turn.
    if (m_leading || !leader.isVisible())
        return;
    m_leading = true;
    for (MainWindow* window : m_windows) {
        Document& document = window->document();
        if (window == &leader || !window->isVisible() || document.size() == 0 || document.live()
            || !window->action(ActionId::FollowWindows).isChecked())
            continue;
        if (const auto step = correspondingStep(leader.document(), document))
            document.goTo(*step);
    }
    m_leading = false;
}

} // namespace pgtscope::views
