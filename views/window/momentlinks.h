// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include <QObject>
#include <QString>

#include "core/recording/momentlink.h"

namespace pgtscope::views {

class DockArea;
class MainWindow;

/// Links to a moment, FILE#step=65&frame=0x437eb: opens them, and copies the one to what the window shows.
class MomentLinks : public QObject {
    Q_OBJECT
public:
    /// Both outlive the links.
    MomentLinks(MainWindow& window, DockArea& docks);

    /// The link to what is shown: recording, step, chosen place, and the view with the focus.
    core::MomentLink shown() const;
    /// Enables what leads back.
    void enable();

public slots:
    /// Opens the recording and goes to the moment; the window shows why if that cannot be. False then; where
    /// the recording has no such moment, it is open all the same.
    bool open(const QString& link);
    /// As open(), of a recording in the folder of the one that is shown; its name has no folder.
    void openBeside(const QString& link);
    /// To the place that was selected before; from the first one to where a link led here from.
    void back();
    /// Puts shown() on the clipboard.
    void copy();

private:
    core::Result<void> goTo(const core::MomentLink& link);
    bool leadsBack() const;

    /// A link that was followed.
    struct Followed {
        QString from; ///< The moment that was shown.
        std::string to; ///< The recording.
    };

    MainWindow& m_window;
    DockArea& m_docks;
    std::vector<Followed> m_followed; ///< The latest last.
};

} // namespace pgtscope::views
