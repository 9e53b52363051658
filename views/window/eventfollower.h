// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include <QObject>

#include "core/steps/step.h"

namespace pgtscope::views {

class Document;
class MainWindow;

/// The step of `led` that corresponds to the one that `leader` shows: that of the same boot event or
/// change of pgt_buf, reached as often by then. Where `led` never came there, of the latest event before it
/// that both have. nullopt if there is none, or if `led` is between that event and its next already.
std::optional<core::StepNumber> correspondingStep(const Document& leader, const Document& led);

/// Windows whose recordings follow each other: where one of them reaches a boot event or a change of pgt_buf,
/// the others go to theirs. A live guest leads, and is not led.
class EventFollower : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    /// The window outlives this. It follows while its action FollowWindows is checked.
    void add(MainWindow& window);

private:
    void lead(MainWindow& leader);

    std::vector<MainWindow*> m_windows;
    bool m_leading = false;
};

} // namespace pgtscope::views
