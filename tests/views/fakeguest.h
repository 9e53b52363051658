// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "views/model/guestcontroller.h"

namespace pgtscope::tests {

/// A guest that only notes what it is asked for.
class FakeGuest : public views::GuestController {
public:
    State state() const override { return now; }
    QString guestName() const override { return QStringLiteral("fake"); }
    QString connectionText() const override { return QStringLiteral("mapped RAM"); }
    QStringList events() const override
    {
        return {QStringLiteral("setup_arch"), QStringLiteral("paging_init")};
    }
    QString whyNot(Granularity granularity) const override
    {
        return granularity == Granularity::Write ? QStringLiteral("this guest cannot be stepped") : QString();
    }
    QString whyNoStores() const override { return noStores; }
    void run() override { asked += "run"; }
    void interrupt() override { asked += "interrupt"; }
    void step(Granularity granularity) override
    {
        asked += granularity == Granularity::PgtBuf ? "step pgt_buf" : "step";
    }
    void runTo(const QString& place) override { asked += "run to " + place; }
    void recordTo(const QString& path) override
    {
        asked += "record";
        copy = path;
    }
    void attachAgain() override { asked += "attach again"; }
    QString whyNotStop() const override { return {}; }
    QString whyNotShare() const override { return {}; }
    QString whyNotEdit() const override { return {}; }
    QString whyNotAttachAgain() const override { return noAttach; }
    bool isLaunched() const override { return launched; }
    QString savedAs() const override { return copy; }
    std::optional<core::EntryEdit> lastEdit() const override { return edited; }
    void share() override { asked += "lend"; }
    void useSymbols(const QString& kernelFile) override { asked += "symbols " + kernelFile; }
    void edit(const core::EntryEdit& edit) override
    {
        asked += "edit";
        edited = edit;
    }
    void detach() override { asked += "detach"; }
    void cancel() override { asked += "cancel"; }
    void gdbCommand(const QString& command) override { asked += "gdb " + command; }
    void completeGdbCommand(const QString& begin) override { asked += "complete " + begin; }

    void become(State state)
    {
        now = state;
        emit stateChanged(state);
    }

    State now = State::Stopped;
    QString noStores = QStringLiteral("its QEMU runs already");
    QString noAttach;
    bool launched = true;
    QString copy;
    QStringList asked;
    std::optional<core::EntryEdit> edited;
};

} // namespace pgtscope::tests
