// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/widgets/bufferbegin.h"

#include "core/report/argument.h"
#include "core/report/pgtbufbar.h"
#include "views/model/document.h"

namespace pgtscope::views {

BufferBegin::BufferBegin(Document& document, const char* objectName, QWidget* parent)
    : TextBlock(objectName, parent)
    , m_document(document)
{
    setTextFormat(Qt::RichText);
    setTextInteractionFlags(Qt::TextBrowserInteraction);
    setMargin(8);
    hide();
    connect(this, &QLabel::linkActivated, this, [this] {
        if (m_first)
            m_document.goTo(*m_first);
    });
}

std::optional<core::StepNumber> BufferBegin::firstStep()
{
    if (core::Timeline* timeline = m_document.timeline().get(); timeline != m_searched) {
        m_searched = timeline;
        m_first = core::firstStepWithBuffer(*timeline);
    }
    return m_first;
}

void BufferBegin::showAt(const StepStatePtr& state)
{
    const bool waits
        = state && !m_document.live() && core::newestEpoch(state->snapshot()->pgtBuf()) == nullptr;
    const auto first = waits ? firstStep() : std::nullopt;
    const bool comes = first && *first > m_document.step();
    if (comes)
        setText(tr("In this recording pgt_buf is set up at <a href='step'>step %1</a>.").arg(*first));
    setVisible(comes);
}

} // namespace pgtscope::views
