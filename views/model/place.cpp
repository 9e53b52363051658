// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/model/place.h"

namespace pgtscope::views {

namespace {
constexpr qsizetype maxPlaces = 200;
}

Selection::Selection(QObject* parent)
    : QObject(parent)
{
}

void Selection::select(const Place& place)
{
    // What was only suggested can still be chosen.
    if (place.empty() || (place == m_history[m_at] && chosen()))
        return;
    m_history.resize(m_at + 1);
    if (m_history.size() == maxPlaces)
        m_history.remove(1);
    m_history.append(place);
    m_at = m_history.size() - 1;
    emit changed(place);
}

void Selection::suggest(const Place& place)
{
    if (place == m_history.front())
        return;
    m_history.front() = place;
    if (!chosen())
        emit changed(place);
}

void Selection::clear()
{
    m_history = {Place{}};
    m_at = 0;
    emit changed(place());
}

void Selection::back()
{
    if (!canGoBack())
        return;
    --m_at;
    emit changed(place());
}

void Selection::forward()
{
    if (!canGoForward())
        return;
    ++m_at;
    emit changed(place());
}

} // namespace pgtscope::views
