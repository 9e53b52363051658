// SPDX-License-Identifier: GPL-2.0-or-later
// What cmake --install makes, in a place of its own: the programs find their data there, and a desktop,
// man(1) and a software centre can use the rest.
#include "tests/support/catch.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <QElapsedTimer>
#include <QProcess>
#include <QThread>

#include <nlohmann/json.hpp>

#include "testpaths.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
namespace fs = std::filesystem;

namespace {

constexpr int deadlineMilliseconds = 240'000;
const std::string id = "io.github.pgtscope.pgtscope";

/// Programs stand in app/ of what is built.
QString buildDirectory()
{
    return QString::fromStdString(fs::path(test::pgtProgram).parent_path().parent_path().string());
}

struct Ended {
    int status = -1;
    std::string out;
};

/// Where the project was installed, with a home of its own for what its programs write.
class Installation {
public:
    Installation()
    {
        const Ended done
            = run("cmake", {"--install", buildDirectory(), "--prefix", QString::fromStdString(prefix())});
        INFO(done.out);
        REQUIRE(done.status == 0);
    }

    std::string prefix() const { return (m_directory / "usr").string(); }
    fs::path at(const std::string& path) const { return fs::path(prefix()) / path; }

    /// A program by its full path, or one of ours by its name.
    Ended run(const std::string& program, const QStringList& arguments) const
    {
        QProcess process;
        prepare(process, program, arguments);
        process.start();
        if (!process.waitForFinished(deadlineMilliseconds)) {
            process.kill();
            process.waitForFinished();
            return {-1, "did not end: " + process.readAll().toStdString()};
        }
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            process.readAll().toStdString()};
    }

    void prepare(QProcess& process, const std::string& program, const QStringList& arguments) const
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char* home :
            {"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"})
            environment.insert(
                QString::fromLatin1(home), QString::fromStdString((m_directory / "home").string()));
        environment.insert(QStringLiteral("QT_QPA_PLATFORM"), QStringLiteral("offscreen"));
        fs::create_directories(m_directory / "home");
        fs::permissions(m_directory / "home", fs::perms::owner_all);
        process.setProcessEnvironment(environment);
        process.setProcessChannelMode(QProcess::MergedChannels);
        const bool ours = program == "pgt" || program == "pgtscope";
        process.setProgram(QString::fromStdString(ours ? at("bin/" + program).string() : program));
        process.setArguments(arguments);
    }

    Ended check(const std::string& program, QStringList arguments, const std::string& file) const
    {
        arguments += QString::fromStdString(at(file).string());
        return run(program, arguments);
    }

private:
    test::TemporaryDirectory m_directory;
};

/// Files that the process has open.
std::set<std::string> openFiles(qint64 process)
{
    std::set<std::string> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(process) + "/fd", error)) {
        const fs::path target = fs::read_symlink(entry.path(), error);
        if (!error)
            files.insert(target.string());
    }
    return files;
}

std::string contentOf(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

} // namespace

