// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include "app/pgt/command.h"
#include "app/pgt/launchadvice.h"
#include "app/pgt/launchoptions.h"
#include "core/base/json.h"
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

/// The kernel's names; none if it has none, which is no reason not to boot it.
core::SymbolTable symbolsOf(const gdb::RunningGuest& guest, bool usersOwn, Console& console)
{
    auto loaded = core::SymbolCache().loadFile(guest.spec.kernel.string());
    const core::Error* why = !loaded ? &loaded.error() : loaded->undecoded ? &*loaded->undecoded : nullptr;
    if (why != nullptr && usersOwn)
        console.remark("pgt: the guest is shown without kernel symbols: " + why->message());
    return loaded ? std::move(loaded->table) : core::SymbolTable();
}

void printGuest(const gdb::RunningGuest& guest, const core::SymbolTable& symbols, bool json)
{
    if (json) {
        std::cout << core::jsonBlock(gdb::toJson(guest)) << '\n';
        return;
    }
    const char* where = !guest.spec.paused ? ", running"
        : guest.spec.beginsAfter.empty()   ? ", before its first instruction"
                                           : ", before its domain's first instruction";
    std::cout << guest.id << where << "\n  gdb      " << guest.gdbEndpoint().text() << "\n  console  "
              << guest.consoleLog().string() << "\n\nNow try:\n";
    std::string line;
    for (const std::string& command : commandsToTry(symbols, !guest.spec.hypervisor.empty()))
        line += (line.empty() ? "  " : "     ") + command;
    std::cout << line << '\n';
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
    printGuest(*guest, symbolsOf(*guest, !options.launch.kernel.empty(), console), options.json);
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
