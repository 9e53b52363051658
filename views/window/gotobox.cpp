// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/gotobox.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QStringListModel>

#include "core/filter/snapshotknowledge.h"
#include "views/base/document.h"
#include "views/base/place.h"
#include "views/base/placetext.h"

namespace pgtscope::views {

namespace {
constexpr qsizetype mostWords = 20;
constexpr qsizetype shortestTyped = 3; // fewer letters fit half of a kernel's symbols
} // namespace

GotoBox::GotoBox(Document& document, Selection& selection, QWidget* parent)
    : QLineEdit(parent)
    , m_document(document)
    , m_selection(selection)
    , m_words(new QStringListModel(this))
    , m_completer(new QCompleter(this))
{
    setObjectName(QStringLiteral("goto"));
    setPlaceholderText(QStringLiteral("address, symbol or filter"));
    setAccessibleName(QStringLiteral("Address, symbol or filter"));
    setToolTip(QStringLiteral("0xffff888000000000, pa:0x1000, pfn:0x3f11, _text+0x40, or a filter: "
                              "finding and region == pgt_buf"));
    setClearButtonEnabled(true);
    m_completer->setModel(m_words);
    m_completer->setCompletionMode(QCompleter::UnfilteredPopupCompletion);
    setCompleter(m_completer);
    connect(this, &QLineEdit::returnPressed, this, &GotoBox::go);
    connect(this, &QLineEdit::textEdited, this, &GotoBox::complete);
}

void GotoBox::complete(const QString& typed)
{
    QStringList words;
    const std::string begin = typed.toStdString();
    if (typed.size() >= shortestTyped)
        for (const core::Symbol& symbol : m_document.symbols().symbols()) {
            if (words.size() == mostWords)
                break;
            if (symbol.name.starts_with(begin))
                words += QString::fromStdString(symbol.name);
        }
    m_words->setStringList(words);
}

void GotoBox::go()
{
    const QString typed = text().trimmed();
    if (typed.isEmpty()) {
        emit filterEntered({});
        return;
    }
    if (!m_document.state()) {
        emit failed(QStringLiteral("There is no step to look at yet"));
        return;
    }
    const core::SnapshotPtr& snapshot = m_document.state()->snapshot();
    if (const auto place = placeFromText(typed, *snapshot, m_document.symbols())) {
        m_selection.select(*place);
        return;
    }
    const core::SnapshotKnowledge knowledge(snapshot);
    const std::string filter = typed.toStdString();
    if (const auto parsed = core::Filter::parse(filter, knowledge.lookup(m_document.symbols())); !parsed)
        emit failed(QString::fromStdString(parsed.error().error(filter).message()));
    else
        emit filterEntered(typed);
}

} // namespace pgtscope::views
