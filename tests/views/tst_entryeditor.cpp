// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QCheckBox>
#include <QLabel>
#include <QPushButton>
#include <QTest>
#include <QToolButton>

#include "tests/support/gui/gui.h"
#include "tests/views/bufferstory.h"
#include "tests/views/fakeguest.h"
#include "views/entry/entryeditor.h"
#include "views/entry/entryview.h"
#include "views/model/entrychoice.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"
#include "views/window/messagebar.h"

using namespace pgtscope;
using namespace pgtscope::tests;
using namespace pgtscope::views;

namespace {

/// A window on the last step of a boot whose guest stands still, with an entry selected.
struct EditedGuest {
    EditedGuest()
    {
        window.resize(1280, 800);
        window.show();
        window.document().setTimeline(story.document.timeline(), true);
        window.document().goTo(BufferStory::steps - 1);
        window.showViews();
        window.setGuest(&guest);
        Place place;
        place.linear = core::LinearAddress(BufferStory::textBase + 0x1000);
        window.selection().select(place);
        choice = chooseEntry(*window.document().state(), place);
        REQUIRE(choice);
    }
    ~EditedGuest() { window.setGuest(nullptr); }

    EntryEditor* editor() const { return window.findChild<EntryEditor*>(); }
    EntryEditor& ask(ActionId id)
    {
        window.action(id).trigger();
        EntryEditor* asked = editor();
        REQUIRE(asked);
        return *asked;
    }
    static void press(EntryEditor& editor, const char* button)
    {
        QTest::mouseClick(editor.findChild<QPushButton*>(button), Qt::LeftButton);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }

    ViewFixture story;
    MainWindow window;
    FakeGuest guest;
    std::optional<EntryChoice> choice;
};

} // namespace

TEST_CASE("an entry of a live guest is written only after a yes, and can be taken back")
{
    EditedGuest f;
    EntryEditor& first = f.ask(ActionId::EditEntry);
    CHECK_FALSE(first.findChild<QPushButton*>("writeEntry")->isEnabled());
    QTest::mouseClick(first.findChild<QCheckBox*>("R/W"), Qt::LeftButton, {}, QPoint(6, 6));
    CHECK(first.findChild<QPushButton*>("writeEntry")->isEnabled());
    CHECK(grabTo(first, "entry-editor"));
    first.reject();
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    CHECK_FALSE(f.guest.edited);
    CHECK_FALSE(f.window.action(ActionId::UndoEdit).isEnabled());

    EntryEditor& second = f.ask(ActionId::EditEntry);
    QTest::mouseClick(second.findChild<QCheckBox*>("R/W"), Qt::LeftButton, {}, QPoint(6, 6));
    EditedGuest::press(second, "writeEntry");
    REQUIRE(f.guest.edited);
    CHECK(f.guest.edited->entry == f.choice->address);
    CHECK(f.guest.edited->before == f.choice->entry.raw);
    CHECK(f.guest.edited->after == (f.choice->entry.raw ^ core::bit::rw));

    const core::EntryEdit done = *f.guest.edited;
    f.guest.become(GuestController::State::Stopped);
    EntryEditor& back = f.ask(ActionId::UndoEdit);
    CHECK(back.edit() == done.reversed());
    EditedGuest::press(back, "writeEntry");
    CHECK(*f.guest.edited == done.reversed());
}

TEST_CASE("a value that is typed: what it would mean is said before it is written")
{
    EditedGuest f;
    EntryEditor& editor = f.ask(ActionId::EditEntry);
    auto* value = editor.findChild<QLineEdit*>("entryValue");
    const auto* button = editor.findChild<QPushButton*>("writeEntry");
    const auto type = [&](const char* text) {
        value->selectAll();
        QTest::keyClicks(value, QString::fromLatin1(text));
    };
    type("0x12345x");
    CHECK_FALSE(button->isEnabled());
    type("0x8000000000000000000");
    CHECK_FALSE(button->isEnabled());
    type("0");
    CHECK(button->isEnabled());
    CHECK_FALSE(editor.findChild<QCheckBox*>("P")->isChecked());
    CHECK(editor.findChild<QLabel*>("consequences")->text().contains("no longer reachable"));
    // The lowest bits of a 2 MiB page's address are reserved (SDM vol. 3, table 4-18).
    type("0x1002083");
    CHECK(editor.findChild<QLabel*>("consequences")->text().contains("page fault: reserved bit"));
}

TEST_CASE("only the last step of a guest that stands still can be edited")
{
    EditedGuest f;
    f.window.document().goTo(2);
    f.window.action(ActionId::EditEntry).trigger();
    CHECK(f.editor() == nullptr);
    CHECK(f.window.messages().text().contains("go to the last one"));
    f.guest.become(GuestController::State::Running);
    CHECK_FALSE(f.window.action(ActionId::EditEntry).isEnabled());
    CHECK(f.window.action(ActionId::EditEntry).toolTip().contains("running"));
    f.window.setGuest(nullptr);
    CHECK_FALSE(f.window.action(ActionId::EditEntry).isVisible());
    CHECK_FALSE(f.window.docks().view("entry")->findChild<QToolButton*>("editEntry")->isVisible());
}
