// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QByteArray>
#include <QList>
#include <QObject>

class QMainWindow;
class QShortcut;
class QWidget;

namespace pgtscope::views {

class DockArea;
class WalkthroughView;

/// Presenter mode: the whole screen, the narration on the right, and one view at a time on the left, with all
/// others behind large tabs. Page Down and Page Up, which the pointers of lecturers send, go from chapter to
/// chapter; Escape leaves. Everything is put back as it was.
class Presenter : public QObject {
    Q_OBJECT
public:
    Presenter(QMainWindow& window, DockArea& docks);

    bool presenting() const { return m_presenting; }

public slots:
    void setPresenting(bool presenting);

signals:
    void presentingChanged(bool presenting);

private:
    void begin();
    void end();
    void addKey(int key, void (Presenter::*go)());
    void leave() { setPresenting(false); }
    void nextChapter();
    void previousChapter();

    QMainWindow& m_window;
    DockArea& m_docks;
    WalkthroughView* m_walkthrough;
    QList<QShortcut*> m_keys; ///< Those of a presentation.
    QList<QWidget*> m_put; ///< Bars that were shown before.
    QByteArray m_layout;
    Qt::WindowStates m_states;
    bool m_presenting = false;
};

} // namespace pgtscope::views
