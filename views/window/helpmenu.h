// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include <QObject>

class QAction;
class QMainWindow;
class QMenu;

namespace pgtscope::views {

/// What the Help menu offers beside the keys: the manual, the filter's fields, the rules, the glossary. Each
/// is a window of its own that scrolls and does not block.
class HelpMenu : public QObject {
    Q_OBJECT
public:
    HelpMenu(QMenu& menu, QMainWindow& window);

    /// Plain text, with lines of any length; without one, the manual is not offered.
    void setManual(const QString& text);
    /// Shows rich text in a window of that title, the one of an earlier call if it is still open.
    void show(const QString& title, const QString& html);

private:
    void offer(const QString& text, const std::function<QString()>& page);

    QMainWindow& m_window;
    QAction* m_showManual;
    QString m_manual; ///< As rich text.
    QMenu& m_menu;
};

} // namespace pgtscope::views