TEST_CASE("the installed programs find the lab guest and the walkthroughs that were installed with them")
{
    const Installation installed;

    SECTION("pgt launches the installed lab guest")
    {
        const Ended launched = installed.run("pgt", {"launch", "lab", "--json"});
        INFO(launched.out);
        REQUIRE(launched.status == 0);
        const int process = nlohmann::json::parse(launched.out)["pid"];
        const std::string command = contentOf("/proc/" + std::to_string(process) + "/cmdline");
        CHECK(command.find(installed.at("share/pgtscope/guests/lab.elf").string()) != std::string::npos);
        const Ended walked = installed.run("pgt", {"info"});
        CHECK(walked.status == 0);
        CHECK(installed.run("pgt", {"guest", "stop"}).status == 0);
    }
    SECTION("pgt reads an installed walkthrough")
    {
        const Ended checked = installed.run("pgt",
            {"check",
                QString::fromStdString(
                    installed.at("share/pgtscope/walkthroughs/lab-buffer-high.pgtrec").string()),
                "--step", "65", "--rule", "xen-ro"});
        CHECK(checked.status == 1);
        CHECK(checked.out.find("1 violation, 20 pending") != std::string::npos);
        for (const char* exercise : {"xen-flip-writable.md", "xen-skip-readonly.md", "lab-xen-last-entry.md"})
            CHECK(contentOf(installed.at("share/pgtscope/exercises") / exercise).starts_with("# [0] "));
    }
    SECTION("pgtscope --demo opens one of them, and ends when it is asked to")
    {
        QProcess window;
        installed.prepare(window, "pgtscope", {"--demo"});
        window.start();
        REQUIRE(window.waitForStarted(deadlineMilliseconds));
        const auto showsOne = [&] {
            const std::set<std::string> files = openFiles(window.processId());
            return std::any_of(files.begin(), files.end(), [&](const std::string& file) {
                return file.starts_with(installed.at("share/pgtscope/walkthroughs/").string());
            });
        };
        // The start page has each of them open for a moment, to read its title.
        constexpr int longEnough = 25;
        int looks = 0;
        QElapsedTimer waited;
        waited.start();
        while (looks < longEnough && window.state() == QProcess::Running
            && waited.elapsed() < deadlineMilliseconds) {
            looks = showsOne() ? looks + 1 : 0;
            QThread::msleep(20);
        }
        CHECK(looks == longEnough);
        window.terminate();
        CHECK(window.waitForFinished(deadlineMilliseconds));
        INFO(window.readAll().toStdString());
        CHECK(window.exitStatus() == QProcess::NormalExit);
        CHECK(window.exitCode() == 0);
    }
}

TEST_CASE("desktop entry, metainfo, MIME type, icon and manual pages are installed and valid")
{
    const Installation installed;
    const auto holds = [](const Ended& ended) {
        INFO(ended.out);
        CHECK(ended.status == 0);
    };
    holds(installed.check("desktop-file-validate", {}, "share/applications/" + id + ".desktop"));
    holds(installed.check(
        "appstreamcli", {"validate", "--no-net", "--pedantic"}, "share/metainfo/" + id + ".metainfo.xml"));
    for (const std::string program : {"pgt", "pgtscope"}) {
        holds(installed.check("mandoc", {"-T", "lint", "-W", "warning"}, "share/man/man1/" + program + ".1"));
        const Ended shown
            = installed.check("mandoc", {"-T", "utf8", "-O", "width=78"}, "share/man/man1/" + program + ".1");
        CHECK(shown.out.find(program == "pgt" ? "pgt_buf_top" : "early page-table buffer")
            != std::string::npos);
    }
    for (const std::string program : {"pgt", "pgtscope"}) {
        for (const std::string& script :
            {"share/bash-completion/completions/" + program, "share/zsh/vendor-completions/_" + program,
                "share/fish/vendor_completions.d/" + program + ".fish"}) {
            INFO(script);
            // fish has a word of its own for a long option.
            const char* option = script.ends_with(".fish") ? "-l version" : "--version";
            CHECK(contentOf(installed.at(script)).find(option) != std::string::npos);
        }
    }
    CHECK(contentOf(installed.at("share/pgtscope/gdb/pgtscope.py")).find("send_packet") != std::string::npos);
    const std::string mime = contentOf(installed.at("share/mime/packages/" + id + ".xml"));
    CHECK(mime.find("*.pgtrec") != std::string::npos);
    const std::string desktop = contentOf(installed.at("share/applications/" + id + ".desktop"));
    CHECK(desktop.find("application/x-pgtscope-recording") != std::string::npos);
    CHECK(mime.find("application/x-pgtscope-recording") != std::string::npos);
    CHECK(fs::exists(installed.at("share/icons/hicolor/scalable/apps/" + id + ".svg")));

    SECTION("and a MIME database made of it knows a recording by its content")
    {
        holds(installed.run(
            "update-mime-database", {QString::fromStdString(installed.at("share/mime").string())}));
        const std::string magic = contentOf(installed.at("share/mime/magic"));
        CHECK(magic.find("application/x-pgtscope-recording") != std::string::npos);
        const std::string header
            = contentOf(installed.at("share/pgtscope/walkthroughs/debian-boot.pgtrec")).substr(0, 100);
        CHECK(header.starts_with("SQLite format 3"));
        CHECK(header.substr(68, 4) == "PGTR");
    }
}
