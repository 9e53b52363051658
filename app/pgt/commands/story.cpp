// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include "app/pgt/command.h"
#include "app/pgt/launchoptions.h"
#include "core/format/steptext.h"
#include "core/timeline/diff.h"
#include "gdb/boot/bootrun.h"
#include "gdb/launch/initramfs.h"

namespace pgtscope::pgt {

namespace {

struct StoryOptions {
    LaunchOptions launch;
    bool everyPage = false;
};

/// Prints each stop beside what it changed.
class StoryTeller {
public:
    core::Result<void> tell(gdb::BootStop stop)
    {
        stop.step.number = m_number++;
        core::StepChanges changes;
        if (m_previous) {
            core::DiffOptions options;
            options.mappings = false;
            changes = core::diffSnapshots(*m_previous, *stop.snapshot, options).tables;
        }
        core::writeStepText(std::cout, stop.step, *stop.snapshot, m_previous ? &changes : nullptr);
        std::cout.flush();
        m_previous = stop.snapshot;
        return {};
    }

private:
    core::SnapshotPtr m_previous;
    core::StepNumber m_number = 0;
};

ExitStatus tellBoot(const StoryOptions& options, const gdb::RunningGuest& guest, Console& console)
{
    gdb::SessionOptions sessionOptions;
    sessionOptions.endpoint = guest.gdbEndpoint();
    sessionOptions.guest = guest;
    auto session = gdb::GuestSession::open(sessionOptions, console.cancel(), console.progress());
    if (!session)
        return console.fail(session.error());
    gdb::BootStepperOptions stepping;
    stepping.grains.pgtBuf = options.everyPage;
    stepping.consoleLog = guest.consoleLog();
    auto stepper = gdb::BootStepper::create(**session, stepping);
    if (!stepper)
        return console.fail(stepper.error());
    console.clear();
    for (const core::MissingEvent& missing : (*stepper)->events().missing)
        if (missing.event->since <= 6001 && missing.event->flavour == core::KernelFlavour::Any)
            console.remark("left out: " + std::string(missing.event->name) + " (" + missing.reason + ")");
    gdb::BootRunOptions run;
    run.untilConsole = gdb::userspaceMessage;
    StoryTeller teller;
    const auto end
        = gdb::runBoot(**stepper, run, [&](const gdb::BootStop& stop) { return teller.tell(stop); });
    if (const auto left = (*session)->close(gdb::EndState::Stopped); !left)
        return console.fail(left.error());
    return end ? ExitStatus::Done : console.fail(end.error());
}

ExitStatus tellStory(const StoryOptions& options, Console& console)
{
    using namespace std::chrono_literals;
    auto spec = launchSpecOf(options.launch, console);
    if (!spec)
        return console.fail(spec.error());
    // The events need their addresses before the kernel runs.
    spec->append += " nokaslr";
    spec->paused = true;
    const gdb::QemuLauncher launcher;
    const auto guest = launcher.launch(*spec, &console.cancel());
    if (!guest)
        return console.fail(guest.error());
    const ExitStatus status = tellBoot(options, *guest, console);
    if (const auto stopped = launcher.stop(*guest, gdb::WaitLimit::after(10s)); !stopped)
        return console.fail(stopped.error());
    return status;
}

} // namespace

void addStoryCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<StoryOptions>();
    CLI::App* command = app.add_subcommand(
        "story", "Boot a guest and tell, event by event, how its page tables come to be");
    options->launch.addTo(*command);
    command->add_flag("--every-page", options->everyPage, "Stop at every change of pgt_buf_end too");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return tellStory(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
