// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include <QList>
#include <QObject>
#include <QStringList>

class QLabel;
class QMainWindow;
class QShortcut;
class QSplitter;
class QStackedWidget;

namespace pgtscope::views {

class DockArea;
class Document;
class PresenterStrip;
class WalkthroughView;

/// A presentation, for a class: the whole screen in large type with one view, the narration beside it, and
/// below both a strip that says where one is. The view and the narration are those of the docks, borrowed
/// until the presentation ends, so that nothing of the layout changes.
///
/// Keys: 1 to 9 and 0 choose the view, Page Down and Page Up (which the pointers of lecturers send) the
/// chapter or note, the arrows the step, A opens an answer, + and − change the size of the type, B blanks
/// the screen, Escape leaves.
class Presenter : public QObject {
    Q_OBJECT
public:
    /// `stack` is where the views of `window` are shown, `docks` among its pages.
    Presenter(QMainWindow& window, QStackedWidget& stack, DockArea& docks, Document& document);

    bool presenting() const { return m_stage != nullptr; }
    /// Id of the view that is presented.
    const QString& shownView() const { return m_shown; }

public slots:
    void setPresenting(bool presenting);
    /// Shows the view of that id in the presentation; without one, brings it up in the docks.
    void show(const QString& id);

signals:
    void presentingChanged(bool presenting);

private:
    void begin();
    void end();
    void makeStage();
    void putBack();
    void showView(const QString& id);
    void addKey(const char* key, const std::function<void()>& pressed);
    void addKeys();
    void resizeType(double factor);

    QMainWindow& m_window;
    QStackedWidget& m_stack;
    DockArea& m_docks;
    Document& m_document;
    WalkthroughView* m_walkthrough;
    QWidget* m_stage = nullptr; ///< Exists while a presentation goes on, and so do its parts.
    QSplitter* m_columns = nullptr;
    QLabel* m_title = nullptr;
    QWidget* m_blank = nullptr;
    QList<QShortcut*> m_keys; ///< Those of a presentation.
    QList<QWidget*> m_bars; ///< Those that were shown before.
    QString m_shown;
    Qt::WindowStates m_states;
};

/// The views that can be presented, by the keys 1 to 9 and 0.
QStringList presentedViews();

} // namespace pgtscope::views
