// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

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

protected:
    bool event(QEvent* event) override;

private:
    bool takeKey(const QKeyEvent& key);
    void enter();
    void recall(int direction);

    QStringList m_history; ///< Oldest first.
    qsizetype m_at = 0; ///< Position in it; its size: the line that is being typed.
    QString m_typed;
};

} // namespace pgtscope::views
