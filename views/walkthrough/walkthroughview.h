// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QSet>

#include "core/recording/annotations.h"
#include "views/walkthrough/narration.h"
#include "views/widgets/followingview.h"

class QLabel;
class QTextBrowser;
class QToolButton;
class QUrl;

namespace pgtscope::views {

/// The narration of the chapter and the step, with links that select places in the other views, questions
/// with a hidden answer, large type for a class, and an editor for one's own notes.
class WalkthroughView : public FollowingView {
    Q_OBJECT
public:
    WalkthroughView(Document& document, Selection& selection, QWidget* parent = nullptr);

    bool presenting() const { return m_presenting; }

public slots:
    /// Large type, for a class; the window leaves only one view beside it.
    void setPresenting(bool presenting);
    void nextChapter();
    void previousChapter();
    /// Opens the editor for the note of this step, or a new one.
    void editNote();

signals:
    /// A link of the narration leads to another recording: its name, with the moment after a '#'.
    void recordingRequested(const QString& link);
    void presentingChanged(bool presenting);
    /// An annotation could not be read or saved.
    void failed(const QString& message);

protected:
    void showStep() override;
    void showPlace() override { }

private:
    QWidget* makeBar();
    QToolButton* addButton(QWidget* bar, const QString& text, const QString& hint);
    void load();
    void tell();
    bool isAboutHypotheticals() const;
    void askFor(bool hypotheticals);
    void setNarration(const QString& markdown);
    void followLink(const QUrl& link);
    void goToChapter(std::size_t number);
    void save(
        const core::Annotations& before, core::Annotation annotation, std::optional<std::size_t> replaced);

    QTextBrowser* m_text;
    QLabel* m_where;
    QToolButton* m_present;
    core::Annotations m_annotations;
    core::Timeline* m_loaded = nullptr; ///< Whose annotations these are; never followed.
    Narration m_narration;
    QSet<int> m_shownAnswers;
    QString m_told; ///< What m_text shows, and in which colour.
    QColor m_toldColour;
    bool m_presenting = false;
    bool m_asksForHypotheticals = false;
};

} // namespace pgtscope::views
