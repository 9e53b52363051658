// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/gotobox.h"

#include <algorithm>

#include <QApplication>

#include "core/filter/snapshotknowledge.h"
#include "views/filters/filtercompleter.h"
#include "views/model/document.h"
#include "views/model/place.h"
#include "views/model/placetext.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

/// An address that is not mapped may have been meant as a physical one.
QString hintFor(const Place& place, const core::Snapshot& snapshot)
{
    if (!place.linear || place.frame
        || !snapshot.ramMap().contains(core::PhysicalAddress(place.linear->value), 1))
        return {};
    return GotoBox::tr("No page is mapped at %1. For the physical address type pa:%1")
        .arg(hexOf(place.linear->value));
}

} // namespace

GotoBox::GotoBox(Document& document, Selection& selection, QWidget* parent)
    : QLineEdit(parent)
    , m_document(document)
    , m_selection(selection)
{
    setObjectName(QStringLiteral("goto"));
    setPlaceholderText(QStringLiteral("address, symbol or filter"));
    setAccessibleName(QStringLiteral("Address, symbol or filter"));
    setToolTip(QStringLiteral(
        "0xffff888000000000, pa:0x1000, frame:0x3f11, pfn:0x3f11 (under Xen the guest's own number; "
        "mfn:0x3f11 is the machine's), _text+0x40, or a filter: finding and region == pgt_buf"));
    setClearButtonEnabled(true);
    new FilterCompleter(document, *this);
    connect(this, &QLineEdit::returnPressed, this, &GotoBox::go);
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget* before, QWidget* now) {
        if (now == this)
            m_before = before;
    });
}

/// The focus returns to where it was: Ctrl+Z means the guest again, not the text here.
void GotoBox::leave()
{
    if (m_before && m_before != this)
        m_before->setFocus();
    else
        clearFocus();
}

/// Selects the place of the error, so that what is typed next replaces it.
void GotoBox::refuse(const QString& typed, const core::FilterError& error)
{
    const QByteArray bytes = typed.toUtf8();
    const auto letters = [&](std::size_t end) {
        return static_cast<int>(QString::fromUtf8(bytes.left(static_cast<qsizetype>(end))).size());
    };
    const int begin = letters(error.position);
    setText(typed);
    setSelection(begin, std::max(1, letters(error.position + error.length) - begin));
    QString message = tr("%1 (at character %2)").arg(QString::fromStdString(error.happened)).arg(begin + 1);
    if (!error.advice.empty())
        message += QStringLiteral("; ") + QString::fromStdString(error.advice);
    emit failed(message);
}

void GotoBox::go()
{
    const QString typed = text().trimmed();
    if (typed.isEmpty()) {
        emit filterEntered({});
        return;
    }
    if (!m_document.state()) {
        emit failed(QStringLiteral("There is no step yet"));
        return;
    }
    const core::SnapshotPtr& snapshot = m_document.state()->snapshot();
    if (const auto place = placeFromText(typed, *snapshot, m_document.symbols())) {
        if (place->empty()) {
            const QString owner = snapshot->xen() ? QString::fromStdString(core::domainText(*snapshot->xen()))
                                                  : tr("this machine");
            emit failed(tr("%1 is no frame of %2").arg(typed, owner));
        } else {
            m_selection.select(*place);
            leave();
            if (const QString hint = hintFor(*place, *snapshot); !hint.isEmpty())
                emit failed(hint);
        }
        return;
    }
    const core::SnapshotKnowledge knowledge(snapshot);
    const std::string filter = typed.toStdString();
    if (const auto parsed = core::Filter::parse(filter, knowledge.lookup(m_document.symbols())); !parsed)
        refuse(typed, parsed.error());
    else
        emit filterEntered(typed);
}

} // namespace pgtscope::views
