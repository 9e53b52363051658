// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include "app/pgt/command.h"
#include "app/pgt/launchoptions.h"
#include "core/base/json.h"
#include "core/linux/events.h"
#include "core/symbols/symbolcache.h"

namespace pgtscope::pgt {

namespace {

struct LaunchCommandOptions {
    LaunchOptions launch;
    bool run = false;
    std::string waitFor;
    unsigned waitSeconds = 300;
    bool json = false;
};

void printGuest(const gdb::RunningGuest& guest, bool json)
{
    if (json) {
        std::cout << core::jsonBlock(gdb::toJson(guest)) << '\n';
        return;
    }
    const char* where = !guest.spec.paused ? ", running"
        : guest.spec.beginsAfter.empty()   ? ", before its first instruction"
                                           : ", before its domain's first instruction";
    const core::BootEvent* entry = core::entryOf(
        guest.spec.hypervisor.empty() ? core::KernelFlavour::Any : core::KernelFlavour::XenPv);
    std::cout << guest.id << where << "\n  gdb      " << guest.gdbEndpoint().text() << "\n  console  "
              << guest.consoleLog().string() << "\n\nNow try:\n"
              << "  pgt run-to " << entry->name
              << "     pgt walk     pgt translate linux_banner     pgt guest stop\n";
}

/// A kernel of the user's own whose names will be missing later; that is no reason not to boot it.
void remarkOnSymbols(const std::string& kernel, Console& console)
{
    const auto loaded = core::SymbolCache().loadFile(kernel);
    if (loaded && !loaded->undecoded)
        return;
    const core::Error& why = loaded ? *loaded->undecoded : loaded.error();
    console.remark("pgt: the guest is shown without kernel symbols: " + why.message());
}

ExitStatus launch(const LaunchCommandOptions& options, Console& console)
{
    auto spec = launchSpecOf(options.launch, console);
    if (!spec)
        return console.fail(spec.error());
    spec->paused = !options.run && options.waitFor.empty();
    const auto guest = gdb::QemuLauncher().launch(*spec, gdb::Lifetime::Stays, &console.cancel());
    if (!guest)
        return console.fail(guest.error());
    if (guest->spec.paused)
        if (const auto begun = beginningOf(*guest, console); !begun)
            return console.fail(begun.error());
    if (!options.waitFor.empty()) {
        console.progress()("Waiting for the console to print \"" + options.waitFor + "\"", 0, 0);
        const auto limit
            = gdb::WaitLimit::after(std::chrono::seconds(options.waitSeconds), &console.cancel());
        if (const auto seen = gdb::waitForConsole(*guest, options.waitFor, limit); !seen)
            return console.fail(seen.error());
    }
    console.clear();
    if (!options.launch.kernel.empty())
        remarkOnSymbols(options.launch.kernel, console);
    printGuest(*guest, options.json);
    return ExitStatus::Done;
}

} // namespace

void addLaunchCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<LaunchCommandOptions>();
    options->launch.usualAccelerator = gdb::Accelerator::Kvm;
    CLI::App* command = app.add_subcommand(
        "launch", "Start a guest in QEMU, in the background, stopped before its first instruction");
    options->launch.addTo(*command);
    auto* run = command->add_flag("--run", options->run, "Let it run at once");
    command->add_option("--wait-for", options->waitFor, "Let it run until its console prints this text")
        ->excludes(run);
    command->add_option("--wait-seconds", options->waitSeconds, "Longest wait for --wait-for")
        ->capture_default_str();
    command->add_flag("--json", options->json, "Answer in JSON");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return launch(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
