// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <vector>

#include <QObject>

#include "views/start/startpage.h"
#include "views/window/mainwindow.h"

namespace pgtscope::app {

class LiveGuest;
struct LiveSource;

/// Ties the window to recordings and to live guests.
class Program : public QObject {
    Q_OBJECT
public:
    explicit Program(QObject* parent = nullptr);
    ~Program() override;

    views::MainWindow& window() { return m_window; }
    LiveGuest* guest() const { return m_guest.get(); }

public slots:
    /// Launches a guest by name; `until` is the boot event to which it runs first; empty: where its
    /// kernel begins with its page tables.
    void launch(const QString& guest, const QString& until = {});
    void attach(const QString& endpoint, const QString& kernelFile);
    /// Lets go of the live guest, if there is one, and keeps what it has recorded.
    void letGo();

private:
    void take(const LiveSource& source, const QString& until);

    views::MainWindow m_window;
    std::unique_ptr<LiveGuest> m_guest;
};

/// Walkthroughs that came with the program, by title: below its source tree, or installed.
std::vector<views::ShippedRecording> shippedRecordings();

} // namespace pgtscope::app
