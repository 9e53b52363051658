// SPDX-License-Identifier: GPL-2.0-or-later
// A kernel's file may bring scripts for gdb: in its .debug_gdb_scripts, by name there, and beside it. A gdb
// that we start runs none of them, wherever the user's own would.
#include "tests/support/catch.h"

#include <fstream>

#include <QProcess>
#include <QStandardPaths>

#include "app/pgt/sourcelines.h"
#include "gdb/mi/miclient.h"
#include "testpaths.h"
#include "tests/support/required.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using namespace std::chrono_literals;

namespace {

const std::string trusting = "set auto-load safe-path /";

/// The lab guest's file with three scripts, each of which makes a file when it is run.
class ScriptedKernel {
public:
    ScriptedKernel()
    {
        constexpr char nameOfScript = 1;
        constexpr char textOfScript = 4;
        write("named.py", scriptThatMakes("named"));
        write("vmlinux-gdb.py", scriptThatMakes("beside"));
        std::string scripts;
        scripts += nameOfScript + path("named.py") + '\0';
        scripts += textOfScript + ("inlined\n" + scriptThatMakes("inlined")) + '\0';
        write("scripts", scripts);
        write("gdb",
            "#!/bin/sh\nexec '" + QStandardPaths::findExecutable("gdb").toStdString() + "' -iex '" + trusting
                + "' \"$@\"\n");
        std::filesystem::permissions(path("gdb"), std::filesystem::perms::owner_all);
        const int made = QProcess::execute("objcopy",
            {"--add-section", QString::fromStdString(".debug_gdb_scripts=" + path("scripts")),
                pgtscope::test::labGuestFile, QString::fromStdString(file())});
        REQUIRE(made == 0);
    }
    std::string file() const { return path("vmlinux"); }
    std::string path(const std::string& name) const { return (m_directory.path() / name).string(); }
    /// The names of the scripts that have been run since the last call.
    std::string takeRun()
    {
        std::string names;
        for (const char* name : {"named", "beside", "inlined"})
            if (std::filesystem::remove(path(name)))
                names += std::string(name) + ' ';
        return names;
    }

private:
    std::string scriptThatMakes(const std::string& name) const { return "open('" + path(name) + "', 'w')\n"; }
    void write(const std::string& name, const std::string& text) const
    {
        std::ofstream(path(name), std::ios::binary) << text;
    }
    test::TemporaryDirectory m_directory;
};

/// Programs are looked for here first, for as long as this lives.
class PathFirst {
public:
    explicit PathFirst(const std::string& directory)
        : m_before(qgetenv("PATH"))
    {
        qputenv("PATH", QByteArray::fromStdString(directory) + ':' + m_before);
    }
    ~PathFirst() { qputenv("PATH", m_before); }
    PathFirst(const PathFirst&) = delete;
    PathFirst& operator=(const PathFirst&) = delete;

private:
    QByteArray m_before;
};

} // namespace

TEST_CASE("A gdb of ours runs no script that a kernel's file brings")
{
    ScriptedKernel kernel;
    REQUIRE(QProcess::execute(QString::fromStdString(kernel.path("gdb")),
                {"-nx", "-batch", QString::fromStdString(kernel.file())})
        == 0);
    REQUIRE(kernel.takeRun() == "named beside inlined ");

    gdb::MiOptions options;
    options.arguments = {"-iex", QString::fromStdString(trusting)};
    const auto limit = gdb::WaitLimit::after(60s);
    const auto client = test::required(gdb::MiClient::start(options, limit));
    test::required(client->run("-file-symbol-file " + gdb::miQuoted(kernel.file()), limit));
    test::required(client->run("-file-exec-and-symbols " + gdb::miQuoted(kernel.file()), limit));
    CHECK(kernel.takeRun().empty());

    const PathFirst path(std::filesystem::path(kernel.file()).parent_path().string());
    const core::CancelFlag cancel;
    const auto address = core::LinearAddress(*test::required(
        client->run("-data-evaluate-expression \"(unsigned long)&init_memory_mapping\"", limit))
                                                  .results.numberOf("value"));
    CHECK_FALSE(pgt::sourceLines(kernel.file(), {address}, cancel).empty());
    CHECK(kernel.takeRun().empty());
}
