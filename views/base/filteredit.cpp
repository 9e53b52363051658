// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/base/filteredit.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QLabel>
#include <QLineEdit>
#include <QStringListModel>
#include <QVBoxLayout>

#include "core/filter/snapshotknowledge.h"
#include "views/base/document.h"
#include "views/base/theme.h"

namespace pgtscope::views {

namespace {

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
    for (const core::PhysicalRegion& region : snapshot.physicalRegions())
        names.push_back(region.name);
    return names;
}

} // namespace

FilterEdit::FilterEdit(Document& document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_line(new QLineEdit(this))
    , m_error(new QLabel(this))
    , m_completer(new QCompleter(this))
    , m_words(new QStringListModel(this))
{
    m_line->setObjectName(QStringLiteral("filter"));
    m_line->setPlaceholderText(QStringLiteral("filter, e.g. eff.rw and not eff.nx"));
    m_line->setClearButtonEnabled(true);
    m_line->setAccessibleName(QStringLiteral("Filter"));
    m_error->setObjectName(QStringLiteral("filterError"));
    m_error->setVisible(false);
    m_error->setFont(Theme::instance().fixedFont());
    m_error->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_completer->setModel(m_words);
    m_completer->setWidget(m_line);
    m_completer->setCompletionMode(QCompleter::UnfilteredPopupCompletion);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    layout->addWidget(m_line);
    layout->addWidget(m_error);
    connect(m_line, &QLineEdit::textEdited, this, &FilterEdit::complete);
    connect(m_line, &QLineEdit::textChanged, this, &FilterEdit::parse);
    connect(
        m_completer, qOverload<const QString&>(&QCompleter::activated), this, &FilterEdit::insertCompletion);
}

QString FilterEdit::text() const { return m_line->text(); }

QString FilterEdit::errorText() const { return m_error->text(); }

void FilterEdit::setText(const QString& text) { m_line->setText(text); }

void FilterEdit::reread()
{
    if (!text().isEmpty())
        parse();
}

void FilterEdit::complete()
{
    const QString typed = m_line->text();
    const qsizetype cursor = m_line->cursorPosition();
    if (!m_document.state() || wordBegin(typed, cursor) == cursor) {
        m_completer->popup()->hide();
        return;
    }
    const auto regions = regionsOf(*m_document.state()->snapshot());
    const auto position = static_cast<std::size_t>(typed.left(cursor).toUtf8().size());
    QStringList words;
    for (const std::string& word : core::completeFilter(typed.toStdString(), position, regions))
        words += QString::fromStdString(word);
    m_words->setStringList(words);
    if (words.isEmpty())
        m_completer->popup()->hide();
    else
        m_completer->complete();
}

void FilterEdit::insertCompletion(const QString& word)
{
    QString typed = m_line->text();
    const qsizetype cursor = m_line->cursorPosition();
    const qsizetype begin = wordBegin(typed, cursor);
    typed.replace(begin, cursor - begin, word);
    m_line->setText(typed);
    m_line->setCursorPosition(static_cast<int>(begin + word.size()));
}

void FilterEdit::parse()
{
    const std::string typed = text().toStdString();
    core::SymbolLookup lookup;
    std::optional<core::SnapshotKnowledge> knowledge;
    if (m_document.state()) {
        knowledge.emplace(m_document.state()->snapshot());
        lookup = knowledge->lookup(m_document.symbols());
    }
    auto filter = typed.empty() ? tl::expected<core::Filter, core::FilterError>()
                                : core::Filter::parse(typed, lookup);
    m_error->setVisible(!filter);
    if (filter) {
        m_error->clear();
        m_filter = std::move(*filter);
        emit filterChanged();
        return;
    }
    const core::FilterError& error = filter.error();
    std::string message = error.caretText(typed) + '\n' + error.happened;
    if (!error.advice.empty())
        message += "; " + error.advice;
    m_error->setText(QString::fromStdString(message));
    QPalette palette = m_error->palette();
    palette.setColor(QPalette::WindowText, Theme::instance().finding(core::FindingState::Violation));
    m_error->setPalette(palette);
}

} // namespace pgtscope::views
