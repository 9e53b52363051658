// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QSet>

#include "core/recording/annotations.h"
#include "views/walkthrough/narration.h"
#include "views/widgets/followingview.h"

class QLabel;
class QMenu;
class QTextBrowser;
class QToolButton;
class QUrl;

namespace pgtscope::views {

/// The narration of the step, from chapter to note to chapter, with links that select places in the other
/// views, words that explain themselves under the pointer, questions with a hidden answer, and an editor for
/// one's own notes.
class WalkthroughView : public FollowingView {
    Q_OBJECT
public:
    WalkthroughView(Document& document, Selection& selection, QWidget* parent = nullptr);

    /// Of the timeline that is shown, by step.
    const core::Annotations& annotations() const { return m_annotations; }

public slots:
    /// The next chapter or note, and the previous one.
    void nextStation();
    void previousStation();
    /// Asks again for what the station shows, after the user or the window has brought up something else.
    void askToShow();
    /// Opens the first answer that is hidden; with all of them open, closes them.
    void toggleAnswer();
    /// A presenter has buttons nowhere, and the text is all that counts.
    void setBarShown(bool shown) { m_bar->setVisible(shown); }
    /// Opens the editor for the note of this step, or a new one.
    void editNote();

signals:
    /// A link of the narration leads to another recording: its name, with the moment after a '#'.
    void recordingRequested(const QString& link);
    /// A link of the narration wants a live guest at the step that it has led to.
    void liveRequested();
    /// The user wants the large type of a presentation.
    void presentRequested();
    /// A chapter or note has been reached that names a view, a place or a zoom.
    void showingRequested(const pgtscope::core::Showing& showing);

protected:
    void showStep() override;
    void showPlace() override { }

private:
    QWidget* makeBar();
    QToolButton* addButton(QWidget* bar, const QString& text, const QString& hint);
    void load();
    void showText();
    void showAnswer(int number);
    bool isAboutHypotheticals() const;
    void askFor(bool hypotheticals);
    void setNarration(const QString& markdown);
    void followLink(const QUrl& link);
    void fillContents();
    /// Why the note could not be saved; empty if it was.
    QString save(
        const core::Annotations& before, core::Annotation annotation, std::optional<std::size_t> replaced);

    QTextBrowser* m_text;
    QLabel* m_where;
    QMenu* m_contents;
    QWidget* m_bar;
    core::Annotations m_annotations;
    core::Timeline* m_loaded = nullptr; ///< Whose annotations these are; never followed.
    Narration m_narration;
    std::optional<core::StepNumber> m_station; ///< Which was asked to be shown last.
    QSet<int> m_shownAnswers;
    int m_answers = 0; ///< How many the text has.
    QString m_shown; ///< What m_text shows.
    bool m_asksForHypotheticals = false;
};

} // namespace pgtscope::views
