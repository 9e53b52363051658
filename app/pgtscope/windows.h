// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <vector>

#include <QObject>

#include "app/pgtscope/program.h"
#include "views/window/eventfollower.h"

namespace pgtscope::app {

/// The windows of this program, each with a recording or a guest of its own; they follow each other by boot
/// event. A window that is closed is kept until the program ends: its guest may still be left.
class Windows : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    /// One more, not shown yet.
    Program& add();
    const std::vector<std::unique_ptr<Program>>& all() const { return m_programs; }

private:
    void showAnother(const views::MainWindow& beside);

    std::vector<std::unique_ptr<Program>> m_programs;
    views::EventFollower m_follower;
};

} // namespace pgtscope::app
