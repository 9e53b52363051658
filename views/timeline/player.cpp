// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/timeline/player.h"

#include <algorithm>
#include <cmath>

#include "views/model/document.h"

namespace pgtscope::views {

namespace {
constexpr int fastestTick = 33; // milliseconds
}

Player::Player(Document& document, QObject* parent)
    : QObject(parent)
    , m_document(document)
{
    connect(&m_timer, &QTimer::timeout, this, &Player::advance);
    connect(&document, &Document::timelineChanged, this, [this] { setPlaying(false); });
}

void Player::setStepsPerSecond(double speed)
{
    m_speed = std::clamp(speed, 0.1, 100'000.0);
    m_timer.setInterval(std::max(fastestTick, static_cast<int>(1000 / m_speed)));
}

void Player::setPlaying(bool playing)
{
    if (playing == m_timer.isActive() || (playing && m_document.size() == 0))
        return;
    if (playing) {
        if (m_document.step() + 1 >= m_document.size())
            m_document.goTo(0);
        m_due = 0;
        m_since.start();
        m_timer.start(std::max(fastestTick, static_cast<int>(1000 / m_speed)));
    } else {
        m_timer.stop();
    }
    emit playingChanged(playing);
}

void Player::advance()
{
    const double earned = static_cast<double>(m_since.restart()) * m_speed / 1000;
    // A step that took long to show must not make the next ones jump.
    m_due = std::min(m_due + earned, std::max(1.0, m_speed / 4));
    const double whole = std::floor(m_due + 0.05);
    if (whole < 1)
        return;
    m_due = std::max(0.0, m_due - whole);
    m_document.goTo(m_document.step() + static_cast<quint64>(whole));
    if (m_document.step() + 1 >= m_document.size())
        setPlaying(false);
}

} // namespace pgtscope::views
