// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/console/consoleview.h"

#include <QClipboard>
#include <QCoreApplication>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QSettings>
#include <QVBoxLayout>

#include "views/console/commandline.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

namespace {

const QLatin1String historyKey("console/history");
constexpr int maxLines = 20'000;
constexpr qsizetype maxListed = 60;
const QString prompt = QStringLiteral("(gdb) ");

/// The common prefix of all the words.
QString commonBegin(const QStringList& words)
{
    QString common = words.value(0);
    for (const QString& word : words)
        while (!word.startsWith(common))
            common.chop(1);
    return common;
}

} // namespace

ConsoleView::ConsoleView(GuestLink& live, QWidget* parent)
    : QWidget(parent)
    , m_live(live)
    , m_output(new QPlainTextEdit(this))
    , m_prompt(new QLabel(prompt, this))
    , m_line(new CommandLine(this))
{
    setObjectName(QStringLiteral("consoleView"));
    m_output->setObjectName(QStringLiteral("consoleOutput"));
    m_output->setAccessibleName(tr("What gdb printed"));
    m_output->setReadOnly(true);
    m_output->setMaximumBlockCount(maxLines);
    m_output->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_output->setFrameShape(QFrame::NoFrame);
    m_output->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_line->setObjectName(QStringLiteral("consoleLine"));
    m_line->setAccessibleName(tr("gdb command"));
    m_line->setFrame(false);
    m_line->setHistory(QSettings().value(historyKey).toStringList());
    setFocusProxy(m_line);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(6, 0, 6, 2);
    row->setSpacing(4);
    row->addWidget(m_prompt);
    row->addWidget(m_line, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_output, 1);
    layout->addLayout(row);
    connect(m_line, &CommandLine::entered, this, [this](const QString& command) {
        m_waiting.clear();
        submit(command);
    });
    m_output->installEventFilter(this);
    connect(m_line, &CommandLine::linesPasted, this, &ConsoleView::submitAll);
    connect(m_line, &CommandLine::completionWanted, this, &ConsoleView::complete);
    connect(m_line, &CommandLine::interruptWanted, this, &ConsoleView::interrupt);
    connect(&m_live, &GuestLink::guestChanged, this, &ConsoleView::follow);
    m_output->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_output, &QWidget::customContextMenuRequested, this, &ConsoleView::showMenu);
    useFixedFont();
    follow(m_live.guest());
}

QString ConsoleView::output() const { return m_output->toPlainText(); }

void ConsoleView::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        useFixedFont();
}

void ConsoleView::useFixedFont()
{
    for (QWidget* fixed :
        {static_cast<QWidget*>(m_output), static_cast<QWidget*>(m_prompt), static_cast<QWidget*>(m_line)})
        fixed->setFont(Theme::instance().fixedFont());
}

void ConsoleView::follow(GuestController* guest)
{
    m_shared = false;
    if (guest) {
        m_output->clear();
        m_waiting.clear();
        connect(guest, &GuestController::stateChanged, this, &ConsoleView::showState);
        connect(guest, &GuestController::stateChanged, this, &ConsoleView::submitNext);
        connect(guest, &GuestController::consoleOutput, this, &ConsoleView::print);
        connect(guest, &GuestController::shared, this, [this](const QString& where) {
            m_shared = !where.isEmpty();
            showState();
        });
        connect(guest, &GuestController::completions, this, &ConsoleView::showCompletions);
    }
    showState();
}

/// The panel looks like a terminal: what is typed over gdb's words goes to the prompt.
bool ConsoleView::eventFilter(QObject* watched, QEvent* event)
{
    if (watched != m_output || event->type() != QEvent::KeyPress)
        return QWidget::eventFilter(watched, event);
    auto* key = static_cast<QKeyEvent*>(event);
    const bool copies = key->matches(QKeySequence::Copy) && m_output->textCursor().hasSelection();
    const bool types = !key->text().isEmpty() && key->text().front().isPrint();
    if (copies || (!types && !key->matches(QKeySequence::Paste) && !key->matches(QKeySequence::Copy)))
        return false;
    m_line->setFocus();
    QCoreApplication::sendEvent(m_line, event);
    return true;
}

