// SPDX-License-Identifier: GPL-2.0-or-later
// pgtscope.py, sourced by the user's own gdb, which is attached to a guest: pgt reads through gdb's
// connection.
#include "tests/lab/labboot.h"

#include <QProcess>
#include <QStringList>

#include "testpaths.h"

using namespace pgtscope;
using namespace pgtscope::test;

namespace {

constexpr int deadlineMilliseconds = 60'000;

std::string outputOf(const QString& program, const QStringList& arguments)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program, arguments);
    if (!process.waitForFinished(deadlineMilliseconds)) {
        process.kill();
        process.waitForFinished();
        FAIL(program.toStdString() << " did not end: " << process.readAll().toStdString());
    }
    return process.readAll().toStdString();
}

/// A gdb of the user's, with the script, that runs `commands` one after the other.
std::string gdbSays(const QStringList& commands)
{
    QStringList arguments{QStringLiteral("-nx"), QStringLiteral("-batch")};
    const QString script
        = QStringLiteral("source ") + projectDirectory + QStringLiteral("/resources/gdb/pgtscope.py");
    for (const QString& command :
        QStringList{script, QStringLiteral("set pgt-program ") + pgtProgram} + commands)
        arguments << QStringLiteral("-ex") << command;
    return outputOf(QStringLiteral("gdb"), arguments);
}

QString attach(const LiveGuest& guest)
{
    return QStringLiteral("target remote ") + QString::fromStdString(guest.guest().gdbEndpoint().gdbText());
}

/// The lab guest at the end of a boot that ends well.
LiveGuest& booted(LiveGuest& guest)
{
    guest.resume();
    guest.awaitConsole("LAB: done");
    return guest;
}

void lab(gdb::LaunchSpec& spec) { spec.append = "scenario=native"; }

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("inside the user's gdb, pgt prints of the guest what it prints by a connection of its own")
{
    LiveGuest guest("lab", lab);
    booted(guest);
    const QString symbols = QStringLiteral("file ") + labGuestFile;
    for (const QStringList& words :
        {QStringList{QStringLiteral("walk")}, {QStringLiteral("translate"), QStringLiteral("pgt_buf_end")},
            {QStringLiteral("aliases"), QStringLiteral("pa:0x100000")},
            {QStringLiteral("check"), QStringLiteral("--all")}}) {
        CAPTURE(words.join(u' ').toStdString());
        const std::string inside
            = gdbSays({symbols, attach(guest), QStringLiteral("pgt ") + words.join(u' ')});
        const std::string outside = outputOf(QString::fromLatin1(pgtProgram),
            words
                + QStringList{QStringLiteral("--kernel"), QString::fromLatin1(labGuestFile),
                    QStringLiteral("--channel"), QStringLiteral("rsp"), QStringLiteral("--connect"),
                    QString::fromStdString(guest.guest().gdbEndpoint().text())});
        CHECK(outside.size() > 100);
        INFO(inside);
        CHECK(has(inside, outside));
    }
}

TEST_CASE("what pgt quotes of a stub inside the user's gdb has no escapes for the terminal")
{
    const std::string said = gdbSays(
        {QStringLiteral("python gdb.write(harmless('a\\x1b]0;title\\x07\\x9b1m\\tb\\n\\u202e\\u00e9'))")});
    CHECK(has(said, "a?]0;title??1m\tb\n?\u00e9"));
}

TEST_CASE("pgt inside the user's gdb leaves gdb's thread, registers and breakpoints as they were, and says "
          "how it ended")
{
    LiveGuest guest("lab", lab);
    booted(guest);
    const std::string said = gdbSays({attach(guest), QStringLiteral("hbreak *0x1000"),
        QStringLiteral("info registers"), QStringLiteral("echo MIDDLE\\n"), QStringLiteral("pgt check"),
        QStringLiteral("print $_pgt_status"), QStringLiteral("pgt translate 0x1234zz"),
        QStringLiteral("print $_pgt_status"), QStringLiteral("echo END\\n"), QStringLiteral("info registers"),
        QStringLiteral("info breakpoints")});
    INFO(said);
    const std::size_t middle = said.find("MIDDLE\n");
    const std::size_t end = said.find("END\n");
    REQUIRE(end != std::string::npos);
    const std::size_t registers = said.find("rax ");
    const std::string before = said.substr(registers, middle - registers);
    CHECK(has(before, "cr3"));
    CHECK(said.substr(end + 4, before.size()) == before);
    CHECK(has(said, "verdict: no findings"));
    CHECK(has(said, "$1 = 0\n"));
    CHECK(has(said, "$2 = 2\n"));
    CHECK(has(said.substr(end), "0x0000000000001000"));
}

TEST_CASE("pgt inside the user's gdb reads only, and only a guest that is attached and stopped")
{
    const std::string alone = gdbSays({QStringLiteral("pgt walk")});
    CHECK(has(alone, "it is not attached or it runs; attach, or stop it first"));
    LiveGuest guest("lab", lab);
    booted(guest);
    const std::string said
        = gdbSays({attach(guest), QStringLiteral("pgt step"), QStringLiteral("pgt poke 0x1000 0"),
            QStringLiteral("set pgt-program /no/such/program"), QStringLiteral("pgt walk")});
    INFO(said);
    CHECK(has(said, "usage: pgt walk|translate|aliases|check"));
    CHECK(has(said, "there is no such program; set pgt-program to its path"));
}
