// SPDX-License-Identifier: GPL-2.0-or-later
#include <csignal>
#include <initializer_list>
#include <iostream>

#include <unistd.h>

#include <QApplication>
#include <QIcon>
#include <QSettings>
#include <QTimer>

#include "app/pgtscope/arguments.h"
#include "app/pgtscope/windows.h"
#include "core/base/cancel.h"
#include "core/base/lastresort.h"
#include "core/base/terminaltext.h"
#include "views/model/text.h"
#include "views/widgets/theme.h"
#include "views/window/momentlinks.h"

namespace {

void begin(pgtscope::app::Program& program, const pgtscope::app::Arguments& arguments)
{
    const auto text = [](const std::string& s) { return QString::fromStdString(s); };
    if (!arguments.file.empty())
        program.window().links().open(text(arguments.file));
    else if (!arguments.guest.empty())
        program.launch(
            {text(arguments.guest), text(arguments.append), arguments.everyStore, !arguments.noCheckpoints},
            text(arguments.until));
    else if (!arguments.connect.empty())
        program.attach(text(arguments.connect), text(arguments.kernel));
    else if (!arguments.exercise.empty())
        program.exercise(text(arguments.exercise), arguments.seed);
    else if (arguments.demo) {
        const QString demo = pgtscope::app::demoRecording();
        if (demo.isEmpty())
            program.window().showError(
                pgtscope::views::Text::tr("No walkthrough is installed with this program"));
        else
            program.window().openRecording(demo);
    }
}

pgtscope::core::CancelFlag askedToEnd;

extern "C" void endOnSignal(int) { askedToEnd.cancel(); }

/// Ctrl-C and a shutdown end the program as closing the window does: guests are detached, recordings closed.
void quitOnSignals(QTimer& watch, const pgtscope::app::Windows& windows)
{
    using namespace std::chrono_literals;
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        std::signal(number, endOnSignal);
    // The write itself fails with an error then, which is reported.
    for (const int number : {SIGPIPE, SIGXFSZ})
        std::signal(number, SIG_IGN);
    QObject::connect(&watch, &QTimer::timeout, &windows, [&windows] {
        if (!askedToEnd.cancelled())
            return;
        for (const auto& program : windows.all())
            program->window().closeUnasked();
        QApplication::closeAllWindows();
    });
    watch.start(200ms);
}

int runWindow(int argc, char* argv[])
{
    pgtscope::app::Arguments arguments;
    if (const auto status = pgtscope::app::parseArguments(arguments, argc, argv))
        return *status;
    QApplication application(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("pgtscope"));
    QApplication::setApplicationName(QStringLiteral("pgtscope"));
    QApplication::setApplicationVersion(QStringLiteral(PGTSCOPE_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("io.github.pgtscope.pgtscope"));
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/io.github.pgtscope.pgtscope.svg")));
    const QVariant dark = QSettings().value(QStringLiteral("window/dark"));
    pgtscope::views::Theme::instance().apply(dark.isValid() ? std::optional(dark.toBool()) : std::nullopt);
    // Before anything is opened, so that an early signal is handled too.
    QTimer signalWatch;
    pgtscope::app::Windows windows;
    pgtscope::app::Program& program = windows.add();
    quitOnSignals(signalWatch, windows);
    program.window().show();
    begin(program, arguments);
    return QApplication::exec();
}

} // namespace

int main(int argc, char* argv[])
{
    pgtscope::core::occupyStandardStreams();
    pgtscope::core::OutputGuard errors(std::cerr, isatty(STDERR_FILENO) == 1);
    pgtscope::core::OutputGuard output(std::cout, isatty(STDOUT_FILENO) == 1);
    const int status = pgtscope::core::lastResort("pgtscope", [&] { return runWindow(argc, argv); });
    return pgtscope::core::statusWithOutput("pgtscope", status, output.flush());
}
