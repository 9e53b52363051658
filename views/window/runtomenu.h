// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QMenu>

namespace pgtscope::views {

class ActionSet;
class Document;
class GuestLink;

/// "Run to": the boot events that can still come, and a box for any other place.
class RunToMenu : public QMenu {
    Q_OBJECT
public:
    /// All outlive the menu.
    RunToMenu(ActionSet& actions, Document& document, GuestLink& live, QWidget* parent);

private:
    void fill();
    void ask();
    void runTo(const QString& place);

    ActionSet& m_actions;
    Document& m_document;
    GuestLink& m_live;
};

} // namespace pgtscope::views
