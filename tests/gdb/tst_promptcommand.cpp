// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <fstream>

#include <QProcess>

#include "core/symbols/symbolelf.h"
#include "gdb/mi/miclient.h"
#include "gdb/stub/promptcommand.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using namespace pgtscope::gdb;

namespace {

/// 1 to 4 are pgtscope's.
bool isOwn(unsigned number) { return number <= 4; }

std::string commandFor(const char* typed, const std::vector<unsigned>& users = {5, 7})
{
    return promptCommand(typed, users, isOwn).command;
}

const char* const listed = "Num     Type           Disp Enb Address            What\n"
                           "1       hw breakpoint  keep y   0xffffffff81000000 <startup_64>\n"
                           "\tbreakpoint already hit 1 time\n"
                           "2       hw breakpoint  keep y   <MULTIPLE>\n"
                           "2.1                         y   0xffffffff81000100 <paging_init>\n"
                           "5       breakpoint     keep y   0xffffffff81000200 <mem_init>\n"
                           "\tbreakpoint already hit 2 times\n";

} // namespace

TEST_CASE("what deletes all breakpoints at gdb's prompt deletes the user's")
{
    CHECK(commandFor("delete") == "delete 5 7");
    CHECK(commandFor("d") == "d 5 7");
    CHECK(commandFor("delete breakpoints") == "delete breakpoints 5 7");
    CHECK(commandFor("disable") == "disable 5 7");
    CHECK(commandFor("en") == "en 5 7");
    CHECK(commandFor("delete", {}).empty());
    CHECK(promptCommand("delete", {}, isOwn).answer.find("no breakpoints") != std::string::npos);
}

TEST_CASE("a breakpoint of pgtscope's is not touched from gdb's prompt, and the answer says why")
{
    for (const char* typed : {"delete 3", "d 5 3", "disable 3.1", "delete 4-6", "del breakpoints 1"}) {
        INFO(typed);
        const PromptCommand command = promptCommand(typed, {5, 6}, isOwn);
        CHECK(command.command.empty());
        CHECK(command.answer.find("pgtscope") != std::string::npos);
    }
    for (const char* typed : {"delete 5", "disable 5-7", "delete display 1", "display", "down",
             "print delete", "enable once 5", "delete 4294967295-1"}) {
        INFO(typed);
        CHECK(commandFor(typed) == typed);
    }
}

TEST_CASE("the list of breakpoints at gdb's prompt is the user's, and says how many there are beside it")
{
    CHECK(promptCommand("info breakpoints", {}, isOwn).listsBreakpoints);
    CHECK(promptCommand("i b", {}, isOwn).listsBreakpoints);
    CHECK_FALSE(promptCommand("info symbol 1", {}, isOwn).listsBreakpoints);
    CHECK(withoutOwnBreakpoints(listed, isOwn)
        == "Num     Type           Disp Enb Address            What\n"
           "5       breakpoint     keep y   0xffffffff81000200 <mem_init>\n"
           "\tbreakpoint already hit 2 times\n"
           "2 more belong to pgtscope, for boot events and pgt_buf;\n\"maintenance info breakpoints\" lists "
           "all.\n");
    CHECK(withoutOwnBreakpoints(listed, [](unsigned) {
        return true;
    }).starts_with("You have set no breakpoints or watchpoints.\n3 more"));
    CHECK(withoutOwnBreakpoints(listed, [](unsigned) { return false; }) == listed);
}

TEST_CASE(
    "at gdb's prompt a place is said to have the user's breakpoints only, and a stop there has their number")
{
    const std::string set = "Breakpoint 43 at 0xffffffff81000200\n";
    const std::string pc = " also set at pc 0xffffffff81000200.\n";
    CHECK(withoutOwnNotes("Note: breakpoint 3" + pc + set, isOwn) == set);
    CHECK(withoutOwnNotes("Note: breakpoints 1 and 3" + pc + set, isOwn) == set);
    CHECK(withoutOwnNotes("Note: breakpoints 1, 5 and 7 (disabled)" + pc + set, isOwn)
        == "Note: breakpoints 5 and 7 (disabled)" + pc + set);
    CHECK(withoutOwnNotes("Note: breakpoints 5, 6, 3 and 7" + pc, isOwn)
        == "Note: breakpoints 5, 6 and 7" + pc);
    CHECK(withoutOwnNotes("Note: breakpoint 5" + pc + set, isOwn) == "Note: breakpoint 5" + pc + set);
    CHECK(withoutOwnNotes("no line end", isOwn) == "no line end");
    CHECK(withUsersNumber("\nBreakpoint 3, 0x1 in mem_init ()\n", 3, 43)
        == "\nBreakpoint 43, 0x1 in mem_init ()\n");
    CHECK(withUsersNumber("Breakpoint 33, x\n", 3, 43) == "Breakpoint 33, x\n");
}

TEST_CASE("continue is known however it is shortened")
{
    for (const char* typed : {"c", "cont", "continue", "fg", "continue 3"})
        CHECK(isContinue(typed));
    for (const char* typed : {"stepi", "finish", "commands", "con", "", "call f()"})
        CHECK_FALSE(isContinue(typed));
}

TEST_CASE("gdb knows the names of a file that holds nothing but symbols")
{
    core::SymbolTable table({{core::LinearAddress(0xffffffff81000000), "_text", 'T'},
        {core::LinearAddress(0xffffffff81000400), "paging_init", 'T'},
        {core::LinearAddress(0xffffffff82000000), "init_top_pgt", 'D'}});
    table.setSlide(0x1000000);
    const test::TemporaryDirectory directory;
    const std::string path = (directory.path() / "symbols").string();
    std::ofstream(path, std::ios::binary) << core::symbolElf(table);
    QProcess gdb;
    QStringList arguments{QStringLiteral("-batch")};
    for (const std::string& option : gdbStartOptions())
        arguments += QString::fromStdString(option);
    for (const std::string& command : {"symbol-file " + path, std::string("info symbol 0xffffffff82000410"),
             std::string("info symbol 0xffffffff83000008"), std::string("info address paging_init"),
             std::string("info line *0xffffffff82000404")})
        arguments += {QStringLiteral("-ex"), QString::fromStdString(command)};
    gdb.start(QStringLiteral("gdb"), arguments);
    REQUIRE(gdb.waitForFinished());
    const QString said = QString::fromUtf8(gdb.readAllStandardOutput());
    INFO(said.toStdString() << gdb.readAllStandardError().toStdString());
    CHECK(said.contains("paging_init + 16 in section .text"));
    CHECK(said.contains("init_top_pgt + 8 in section .data"));
    CHECK(said.contains("0xffffffff82000400"));
    CHECK(said.contains("<paging_init+4>"));
}
