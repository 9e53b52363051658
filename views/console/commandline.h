// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QClipboard>
#include <QLineEdit>
#include <QStringList>

namespace pgtscope::views {

/// One line at a prompt, with the keys of a shell: Up and Down go through what was entered, Tab completes,
/// Ctrl+C interrupts, an empty line is the previous command once more.
class CommandLine : public QLineEdit {
    Q_OBJECT
public:
    explicit CommandLine(QWidget* parent = nullptr);

    const QStringList& history() const { return m_history; }
    void setHistory(const QStringList& history);

signals:
    void entered(const QString& command);
    void completionWanted(const QString& begin);
    void interruptWanted();
    /// Several lines were pasted: they are to be entered one after another, the last of them not yet.
    void linesPasted(const QStringList& complete);

protected:
    bool event(QEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    bool takeKey(const QKeyEvent& key);
    bool takePaste(QClipboard::Mode mode);
    void enter();
    void recall(int direction);

    QStringList m_history; ///< Oldest first.
    qsizetype m_at = 0; ///< Position in it; its size: the line that is being typed.
    QString m_typed;
};

} // namespace pgtscope::views
