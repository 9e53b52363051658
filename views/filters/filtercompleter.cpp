// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/filters/filtercompleter.h"

#include <algorithm>

#include <QAbstractItemView>
#include <QCompleter>
#include <QKeyEvent>
#include <QLineEdit>
#include <QStringListModel>

#include "core/filter/filter.h"
#include "views/model/document.h"

namespace pgtscope::views {

namespace {

constexpr qsizetype maxSymbols = 20;
constexpr qsizetype shortestSymbol = 3; // fewer letters fit half of a kernel's symbols

bool ofWord(QChar c) { return c.isLetterOrNumber() || c == QLatin1Char('_') || c == QLatin1Char('.'); }

qsizetype wordBegin(const QString& text, qsizetype cursor)
{
    while (cursor > 0 && ofWord(text[cursor - 1]))
        --cursor;
    return cursor;
}

std::vector<std::string> regionsOf(const core::Snapshot& snapshot)
{
    std::vector<std::string> names;
    for (const core::LinearRegion& region : snapshot.linearRegions())
        names.push_back(region.name);
    for (const core::PhysicalRegion& region : snapshot.namedRegions())
        if (std::find(names.begin(), names.end(), region.name) == names.end())
            names.push_back(region.name);
    return names;
}

} // namespace

FilterCompleter::FilterCompleter(Document& document, QLineEdit& line)
    : QObject(&line)
    , m_document(document)
    , m_line(line)
    , m_completer(new QCompleter(this))
    , m_words(new QStringListModel(this))
{
    m_completer->setModel(m_words);
    m_completer->setWidget(&line);
    m_completer->setCompletionMode(QCompleter::UnfilteredPopupCompletion);
    m_completer->popup()->installEventFilter(this);
    connect(&line, &QLineEdit::textEdited, this, &FilterCompleter::complete);
    connect(m_completer, qOverload<const QString&>(&QCompleter::activated), this, &FilterCompleter::insert);
}

QStringList FilterCompleter::words() const { return m_words->stringList(); }

QStringList FilterCompleter::wordsAt(const QString& typed, qsizetype cursor) const
{
    const qsizetype begin = wordBegin(typed, cursor);
    if (!m_document.state() || begin == cursor)
        return {};
    const auto regions = regionsOf(*m_document.state()->snapshot());
    const auto position = static_cast<std::size_t>(typed.left(cursor).toUtf8().size());
    QStringList words;
    for (const std::string& word : core::completeFilter(typed.toStdString(), position, regions))
        words += QString::fromStdString(word);
    if (cursor - begin < shortestSymbol)
        return words;
    const std::string prefix = typed.mid(begin, cursor - begin).toStdString();
    const qsizetype most = words.size() + maxSymbols;
    for (const core::Symbol& symbol : m_document.symbols().symbols()) {
        if (words.size() == most)
            break;
        if (symbol.name.starts_with(prefix))
            words += QString::fromStdString(symbol.name);
    }
    return words;
}

void FilterCompleter::complete()
{
    m_words->setStringList(wordsAt(m_line.text(), m_line.cursorPosition()));
    if (m_words->rowCount() == 0)
        m_completer->popup()->hide();
    else {
        m_completer->complete();
        // None is chosen yet: Return means what was typed.
        m_completer->popup()->setCurrentIndex({});
    }
}

/// Return on a word that was chosen completes and does no more; Tab takes the first where none is chosen.
bool FilterCompleter::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() != QEvent::KeyPress)
        return QObject::eventFilter(watched, event);
    const int key = static_cast<QKeyEvent*>(event)->key();
    QModelIndex chosen = m_completer->popup()->currentIndex();
    if (key == Qt::Key_Tab && !chosen.isValid())
        chosen = m_completer->popup()->model()->index(0, 0);
    const bool takes = key == Qt::Key_Return || key == Qt::Key_Enter || key == Qt::Key_Tab;
    if (!takes || !chosen.isValid())
        return QObject::eventFilter(watched, event);
    m_completer->popup()->hide();
    insert(chosen.data().toString());
    return true;
}

void FilterCompleter::insert(const QString& word)
{
    QString typed = m_line.text();
    const qsizetype cursor = m_line.cursorPosition();
    const qsizetype begin = wordBegin(typed, cursor);
    typed.replace(begin, cursor - begin, word);
    m_line.setText(typed);
    m_line.setCursorPosition(static_cast<int>(begin + word.size()));
}

} // namespace pgtscope::views
