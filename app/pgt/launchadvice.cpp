// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/launchadvice.h"

#include "core/linux/events.h"

namespace pgtscope::pgt {

namespace {

/// Where this kernel's boot begins to be about page tables, else the first function of it that is known.
const core::BootEvent* firstStop(const core::SymbolTable& symbols, bool underXen)
{
    const core::BootEvent* first = nullptr;
    for (const core::ResolvedEvent& resolved : core::resolveEvents(symbols).available) {
        const core::BootEvent& event = *resolved.event;
        const bool taken = underXen || event.flavour != core::KernelFlavour::XenPv;
        if (!taken || event.kind != core::BootEventKind::Function || event.dies)
            continue;
        if (event.tablesBegin)
            return &event;
        if (first == nullptr)
            first = &event;
    }
    return first;
}

} // namespace

std::vector<std::string> commandsToTry(const core::SymbolTable& symbols, bool underXen)
{
    std::vector<std::string> commands;
    if (const core::BootEvent* stop = firstStop(symbols, underXen))
        commands.push_back("pgt run-to " + std::string(stop->name));
    commands.emplace_back("pgt walk");
    // Where the kernel itself is: Linux has the symbol on every architecture, and so have most of those that
    // are linked like it.
    if (constexpr const char* ownText = "_text"; symbols.find(ownText))
        commands.push_back(std::string("pgt translate ") + ownText);
    commands.emplace_back("pgt guest stop");
    return commands;
}

} // namespace pgtscope::pgt
