// SPDX-License-Identifier: GPL-2.0-or-later
#include <csignal>
#include <initializer_list>
#include <iostream>

#include <QApplication>
#include <QSettings>
#include <QTimer>

#include <CLI/CLI.hpp>

#include "app/pgtscope/program.h"
#include "core/base/cancel.h"
#include "views/base/theme.h"

namespace {

struct Arguments {
    std::string file;
    std::string guest;
    std::string until;
    std::string connect;
    std::string kernel;
    bool demo = false;
};

/// What the command line asks for; a value to exit with if that is all.
std::optional<int> parse(Arguments& arguments, int argc, char** argv)
{
    CLI::App cli("Watch an x86 kernel build its page tables", "pgtscope");
    cli.set_version_flag("--version", std::string("pgtscope ") + PGTSCOPE_VERSION);
    auto* file = cli.add_option("file", arguments.file, "A recording to show (FILE.pgtrec)");
    auto* guest = cli.add_option("--guest", arguments.guest, "Launch this guest (see \"pgt guest list\")");
    cli.add_option("--until", arguments.until, "Run the launched guest to this boot event first")
        ->needs(guest);
    auto* connect
        = cli.add_option("--connect", arguments.connect, "Attach to a stub: unix:PATH or HOST:PORT");
    cli.add_option(
           "--kernel", arguments.kernel, "Symbols of the attached kernel: bzImage, vmlinux or System.map")
        ->needs(connect);
    auto* demo
        = cli.add_flag("--demo", arguments.demo, "Show the first walkthrough that came with the program");
    connect->excludes(guest)->excludes(file)->excludes(demo);
    guest->excludes(file)->excludes(demo);
    file->excludes(demo);
    try {
        cli.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return cli.exit(error) == 0 ? 0 : 2;
    }
    return std::nullopt;
}

void begin(pgtscope::app::Program& program, const Arguments& arguments)
{
    const auto text = [](const std::string& s) { return QString::fromStdString(s); };
    if (!arguments.file.empty())
        program.window().openRecording(text(arguments.file));
    else if (!arguments.guest.empty())
        program.launch(text(arguments.guest), text(arguments.until));
    else if (!arguments.connect.empty())
        program.attach(text(arguments.connect), text(arguments.kernel));
    else if (arguments.demo) {
        const auto shipped = pgtscope::app::shippedRecordings();
        if (shipped.empty())
            program.window().showError(QStringLiteral("No walkthrough is installed with this program"));
        else
            program.window().openRecording(shipped.front().path);
    }
}

pgtscope::core::CancelFlag askedToEnd;

extern "C" void endOnSignal(int) { askedToEnd.cancel(); }

/// Ctrl-C and a shutdown end the program as closing the window does: guests are let go of, recordings closed.
void quitOnSignals(QTimer& watch)
{
    using namespace std::chrono_literals;
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        std::signal(number, endOnSignal);
    QObject::connect(&watch, &QTimer::timeout, &watch, [] {
        if (askedToEnd.cancelled())
            QApplication::closeAllWindows();
    });
    watch.start(200ms);
}

} // namespace

int main(int argc, char* argv[])
{
    Arguments arguments;
    if (const auto status = parse(arguments, argc, argv))
        return *status;
    QApplication application(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("pgtscope"));
    QApplication::setApplicationName(QStringLiteral("pgtscope"));
    QApplication::setApplicationVersion(QStringLiteral(PGTSCOPE_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("io.github.pgtscope.pgtscope"));
    const QVariant dark = QSettings().value(QStringLiteral("window/dark"));
    pgtscope::views::Theme::instance().apply(dark.isValid() ? std::optional(dark.toBool()) : std::nullopt);
    pgtscope::app::Program program;
    program.window().show();
    QTimer signalWatch;
    quitOnSignals(signalWatch);
    begin(program, arguments);
    return QApplication::exec();
}
