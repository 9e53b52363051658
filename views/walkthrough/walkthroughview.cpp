// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/walkthrough/walkthroughview.h"

#include <algorithm>
#include <utility>

#include <QApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QScrollBar>
#include <QTextBlock>
#include <QTextBrowser>
#include <QToolButton>
#include <QVBoxLayout>

#include "views/model/hypotheticals.h"
#include "views/model/placelink.h"
#include "views/walkthrough/glossarywords.h"
#include "views/walkthrough/noteeditor.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

WalkthroughView::WalkthroughView(Document& document, Selection& selection, QWidget* parent)
    : FollowingView(document, selection, parent)
    , m_text(new QTextBrowser)
    , m_where(new QLabel)
    , m_contents(new QMenu(this))
    , m_bar(makeBar())
{
    setObjectName(QStringLiteral("walkthroughView"));
    m_text->setObjectName(QStringLiteral("narration"));
    m_text->setAccessibleName(tr("Narration"));
    m_text->setOpenLinks(false);
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->document()->setDocumentMargin(10);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 4, 4, 0);
    layout->addWidget(m_bar);
    layout->addWidget(m_text, 1);
    connect(m_text, &QTextBrowser::anchorClicked, this, &WalkthroughView::followLink);
    connect(&document, &Document::timelineChanged, this, [this] {
        m_loaded = nullptr;
        m_station.reset();
        askFor(false);
    });
    connect(&Theme::instance(), &Theme::changedTheme, this, [this] {
        m_shown.clear();
        showText();
    });
    connect(&document, &Document::annotated, this, [this] {
        m_loaded = nullptr;
        noteStale();
        if (isSeen())
            refresh();
    });
}

QToolButton* WalkthroughView::addButton(QWidget* bar, const QString& text, const QString& hint)
{
    auto* button = new QToolButton(bar);
    button->setText(text);
    button->setToolTip(hint);
    button->setAccessibleName(hint);
    bar->layout()->addWidget(button);
    return button;
}

QWidget* WalkthroughView::makeBar()
{
    auto* bar = new QWidget;
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(0, 0, 0, 0);
    connect(addButton(bar, QStringLiteral("◀"), tr("Previous chapter or note")), &QToolButton::clicked, this,
        &WalkthroughView::previousStation);
    connect(addButton(bar, QStringLiteral("▶"), tr("Next chapter or note")), &QToolButton::clicked, this,
        &WalkthroughView::nextStation);
    auto* contents = addButton(bar, QStringLiteral("☰"), tr("All chapters and notes"));
    contents->setObjectName(QStringLiteral("contents"));
    contents->setMenu(m_contents);
    contents->setPopupMode(QToolButton::InstantPopup);
    connect(m_contents, &QMenu::aboutToShow, this, &WalkthroughView::fillContents);
    m_where->setObjectName(QStringLiteral("chapter"));
    m_where->setAccessibleName(tr("Chapter"));
    layout->addWidget(m_where, 1);
    auto* edit = addButton(bar, tr("Note…"), tr("Write a note on this step"));
    edit->setObjectName(QStringLiteral("editNote"));
    connect(edit, &QToolButton::clicked, this, &WalkthroughView::editNote);
    auto* present = addButton(
        bar, tr("Present"), tr("For a class: large type, with this narration and one view beside it"));
    present->setObjectName(QStringLiteral("present"));
    connect(present, &QToolButton::clicked, this, &WalkthroughView::presentRequested);
    return bar;
}

void WalkthroughView::load()
{
    core::Timeline* timeline = document().timeline().get();
    if (timeline == m_loaded)
        return;
    m_loaded = timeline;
    m_annotations.clear();
    if (!timeline)
        return;
    if (auto annotations = timeline->annotations())
        m_annotations = std::move(*annotations);
    else
        emit notice(QString::fromStdString(annotations.error().message()));
}

void WalkthroughView::showStep()
{
    load();
    m_narration = narrationAt(m_annotations, document().step());
    m_shownAnswers.clear();
    showText();
    askFor(isAboutHypotheticals());
    // Within a station the user looks at what the user likes.
    const bool reached = m_narration.station == document().step() && m_narration.station != m_station;
    m_station = m_narration.station;
    if (reached)
        askToShow();
}

void WalkthroughView::askToShow()
{
    if (!m_station)
        return;
    if (const core::Showing showing = m_narration.showing(m_annotations); showing != core::Showing{})
        emit showingRequested(showing);
}

/// Whether the chapter or a note at the step has the link to what Xen would say.
bool WalkthroughView::isAboutHypotheticals() const
{
    const auto has = [this](std::size_t index) {
        return m_annotations[index].text.find("](" + linkToHypotheticals().toStdString() + ')')
            != std::string::npos;
    };
    return (m_narration.chapter && has(*m_narration.chapter))
        || std::any_of(m_narration.notes.begin(), m_narration.notes.end(), has);
}

/// Not again for each step: within a chapter the user's choice holds.
void WalkthroughView::askFor(bool hypotheticals)
{
    if (hypotheticals != std::exchange(m_asksForHypotheticals, hypotheticals))
        Hypotheticals::instance().setNarrated(hypotheticals);
}

