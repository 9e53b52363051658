// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>

#include "views/model/document.h"
#include "views/model/place.h"

class QMenu;

namespace pgtscope::views {

/// A view of the current step that follows the selection, or stays where it is once it is unpinned. While
/// nothing of it can be seen it only notes that something changed; it catches up when it is shown.
class FollowingView : public QWidget {
    Q_OBJECT
    Q_PROPERTY(bool following READ following WRITE setFollowing NOTIFY followingChanged)
public:
    FollowingView(Document& document, Selection& selection, QWidget* parent = nullptr);

    bool following() const { return m_following; }
    /// Catches up now, seen or not: for exports, tests, and code that brings it to the front of its tabs.
    void refresh();
    /// False also behind another tab of its dock, where Qt moves it out of the window without hiding it.
    bool isSeen() const;
    /// What a command of the window means while the keyboard is in this view.
    virtual Place commandPlace() const { return m_place; }
    /// Adds what only this view offers to the menu of a right click, which the window makes.
    virtual void addToMenu(QMenu&) { }

public slots:
    /// False keeps the place that is shown now; the step is followed all the same.
    void setFollowing(bool following);

signals:
    void followingChanged(bool following);
    /// What the user should know, e.g. that a file could not be written.
    void notice(const QString& text);
    /// A right click, or the menu key: what the menu is about has been chosen.
    void menuRequested(const QPoint& global);

protected:
    void contextMenuEvent(QContextMenuEvent* event) override;
    /// Another step, or none: state() says which. The place is shown again afterwards.
    virtual void showStep() = 0;
    virtual void showPlace() = 0;

    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

    /// Empty while there is no step.
    const StepStatePtr& state() const { return m_document.state(); }
    const Place& place() const { return m_place; }
    /// What is shown is out of date: shown anew when the view is seen.
    void noteStale() { m_stepDirty = true; }
    Document& document() const { return m_document; }
    Selection& selection() const { return m_selection; }
    /// The user chose something here: the selection follows, this view too even if it is unpinned.
    void choose(const Place& place);

private:
    void stepMoved();
    void placeMoved(const Place& place);
    bool showsStep() const { return m_shown.lock() == state(); }

    Document& m_document;
    Selection& m_selection;
    Place m_place;
    bool m_following = true;
    std::weak_ptr<const StepState> m_shown; ///< What showStep() showed last.
    bool m_stepDirty = true;
    bool m_placeDirty = true;
};

} // namespace pgtscope::views