void ConsoleView::showState()
{
    using State = GuestController::State;
    const GuestController* guest = m_live.guest();
    const State now = guest ? guest->state() : State::Detached;
    m_line->setReadOnly(now != State::Stopped);
    m_prompt->setEnabled(now == State::Stopped);
    QString why;
    if (!guest)
        why = tr("A recording has no gdb");
    else if (m_shared)
        why = tr("Shared with an external gdb; Stop takes the guest back");
    else if (now == State::Running)
        why = tr("The guest runs; Ctrl+C stops it");
    else if (now != State::Stopped)
        why = tr("gdb is not connected to a guest");
    m_line->setPlaceholderText(why);
    setProperty("summary", why);
}

void ConsoleView::submit(const QString& command)
{
    if (!m_live.guest() || m_line->isReadOnly())
        return;
    QSettings().setValue(historyKey, m_line->history());
    print(prompt + command + QLatin1Char('\n'));
    m_live.guest()->gdbCommand(command);
}

void ConsoleView::submitAll(const QStringList& commands)
{
    m_waiting = commands;
    submitNext();
}

void ConsoleView::submitNext()
{
    using State = GuestController::State;
    const State now = m_live.guest() ? m_live.guest()->state() : State::Detached;
    if (now != State::Stopped && now != State::Running)
        m_waiting.clear();
    if (now == State::Stopped && !m_waiting.isEmpty())
        submit(m_waiting.takeFirst());
}

void ConsoleView::complete(const QString& begin)
{
    if (m_live.guest() && !m_line->isReadOnly())
        m_live.guest()->completeGdbCommand(begin);
}

void ConsoleView::showCompletions(const QString& begin, const QStringList& whole)
{
    // Text was typed meanwhile: the answer is out of date.
    if (whole.isEmpty() || m_line->text() != begin)
        return;
    const QString common = commonBegin(whole);
    if (common.size() > begin.size()) {
        m_line->setText(whole.size() == 1 ? common + QLatin1Char(' ') : common);
        return;
    }
    QString list = whole.mid(0, maxListed).join(QStringLiteral("  "));
    if (whole.size() > maxListed)
        list += tr("  … and %1 more").arg(whole.size() - maxListed);
    print(prompt + begin + QLatin1Char('\n') + list + QLatin1Char('\n'));
}

void ConsoleView::interrupt()
{
    m_waiting.clear();
    if (m_live.guest() && m_live.guest()->state() == GuestController::State::Running)
        m_live.guest()->interrupt();
    else
        m_line->clear();
}

void ConsoleView::showMenu(const QPoint& point)
{
    QTextCursor at = m_output->cursorForPosition(point);
    if (m_output->textCursor().hasSelection())
        at = m_output->textCursor();
    else
        at.select(QTextCursor::WordUnderCursor);
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setObjectName(QStringLiteral("placeMenu"));
    const QString word = at.selectedText().trimmed();
    menu->addAction(tr("&Copy"), this, [word] { QGuiApplication::clipboard()->setText(word); })
        ->setEnabled(!word.isEmpty());
    menu->addAction(tr("Select &all"), m_output, &QPlainTextEdit::selectAll);
    menu->addAction(tr("C&lear"), m_output, &QPlainTextEdit::clear);
    emit menuRequested(word, menu);
    menu->popup(m_output->viewport()->mapToGlobal(point));
}

void ConsoleView::print(const QString& text)
{
    QTextCursor end(m_output->document());
    end.movePosition(QTextCursor::End);
    end.insertText(text);
    m_output->verticalScrollBar()->setValue(m_output->verticalScrollBar()->maximum());
}

} // namespace pgtscope::views
