// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/argument/argumentview.h"

#include <algorithm>

#include <QVBoxLayout>

#include "core/report/showing.h"
#include "views/argument/argumentlegend.h"
#include "views/argument/argumentpicture.h"
#include "views/model/entrychoice.h"
#include "views/widgets/bufferbegin.h"
#include "views/widgets/textblock.h"

namespace pgtscope::views {

ArgumentView::ArgumentView(Document& document, Selection& selection, QWidget* parent)
    : FollowingView(document, selection, parent)
    , m_text(new TextBlock("argumentText"))
    , m_begin(new BufferBegin(document, "argumentBegin"))
    , m_picture(new ArgumentPicture)
    , m_cursor(new TextBlock("argumentCursor"))
    , m_legend(new ArgumentLegend)
{
    setObjectName(QStringLiteral("argumentView"));
    for (TextBlock* text : {m_text, m_cursor}) {
        text->setTextFormat(Qt::PlainText);
        // In line with the strip.
        text->setIndent(4);
    }

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_text);
    layout->addWidget(m_begin);
    layout->addWidget(m_picture, 1);
    layout->addWidget(m_cursor);
    auto* legend = new QVBoxLayout;
    legend->setContentsMargins(8, 0, 8, 2);
    legend->addWidget(m_legend);
    layout->addLayout(legend);
    connect(m_picture, &ArgumentPicture::chosen, this, [this](core::FrameNumber frame) {
        Place chosen;
        chosen.frame = frame;
        choose(chosen);
    });
    m_cursor->hide();
    connect(m_picture, &ArgumentPicture::focused, m_cursor, &QWidget::setVisible);
    connect(m_picture, &ArgumentPicture::cursorMoved, this,
        [this] { m_cursor->setText(m_picture->cursorText()); });
    connect(m_picture, &ArgumentPicture::rebuilt, this, [this] {
        m_legend->setPicture(*m_picture);
        showSummary();
    });
}

void ArgumentView::showStep()
{
    m_picture->setState(state());
    const core::Argument& argument = m_picture->argument();
    // Without a picture the text is in its place.
    m_text->setText(argument.epoch ? QString::fromStdString(argument.text) : QString());
    m_text->setVisible(argument.epoch.has_value());
    m_legend->setVisible(argument.epoch.has_value());
    m_begin->showAt(state());
}

void ArgumentView::showSummary()
{
    const core::Argument& argument = m_picture->argument();
    if (!argument.epoch) {
        setProperty("summary", QString());
        return;
    }
    QString text = tr("%1 of %2 pages").arg(argument.epoch->end - argument.epoch->start).arg(argument.size());
    if (argument.epochs > 1)
        text += tr(" · epoch %1").arg(argument.epochs);
    if (argument.order != 0)
        text += tr(" · a cell is %1 pages").arg(std::uint64_t{1} << argument.order);
    setProperty("summary", text);
}

/// The frame that is selected; else the one that the selected entry maps.
std::optional<core::FrameNumber> ArgumentView::shownFrame() const
{
    if (place().frame || !state())
        return place().frame;
    const auto choice = chooseEntry(*state(), place());
    return choice && choice->entry.present() ? std::optional(core::frameOf(choice->entry.target))
                                             : std::nullopt;
}

void ArgumentView::showPlace() { m_picture->setCurrent(shownFrame()); }

bool isAboutArgument(const Document& document)
{
    if (!document.timeline() || document.live())
        return false;
    const auto annotations = document.timeline()->annotations();
    const bool narrated = annotations
        && std::any_of(annotations->begin(), annotations->end(), [](const core::Annotation& annotation) {
               const auto showing = core::showingOf(annotation.text);
               return showing && *showing && (*showing)->view == "argument";
           });
    return narrated && document.enforced();
}

} // namespace pgtscope::views
