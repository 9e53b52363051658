// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QTest>

#include "core/recording/code.h"
#include "core/recording/recordingwriter.h"
#include "tests/core/bootstory.h"
#include "tests/core/tablebuilder.h"
#include "tests/support/gui/gui.h"
#include "views/code/codeview.h"
#include "views/widgets/gridtable.h"

using namespace pgtscope;
using namespace pgtscope::views;
using namespace pgtscope::tests;

namespace {

/// A recording of two steps: code around RIP, and none.
std::shared_ptr<core::Timeline> recordingWithCode(const QTemporaryDir& directory)
{
    const std::string path = directory.filePath("code.pgtrec").toStdString();
    auto writer = core::RecordingWriter::create(path, {}).value();
    BootStory story(3);
    auto [step, snapshot] = story.next();
    const core::LinearAddress rip = snapshot->cpu().rip;
    const std::vector<core::CodeLine> code
        = {{core::LinearAddress(rip.value - 3), "48 89 e5", "mov %rsp,%rbp", "init.c:45  base = find();"},
            {rip, "0f 22 d8", "mov %rax,%cr3", ""}, {rip + 3, "c3", "ret", "init.c:47  }"}};
    REQUIRE(core::CodeWriter::open(path).value()->add(0, code));
    REQUIRE(writer->append(step, snapshot));
    auto [bare, second] = story.next();
    REQUIRE(writer->append(bare, second));
    REQUIRE(writer->finish());
    return core::Timeline::open(path).value();
}

} // namespace

TEST_CASE("the code of a step, with its source and RIP marked, is read back from a recording")
{
    const QTemporaryDir directory;
    Document document;
    Selection selection;
    CodeView view(document, selection);
    document.setTimeline(recordingWithCode(directory), false);
    document.goTo(0);
    view.resize(700, 240);
    view.show();
    auto* table = view.findChild<GridTable*>("codeTable");
    REQUIRE(table);
    const QAbstractItemModelTester tester(table->model());
    // On a thread of its own: the answer comes by the event loop.
    CHECK(view.reading().pending());
    CHECK(table->model()->rowCount() == 0);
    REQUIRE(QTest::qWaitFor([&] { return !view.reading().pending(); }));
    REQUIRE(table->model()->rowCount() == 5);
    const auto cell
        = [&](int row, int column) { return table->model()->index(row, column).data().toString(); };
    CHECK(cell(0, 2) == "init.c:45  base = find();");
    CHECK(cell(1, 2) == "mov %rsp,%rbp");
    CHECK(cell(2, 0).startsWith(QString::fromUtf8("\u25b6")));
    CHECK(cell(2, 2) == "mov %rax,%cr3");
    CHECK(cell(2, 3) == "0f 22 d8");
    CHECK(cell(3, 2) == "init.c:47  }");
    CHECK(grabTo(view, "code"));

    const core::LinearAddress rip = document.state()->snapshot()->cpu().rip;
    QTest::mouseClick(
        table->viewport(), Qt::LeftButton, {}, table->visualRect(table->model()->index(4, 1)).center());
    CHECK(selection.place().linear == rip + 3);

    document.goTo(1);
    view.reading().finish();
    CHECK(table->isHidden());
    CHECK_FALSE(view.findChild<QLabel*>("codeNone")->text().isEmpty());
}

TEST_CASE("of steps that follow one another fast the last one's code is shown")
{
    const QTemporaryDir directory;
    const auto timeline = recordingWithCode(directory);
    CodeReading reading;
    std::vector<std::size_t> lines;
    QObject::connect(&reading, &CodeReading::read,
        [&](const CodeReading::Code& code) { lines.push_back(code.value().size()); });
    for (const core::StepNumber step : {0U, 1U, 0U, 1U, 0U})
        reading.ask(timeline, step);
    reading.finish();
    REQUIRE_FALSE(lines.empty());
    CHECK(lines.back() == 3);

    lines.clear();
    reading.ask(timeline, 0);
    reading.forget();
    QTest::qWait(20);
    CHECK(lines.empty());
    reading.ask(timeline, 1);
    reading.finish();
    CHECK(lines == std::vector<std::size_t>{0});
}

TEST_CASE("a timeline that goes while its code is read leaves the view empty")
{
    const QTemporaryDir directory;
    Document document;
    Selection selection;
    CodeView view(document, selection);
    view.resize(700, 240);
    view.show();
    document.setTimeline(recordingWithCode(directory), false);
    document.goTo(0);
    SECTION("seen") { }
    SECTION("not seen") { view.hide(); }
    document.setTimeline({}, false);
    QTest::qWait(20);
    view.show();
    CHECK(view.findChild<GridTable*>("codeTable")->isHidden());
    CHECK(view.findChild<QLabel*>("codeNone")->text().isEmpty());
}
