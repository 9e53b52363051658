// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/gotobox.h"

#include <algorithm>

#include <QApplication>
#include <QKeyEvent>
#include <QRegularExpression>

#include "core/filter/snapshotknowledge.h"
#include "views/filters/filtercompleter.h"
#include "views/model/document.h"
#include "views/model/place.h"
#include "views/model/placetext.h"
#include "views/widgets/viewtext.h"
#include "views/window/filterbar.h"

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
    setPlaceholderText(tr("address, symbol or filter"));
    setAccessibleName(tr("Address, symbol or filter"));
    setToolTip(
        tr("0xffff888000000000, pa:0x1000, frame:0x3f11, pfn:0x3f11 (under Xen the guest's own number; "
           "mfn:0x3f11 is the machine's), va:0x1000, _text+0x40, step 35, or a filter: finding and region == "
           "pgt_buf"));
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

void GotoBox::showFilter(const QString& filter)
{
    m_filter = filter;
    m_recalled = -1;
    setText(filter);
}

/// Escape means what was typed here as well, and gives the focus back: the window's own key does not.
bool GotoBox::event(QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape
        && !text().isEmpty()) {
        event->accept();
        return true;
    }
    return QLineEdit::event(event);
}

void GotoBox::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape && (!m_filter.isEmpty() || !text().isEmpty())) {
        clear();
        emit failed({});
        emit filterEntered({});
        return leave();
    }
    if (event->key() == Qt::Key_Down)
        return recall(1);
    if (event->key() == Qt::Key_Up)
        return recall(-1);
    QLineEdit::keyPressEvent(event);
}

/// Down goes to older filters, as from the top of a list.
void GotoBox::recall(int direction)
{
    const QStringList filters = FilterBar::recent();
    m_recalled = std::clamp(m_recalled + direction, -1, static_cast<int>(filters.size()) - 1);
    setText(m_recalled < 0 ? QString() : filters[m_recalled]);
}

/// "step 35", "step:35".
bool GotoBox::goToStep(const QString& typed)
{
    static const QRegularExpression form(QStringLiteral("^step[ :]\\s*(\\d{1,18})$"));
    const auto match = form.match(typed);
    if (!match.hasMatch())
        return false;
    const quint64 step = match.captured(1).toULongLong();
    if (step >= m_document.size()) {
        emit failed(tr("There is no step %1: the last is step %2").arg(step).arg(m_document.size() - 1));
        return true;
    }
    emit failed({});
    m_document.goTo(step);
    setText(m_filter);
    leave();
    return true;
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
        emit failed({});
        emit filterEntered({});
        return;
    }
    if (!m_document.state()) {
        emit failed(tr("There is no step yet"));
        return;
    }
    if (goToStep(typed))
        return;
    const core::SnapshotPtr& snapshot = m_document.state()->snapshot();
    if (const auto place = placeFromText(typed, *snapshot, m_document.symbols())) {
        if (place->empty()) {
            const QString owner = snapshot->xen() ? QString::fromStdString(core::domainText(*snapshot->xen()))
                                                  : tr("this machine");
            emit failed(tr("%1 is no frame of %2").arg(typed, owner));
        } else {
            m_selection.select(*place);
            leave();
            emit failed(hintFor(*place, *snapshot));
        }
        return;
    }
    const core::SnapshotKnowledge knowledge(snapshot);
    const std::string filter = typed.toStdString();
    if (const auto parsed = core::Filter::parse(filter, knowledge.lookup(m_document.symbols())); !parsed)
        refuse(typed, parsed.error());
    else {
        emit failed({});
        emit filterEntered(typed);
    }
}

} // namespace pgtscope::views
