// SPDX-License-Identifier: GPL-2.0-or-later
#include <iomanip>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/pgt/command.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "gdb/debian/guestcatalogue.h"
#include "gdb/debian/guestfetch.h"
#include "gdb/qemu/otherqemus.h"
#include "gdb/qemu/qemulauncher.h"

namespace pgtscope::pgt {

namespace {

struct GuestCommandOptions {
    std::string name;
    bool refresh = false;
    bool json = false;
};

nlohmann::json recipeJson(const gdb::GuestRecipe& recipe)
{
    const auto cached = gdb::GuestCache(gdb::defaultCacheDirectory(), recipe.name).newest();
    nlohmann::json json{{"name", recipe.name}, {"description", recipe.description},
        {"pagingMode", recipe.pagingMode}, {"memoryBytes", recipe.memoryBytes}, {"cachedVersion", nullptr}};
    if (cached && !cached->kernelVersion.empty())
        json["cachedVersion"] = cached->kernelVersion;
    return json;
}

nlohmann::json otherJson(const gdb::OtherQemu& other)
{
    nlohmann::json json{{"pid", other.processId}, {"name", other.name}, {"stub", nullptr}};
    if (other.stub)
        json["stub"] = other.stub->text();
    return json;
}

void printOthers(const std::vector<gdb::OtherQemu>& others)
{
    if (others.empty())
        return;
    std::cout << "\nother QEMUs of yours, for --connect:\n";
    for (const gdb::OtherQemu& other : others)
        std::cout << std::left << std::setw(18) << other.name << "process " << std::setw(10)
                  << other.processId
                  << (other.stub ? other.stub->text()
                                 : "no gdbstub: type \"gdbserver\" in its monitor, or start it with -s")
                  << '\n';
}

ExitStatus listGuests(const GuestCommandOptions& options, Console& console)
{
    nlohmann::json recipes = nlohmann::json::array();
    for (const gdb::GuestRecipe& recipe : gdb::guestCatalogue())
        recipes.push_back(recipeJson(recipe));
    const auto running = gdb::QemuLauncher().listRunning();
    if (!running)
        return console.fail(running.error());
    if (options.json) {
        nlohmann::json guests = nlohmann::json::array();
        for (const gdb::RunningGuest& guest : *running)
            guests.push_back(gdb::toJson(guest));
        nlohmann::json others = nlohmann::json::array();
        for (const gdb::OtherQemu& other : gdb::otherQemus(*running))
            others.push_back(otherJson(other));
        std::cout << core::jsonBlock({{"guests", recipes}, {"running", guests}, {"others", others}}) << '\n';
        return ExitStatus::Done;
    }
    for (const auto& recipe : recipes)
        std::cout << std::left << std::setw(18) << recipe["name"].get<std::string>() << std::setw(9)
                  << recipe["pagingMode"].get<std::string>() << std::setw(14)
                  << (recipe["cachedVersion"].is_null() ? "-" : recipe["cachedVersion"].get<std::string>())
                  << recipe["description"].get<std::string>() << '\n';
    if (!running->empty())
        std::cout << "\nrunning:\n";
    for (const gdb::RunningGuest& guest : *running)
        std::cout << std::left << std::setw(18) << guest.id << guest.gdbEndpoint().text() << '\n';
    printOthers(gdb::otherQemus(*running));
    return ExitStatus::Done;
}

ExitStatus fetchByName(const GuestCommandOptions& options, Console& console)
{
    const auto recipe = gdb::findRecipe(options.name);
    if (!recipe)
        return console.fail(recipe.error());
    gdb::FetchOptions fetch;
    fetch.refresh = options.refresh;
    const auto guest = gdb::fetchGuest(*recipe, fetch, console.progress(), &console.cancel());
    if (!guest)
        return console.fail(guest.error());
    if (!guest->note.empty())
        console.remark(guest->note);
    if (options.json)
        std::cout << core::jsonBlock({{"name", options.name}, {"kernel", guest->files.kernel.string()},
            {"initrd", guest->files.initrd.string()}, {"version", guest->files.kernelVersion},
            {"downloaded", guest->downloaded}})
                  << '\n';
    else
        std::cout << options.name << ": " << guest->files.kernelPackage << ' ' << guest->files.kernelVersion
                  << (guest->downloaded ? ", fetched\n" : ", in the cache\n") << "  kernel "
                  << guest->files.kernel.string() << "\n  initrd " << guest->files.initrd.string() << '\n';
    return ExitStatus::Done;
}

ExitStatus stopByName(const GuestCommandOptions& options, Console& console)
{
    using namespace std::chrono_literals;
    const gdb::QemuLauncher launcher;
    const auto guest = launcher.find(options.name);
    if (!guest)
        return console.fail(guest.error());
    if (const auto done = launcher.stop(*guest, gdb::WaitLimit::after(10s, &console.cancel())); !done)
        return console.fail(done.error());
    if (options.json)
        std::cout << core::jsonLine({{"stopped", guest->id}}) << '\n';
    else
        std::cout << guest->id << " stopped\n";
    return ExitStatus::Done;
}

using GuestWork = ExitStatus (*)(const GuestCommandOptions&, Console&);

CLI::App* addFamilyMember(CLI::App& family, const char* name, const char* description, GuestWork work,
    const std::shared_ptr<GuestCommandOptions>& options, Invocation& invocation)
{
    CLI::App* command = family.add_subcommand(name, description);
    command->add_flag("--json", options->json, "Answer in JSON");
    command->callback([work, options, &invocation] {
        invocation.run = [work, options, &invocation] { return work(*options, invocation.console); };
    });
    return command;
}

} // namespace

void addGuestCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<GuestCommandOptions>();
    CLI::App* family = app.add_subcommand("guest", "List, download and stop guests");
    family->require_subcommand(1);
    addFamilyMember(*family, "list", "List available and running guests", listGuests, options, invocation);
    CLI::App* fetch = addFamilyMember(
        *family, "fetch", "Download a guest, ready to boot", fetchByName, options, invocation);
    fetch->add_option("name", options->name, "A name from \"pgt guest list\"")->required();
    fetch->add_flag("--refresh", options->refresh, "Check for a newer version now");
    CLI::App* stop = addFamilyMember(
        *family, "stop", "Stop a guest that \"pgt launch\" started", stopByName, options, invocation);
    stop->add_option("name", options->name, "Name or id; the newest guest if none is given");
}

} // namespace pgtscope::pgt
