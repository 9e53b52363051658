// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/console/commandline.h"

#include <algorithm>

#include <QAction>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMenu>

namespace pgtscope::views {

namespace {
constexpr qsizetype maxHistory = 500;
} // namespace

CommandLine::CommandLine(QWidget* parent)
    : QLineEdit(parent)
{
    connect(this, &QLineEdit::returnPressed, this, &CommandLine::enter);
    connect(this, &QLineEdit::textEdited, this, [this] { m_at = m_history.size(); });
}

void CommandLine::setHistory(const QStringList& history)
{
    m_history = history.mid(std::max<qsizetype>(0, history.size() - maxHistory));
    m_at = m_history.size();
}

bool CommandLine::event(QEvent* event)
{
    // Tab would move the focus, and Ctrl+C is the window's or the clipboard's: both are asked here first.
    if (event->type() == QEvent::KeyPress && takeKey(*static_cast<QKeyEvent*>(event)))
        return true;
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_C && key->modifiers() == Qt::ControlModifier && !hasSelectedText()) {
            event->accept();
            return true;
        }
    }
    return QLineEdit::event(event);
}

/// Text of one line is pasted as everywhere; QLineEdit would join several to one.
bool CommandLine::takePaste(QClipboard::Mode mode)
{
    QString pasted = QGuiApplication::clipboard()->text(mode);
    pasted.replace(QStringLiteral("\r\n"), QStringLiteral("\n"));
    if (isReadOnly() || !pasted.contains(QLatin1Char('\n')))
        return false;
    insert(pasted.section(QLatin1Char('\n'), 0, 0));
    QStringList lines = pasted.split(QLatin1Char('\n'));
    lines.first() = text();
    setText(lines.takeLast());
    QStringList complete;
    for (const QString& line : lines)
        if (!line.trimmed().isEmpty())
            complete += line.trimmed();
    m_history += complete;
    setHistory(m_history);
    if (!complete.isEmpty())
        emit linesPasted(complete);
    return true;
}

void CommandLine::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() == Qt::MiddleButton && QGuiApplication::clipboard()->supportsSelection()
        && takePaste(QClipboard::Selection))
        return;
    QLineEdit::mouseReleaseEvent(event);
}

void CommandLine::contextMenuEvent(QContextMenuEvent* event)
{
    QMenu* menu = createStandardContextMenu();
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (QAction* paste : menu->actions()) {
        if (!paste->text().startsWith(QLineEdit::tr("&Paste")))
            continue;
        paste->disconnect(this);
        connect(paste, &QAction::triggered, this, [this] {
            if (!takePaste(QClipboard::Clipboard))
                QLineEdit::paste();
        });
    }
    menu->popup(event->globalPos());
}

bool CommandLine::takeKey(const QKeyEvent& key)
{
    if (key.matches(QKeySequence::Paste) && takePaste(QClipboard::Clipboard))
        return true;
    switch (key.key()) {
    case Qt::Key_Tab:
        // An empty line has nothing to complete: the focus goes on, as everywhere.
        if (text().isEmpty() || key.modifiers() != Qt::NoModifier)
            return false;
        emit completionWanted(text());
        return true;
    case Qt::Key_C:
        if (key.modifiers() != Qt::ControlModifier || hasSelectedText())
            return false;
        emit interruptWanted();
        return true;
    case Qt::Key_Up:
        recall(-1);
        return true;
    case Qt::Key_Down:
        recall(1);
        return true;
    default:
        return false;
    }
}

void CommandLine::enter()
{
    // As gdb does at its own prompt.
    const QString command
        = text().trimmed().isEmpty() ? m_history.value(m_history.size() - 1) : text().trimmed();
    if (command.isEmpty())
        return;
    if (m_history.isEmpty() || m_history.last() != command)
        m_history += command;
    setHistory(m_history);
    clear();
    emit entered(command);
}

void CommandLine::recall(int direction)
{
    if (m_at == m_history.size())
        m_typed = text();
    m_at = std::clamp<qsizetype>(m_at + direction, 0, m_history.size());
    setText(m_at == m_history.size() ? m_typed : m_history[m_at]);
}

} // namespace pgtscope::views
