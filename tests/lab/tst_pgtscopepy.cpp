// SPDX-License-Identifier: GPL-2.0-or-later
// resources/gdb/pgtscope.py: pgt inside a user's own gdb, through that gdb's connection.
#include "tests/support/catch.h"

#include <fstream>

#include <QProcess>

#include "testpaths.h"
#include "tests/support/liveguest.h"
#include "tests/support/required.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using namespace std::chrono_literals;

namespace {

constexpr int deadlineMilliseconds = 240'000;

/// The lab guest, stopped at its end, and what a user's gdb prints that is attached to it.
class UsersGdb {
public:
    UsersGdb()
        : m_guest("lab", [](gdb::LaunchSpec& spec) { spec.append += " scenario=end-rule-high nokaslr"; })
    {
    }

    std::string run(const std::string& commands) const
    {
        const std::filesystem::path script = m_directory / "commands";
        std::ofstream(script) << "set pagination off\nset confirm off\ntarget remote "
                              << m_guest.guest().directory.string() << "/gdb.sock\nsource "
                              << projectDirectory << "/resources/gdb/pgtscope.py\nset pgt-program "
                              << pgtProgram << "\nhbreak halt\ncontinue\n"
                              << commands << '\n';
        QProcess gdb;
        gdb.setProcessChannelMode(QProcess::MergedChannels);
        gdb.start("gdb",
            {"-q", "-nx", "-batch", "-x", QString::fromStdString(script.string()), test::labGuestFile});
        REQUIRE(gdb.waitForFinished(deadlineMilliseconds));
        return gdb.readAll().toStdString();
    }

private:
    test::LiveGuest m_guest;
    test::TemporaryDirectory m_directory;
};

std::string between(const std::string& text, const std::string& begin, const std::string& end)
{
    const auto from = text.find(begin);
    REQUIRE(from != std::string::npos);
    return text.substr(from + begin.size(), text.find(end, from) - from - begin.size());
}

} // namespace

TEST_CASE("pgt answers inside a gdb that is attached, and leaves it and the guest as they were")
{
    const UsersGdb gdb;
    const std::string out = gdb.run("p/x $rip\n"
                                    "pgt translate 0xffffffff80100000\n"
                                    "echo [walk]\\n\npgt walk\necho [end]\\n\n"
                                    "pgt aliases 0x100000\n"
                                    "pgt check --rule w-x --all\n"
                                    "p $_pgt_status\n"
                                    "p/x $rip\n"
                                    "info breakpoints\n"
                                    "detach");
    INFO(out);
    CHECK(out.find("4-level paging, root 0x") != std::string::npos);
    CHECK(between(out, "[walk]", "[end]").find("---[ High Kernel Mapping ]---") != std::string::npos);
    CHECK(out.find("mappings of frame 0x100") != std::string::npos);
    CHECK(out.find("violation w-x") != std::string::npos);
    // 1: findings, as the program's own status.
    CHECK(between(out, "$2 = ", "\n") == "1");
    // gdb is where it was, its breakpoint stands, and memory is read by linear address again.
    CHECK(between(out, "$1 = ", "\n") == between(out, "$3 = ", "\n"));
    CHECK(out.find("in halt at") != std::string::npos);
    CHECK(out.find("Python Exception") == std::string::npos);
}

TEST_CASE("pgt in gdb says what is missing instead of waiting for it")
{
    test::TemporaryDirectory directory;
    std::ofstream(directory / "commands")
        << "source " << projectDirectory << "/resources/gdb/pgtscope.py\npgt walk\n";
    QProcess gdb;
    gdb.setProcessChannelMode(QProcess::MergedChannels);
    gdb.start(
        "gdb", {"-q", "-nx", "-batch", "-x", QString::fromStdString((directory / "commands").string())});
    REQUIRE(gdb.waitForFinished(deadlineMilliseconds));
    CHECK(gdb.readAll().toStdString().find("it is not attached or it runs") != std::string::npos);
}
