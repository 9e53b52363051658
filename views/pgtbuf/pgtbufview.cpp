// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/pgtbuf/pgtbufview.h"

#include <algorithm>

#include <QHeaderView>
#include <QSplitter>
#include <QVBoxLayout>

#include "views/mappings/mappingsmodel.h"
#include "views/mappings/mappingstable.h"
#include "views/model/entrychoice.h"
#include "views/pgtbuf/pgtbufpage.h"
#include "views/pgtbuf/pgtbufstrip.h"
#include "views/widgets/bufferbegin.h"
#include "views/widgets/scrolling.h"
#include "views/widgets/textblock.h"
#include "views/widgets/theme.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

PgtBufView::PgtBufView(Document& document, Selection& selection, QWidget* parent)
    : FollowingView(document, selection, parent)
    , m_begin(new BufferBegin(document, "pgtBufBegin"))
    , m_strip(new PgtBufStrip)
    , m_page(new TextBlock("pgtBufPage"))
    , m_mappings(new MappingsModel(this))
    , m_lower(nullptr)
    , m_parts(new QSplitter(Qt::Vertical))
{
    setObjectName(QStringLiteral("pgtBufView"));
    m_page->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    auto* table = new MappingsTable(m_mappings);
    auto* lower = new QWidget;
    auto* below = new QVBoxLayout(lower);
    below->setContentsMargins(0, 0, 0, 0);
    below->addWidget(m_page);
    below->addWidget(table, 1);
    m_parts->addWidget(m_strip);
    table->setMinimumHeight(4 * table->verticalHeader()->defaultSectionSize());
    m_lower = makeScrolling(lower);
    m_parts->addWidget(m_lower);
    m_parts->setStretchFactor(1, 1);
    connect(m_parts, &QSplitter::splitterMoved, this, [this] { m_byDefault = false; });
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_begin);
    layout->addWidget(m_parts, 1);
    connect(m_strip, &PgtBufStrip::chosen, this, [this](core::FrameNumber frame) {
        Place chosen;
        chosen.frame = frame;
        choose(chosen);
    });
    connect(table, &MappingsTable::chosen, this, [this](Place mapping) {
        mapping.frame = m_strip->current();
        choose(mapping);
    });
}

/// The whole buffer is seen where it leaves enough room for what is known of a page.
void PgtBufView::shareOut()
{
    if (!m_byDefault)
        return;
    const int strip = std::min(m_strip->wholeHeight(), height() * 3 / 5);
    m_parts->setSizes({strip, height() - strip});
}

void PgtBufView::resizeEvent(QResizeEvent* event)
{
    FollowingView::resizeEvent(event);
    shareOut();
}

void PgtBufView::showStep()
{
    m_begin->showAt(state());
    m_strip->setState(state());
    shareOut();
    if (!state() || state()->snapshot()->pgtBuf().epochs.empty()) {
        setProperty("summary", QString());
        return;
    }
    const core::PageTableBuffer& buffer = state()->snapshot()->pgtBuf();
    setProperty("summary", epochText(buffer, buffer.epochs.size() - 1));
}

/// The frame that is selected; else the page that the selected entry maps; else the newest one that was
/// handed out: that is where the kernel works.
std::optional<core::FrameNumber> PgtBufView::shownPage() const
{
    if (place().frame)
        return place().frame;
    const auto& epochs = state()->snapshot()->pgtBuf().epochs;
    if (epochs.empty())
        return std::nullopt;
    if (const auto choice = chooseEntry(*state(), place()); choice && choice->entry.present()) {
        const core::FrameNumber mapped = core::frameOf(choice->entry.target);
        const auto page = state()->snapshot()->guestFrame(mapped);
        const auto holds = [&](const core::PgtBufEpoch& e) { return page && e.whole().contains(*page); };
        if (std::any_of(epochs.begin(), epochs.end(), holds))
            return mapped;
    }
    return state()->snapshot()->frame(
        epochs.back().end > epochs.back().start ? epochs.back().end - 1 : epochs.back().start);
}

void PgtBufView::showPlace()
{
    const auto page = state() ? shownPage() : std::nullopt;
    m_strip->setCurrent(page);
    // Where there is no buffer the strip says so.
    m_lower->setVisible(page.has_value());
    if (page) {
        showPage(*page);
        return;
    }
    m_page->setText(state() ? tr("There is no buffer at this step.") : QString());
    m_mappings->clear();
}

void PgtBufView::showPage(core::FrameNumber frame)
{
    PgtBufPage page = pgtBufPage(*state(), frame);
    const Theme& theme = Theme::instance();
    QString html = QStringLiteral("<b>%1 %2</b>%3 · %4")
                       .arg(tr("page"), hexOf(frame.value), pfnBeside(*state()->snapshot(), frame),
                           page.what.toHtmlEscaped());
    for (const PgtBufClause& clause : page.clauses) {
        const QColor colour = clause.holds ? theme.changed() : theme.mutedText();
        html += QStringLiteral("<br><span style='color:%1'>%2</span> %3 &nbsp;<tt>%4</tt>")
                    .arg(colour.name(), clause.holds ? QStringLiteral("✓") : QStringLiteral("✗"),
                        clause.text.toHtmlEscaped(), clause.values.toHtmlEscaped());
    }
    html += page.mappings.total == 0
        ? tr("<br>No entry maps it.")
        : tr("<br>%n mapping(s)", nullptr,
            static_cast<int>(std::min<std::uint64_t>(page.mappings.total, 1U << 30)))
              .replace(QStringLiteral("(s)"), page.mappings.total == 1 ? QString() : QStringLiteral("s"));
    if (page.mappings.total > page.mappings.list.size())
        html += tr(", the first %1 are listed").arg(page.mappings.list.size());
    m_page->setText(html);
    m_mappings->setMappings(state(), std::move(page.mappings.list));
}

} // namespace pgtscope::views
