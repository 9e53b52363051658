// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "app/pgt/terminal.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/linux/events.h"
#include "core/report/textwrap.h"
#include "core/symbols/symbolcache.h"

namespace pgtscope::pgt {

namespace {

std::string kindText(core::BootEventKind kind)
{
    switch (kind) {
    case core::BootEventKind::Function:
        return "function";
    case core::BootEventKind::Return:
        return "return";
    case core::BootEventKind::RootSwitch:
        return "root-switch";
    }
    return "function";
}

nlohmann::json eventJson(const core::BootEvent& event)
{
    return {{"event", event.name}, {"phase", core::bootPhaseName(event.phase)},
        {"kind", kindText(event.kind)}, {"releases", core::releaseText(event)}, {"meaning", event.meaning},
        {"symbol", nullptr}, {"address", nullptr}, {"reason", nullptr}};
}

void printJson(const core::ResolvedEvents& events)
{
    nlohmann::json available = nlohmann::json::array();
    for (const core::ResolvedEvent& event : events.available) {
        nlohmann::json json = eventJson(*event.event);
        json["symbol"] = event.symbol;
        json["address"] = core::hexText(event.address.value);
        available.push_back(std::move(json));
    }
    nlohmann::json missing = nlohmann::json::array();
    for (const core::MissingEvent& event : events.missing) {
        nlohmann::json json = eventJson(*event.event);
        json["reason"] = event.reason;
        missing.push_back(std::move(json));
    }
    std::cout << core::jsonBlock({{"available", available}, {"missing", missing}}) << '\n';
}

void printText(const core::ResolvedEvents& events)
{
    std::string text;
    std::string phase;
    for (const core::ResolvedEvent& event : events.available) {
        const std::string current(core::bootPhaseName(event.event->phase));
        if (current != phase)
            text += (text.empty() ? "" : "\n") + current + '\n';
        phase = current;
        text += "  " + std::string(event.event->name) + " at " + core::hexText(event.address.value)
            + (event.event->kind == core::BootEventKind::Function ? ""
                                                                  : " (" + kindText(event.event->kind) + ")")
            + "\n      " + std::string(event.event->meaning) + '\n';
    }
    if (!events.missing.empty())
        text += "\nleft out\n";
    for (const core::MissingEvent& event : events.missing)
        text += "  " + std::string(event.event->name) + ": " + event.reason + '\n';
    std::cout << core::wrapText(text, terminalWidth());
}

ExitStatus listEvents(const core::SymbolTable& symbols, bool json)
{
    const core::ResolvedEvents events = core::resolveEvents(symbols);
    json ? printJson(events) : printText(events);
    return ExitStatus::Done;
}

ExitStatus eventsOf(const SourceOptions& options, Console& console)
{
    const bool live = !options.guest.connect.empty() || !options.guest.guest.empty();
    if (options.recording.empty() && !options.guest.kernel.empty() && !live) {
        const auto kernel = core::SymbolCache().load(options.guest.kernel);
        return kernel ? listEvents(kernel->table, options.guest.json) : console.fail(kernel.error());
    }
    return withScene(
        options, console, [&](const Scene& scene) { return listEvents(scene.symbols, options.guest.json); });
}

} // namespace

void addEventsCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<SourceOptions>();
    CLI::App* command = app.add_subcommand("events",
        "List the boot events of a guest, a recording or (--kernel alone) a kernel file, and those left out, "
        "with the reason");
    options->addTo(*command);
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return eventsOf(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
