// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <QObject>

#include "app/pgtscope/exercise.h"
#include "app/pgtscope/liveguest.h"
#include "app/pgtscope/pageexport.h"
#include "app/pgtscope/practice.h"
#include "views/start/startpage.h"
#include "views/window/mainwindow.h"

namespace pgtscope::app {

/// Ties the window to recordings and to live guests.
class Program : public QObject {
    Q_OBJECT
public:
    explicit Program(QObject* parent = nullptr);
    ~Program() override;

    views::MainWindow& window() { return m_window; }
    LiveGuest* guest() const { return m_guest.get(); }
    Practice& practice() { return *m_practice; }

public slots:
    /// `until` is the boot event to which the guest runs first; empty: where its kernel begins with its page
    /// tables.
    void launch(const pgtscope::views::LaunchWish& wish, const QString& until);
    void attach(const QString& endpoint, const QString& kernelFile);
    /// Brings the guest of a recording to one of its steps; the session is a branch from there.
    void makeLive(const QString& recording, quint64 step);
    /// Asks an exercise of that kind, made from the seed or a new one. Or launches the guest of a shipped
    /// exercise, and shows the exercise's chapters on its recording.
    void exercise(const QString& name, std::optional<std::uint64_t> seed = std::nullopt);
    /// Detaches from the live guest, if there is one, and keeps what it has recorded. If that takes long, it
    /// goes on in the background.
    void detachGuest();
    /// Launches or attaches to the latest guest anew.
    void reconnect();
    /// Writes what the window shows as a page for a browser, in the background.
    void exportPage(const QString& page);

private:
    void take(const LiveSource& source, const QString& until);
    void showTimeline(const std::shared_ptr<core::Timeline>& timeline);
    void showUnsaved();
    void discard(const QString& session);
    void saveCopy(const QString& path);
    void removeDiscarded();
    void guide();

    views::MainWindow m_window;
    Practice* m_practice; ///< The window's.
    std::unique_ptr<LiveGuest> m_guest;
    std::vector<std::unique_ptr<LiveGuest>> m_leaving;
    std::unique_ptr<PageExport> m_page; ///< The one that goes on, or the latest.
    LiveSource m_source; ///< Of the latest guest.
    QString m_until;
    bool m_begun = false; ///< The latest guest's first step was shown.
    QStringList m_discarded; ///< Sessions to be deleted as soon as nothing shows them.
    QString m_exercise; ///< The file of the one that the latest guest is for; may be empty.
    std::unique_ptr<ExerciseGuide> m_guide;
};

/// Walkthroughs that came with the program, by file name: below its source tree, or installed.
std::vector<views::ShippedRecording> shippedRecordings();
/// The one for new users: the argument that the program was written for. Empty if none is installed.
QString demoRecording();

} // namespace pgtscope::app
