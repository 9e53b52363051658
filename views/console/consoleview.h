// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>

#include "views/model/guestcontroller.h"

class QLabel;
class QMenu;
class QPlainTextEdit;

namespace pgtscope::views {

class CommandLine;

/// gdb's own prompt. Commands go to the gdb that holds the live guest; what they do to the guest shows in all
/// views as a new step.
class ConsoleView : public QWidget {
    Q_OBJECT
public:
    explicit ConsoleView(GuestLink& live, QWidget* parent = nullptr);

    QString output() const;

signals:
    /// A right click on a word of gdb's output. The menu, which has the prompt's own entries, opens
    /// afterwards.
    void menuRequested(const QString& word, QMenu* menu);

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void follow(GuestController* guest);
    void showState();
    void useFixedFont();
    void submit(const QString& command);
    void submitAll(const QStringList& commands);
    void submitNext();
    void complete(const QString& begin);
    void showCompletions(const QString& begin, const QStringList& whole);
    void interrupt();
    void print(const QString& text);
    void showMenu(const QPoint& point);

    GuestLink& m_live;
    QPlainTextEdit* m_output;
    QLabel* m_prompt;
    CommandLine* m_line;
    bool m_shared = false; ///< The guest is with an external gdb.
    QStringList m_waiting; ///< Pasted lines; each is entered when the guest has stopped after the previous.
};

} // namespace pgtscope::views