/// Sets the text of the chapter, then of the step's notes.
void WalkthroughView::showText()
{
    QStringList parts;
    m_answers = 0;
    const auto add = [&](std::size_t index, const char* mark) {
        const core::Annotation& annotation = m_annotations[index];
        if (!annotation.title.empty())
            parts += QLatin1String(mark) + QString::fromStdString(annotation.title);
        parts += withAnswers(QString::fromStdString(annotation.text), m_shownAnswers, m_answers);
    };
    if (m_narration.chapter)
        add(*m_narration.chapter, "## ");
    for (const std::size_t note : m_narration.notes)
        add(note, "### ");
    if (parts.isEmpty())
        parts += state() ? tr("*There is no note on this step.*") : tr("*No recording is open.*");
    setNarration(parts.join(QStringLiteral("\n\n")));
    const QString where = tr("chapter %1 of %2").arg(m_narration.chapterNumber).arg(m_narration.chapters);
    const bool any = m_narration.chapters != 0;
    m_where->setText(
        any ? QStringLiteral("%1/%2").arg(m_narration.chapterNumber).arg(m_narration.chapters) : QString());
    m_where->setToolTip(any ? where : QString());
    setProperty("summary", m_where->toolTip());
}

/// Where one has scrolled to stays while the text is the same.
void WalkthroughView::setNarration(const QString& markdown)
{
    if (markdown == m_shown)
        return;
    m_shown = markdown;
    m_text->document()->setDefaultFont(QApplication::font());
    // Raw HTML in a recording is text, never markup: recordings come from strangers.
    m_text->document()->setMarkdown(markdown,
        QTextDocument::MarkdownFeatures(QTextDocument::MarkdownDialectGitHub)
            | QTextDocument::MarkdownNoHTML);
    explainWords(*m_text->document());
}

void WalkthroughView::followLink(const QUrl& link)
{
    const QString path = link.path();
    if (link.scheme() == QLatin1String("pgtscope") && path.startsWith(QLatin1String("answer/"))) {
        const int answer = path.mid(7).toInt();
        if (!m_shownAnswers.remove(answer))
            m_shownAnswers.insert(answer);
        showText();
        return;
    }
    if (link == QUrl(linkToHypotheticals())) {
        Hypotheticals::instance().choose(true);
        return;
    }
    if (link.scheme() == QLatin1String("pgtscope") && path.startsWith(QLatin1String("recording/"))) {
        emit recordingRequested(
            path.mid(10) + (link.hasFragment() ? QLatin1Char('#') + link.fragment() : QString()));
        return;
    }
    const auto target = parsePlaceLink(link, state() ? state()->snapshot()->xen() : nullptr);
    if (target && target->step)
        document().goTo(*target->step);
    else if (target)
        choose(target->place);
    if (target && target->live)
        emit liveRequested();
}

void WalkthroughView::toggleAnswer()
{
    int hidden = 0;
    while (m_shownAnswers.contains(hidden))
        ++hidden;
    if (hidden < m_answers)
        m_shownAnswers.insert(hidden);
    else
        m_shownAnswers.clear();
    showText();
    if (hidden < m_answers)
        showAnswer(hidden);
}

/// An answer that opens below the edge is not seen.
void WalkthroughView::showAnswer(int number)
{
    const QString link = QStringLiteral("pgtscope:answer/%1").arg(number);
    for (QTextBlock block = m_text->document()->begin(); block.isValid(); block = block.next())
        for (auto part = block.begin(); !part.atEnd(); ++part)
            if (part.fragment().charFormat().anchorHref() == link) {
                const QTextCursor at(block);
                QScrollBar& bar = *m_text->verticalScrollBar();
                bar.setValue(bar.value() + m_text->cursorRect(at).top() - m_text->viewport()->height() / 4);
                return;
            }
}

void WalkthroughView::nextStation()
{
    // Also of a view that is covered or closed.
    load();
    if (const auto next = stationAfter(m_annotations, document().step()))
        document().goTo(*next);
}

void WalkthroughView::previousStation()
{
    load();
    if (const auto previous = stationBefore(m_annotations, document().step()))
        document().goTo(*previous);
}

/// Notes are further to the right.
void WalkthroughView::fillContents()
{
    m_contents->clear();
    for (const core::Annotation& annotation : m_annotations) {
        const bool chapter = annotation.kind == core::AnnotationKind::Chapter;
        QAction* entry = m_contents->addAction((chapter ? QString() : QStringLiteral("      "))
                + tr("%1 (step %2)").arg(stationTitle(annotation)).arg(annotation.step),
            this, [this, step = annotation.step] { document().goTo(step); });
        entry->setCheckable(true);
        entry->setChecked(annotation.step == m_narration.station);
    }
    if (m_contents->isEmpty())
        m_contents->addAction(tr("This recording has no narration"))->setEnabled(false);
}

void WalkthroughView::editNote()
{
    if (!state())
        return;
    core::Annotation annotation;
    annotation.step = document().step();
    std::optional<std::size_t> replaced;
    // A note of the station may be of an earlier step.
    if (!m_narration.notes.empty() && m_narration.station == document().step()) {
        replaced = m_narration.notes.front();
        annotation = m_annotations[*replaced];
    }
    // As they were when the user began: another program may change them while he writes.
    const auto keep = [this, replaced, before = m_annotations](
                          const core::Annotation& written) { return save(before, written, replaced); };
    auto* editor = new NoteEditor(annotation, keep, this);
    editor->setAttribute(Qt::WA_DeleteOnClose);
    editor->open();
}

QString WalkthroughView::save(
    const core::Annotations& before, core::Annotation annotation, std::optional<std::size_t> replaced)
{
    core::Annotations changed = before;
    if (replaced)
        changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(*replaced));
    // A note that was emptied is a note that was deleted.
    if (!annotation.text.empty() || !annotation.title.empty()) {
        const auto after = std::upper_bound(changed.begin(), changed.end(), annotation.step,
            [](core::StepNumber step, const core::Annotation& a) { return step < a.step; });
        changed.insert(after, std::move(annotation));
    }
    const auto saved = document().annotate(before, changed);
    return saved ? QString() : QString::fromStdString(saved.error().message());
}

} // namespace pgtscope::views
