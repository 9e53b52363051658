// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include "app/pgt/command.h"
#include "app/pgt/guestoptions.h"
#include "core/walk/translation.h"

namespace pgtscope::pgt {

namespace {

struct TranslateOptions {
    GuestOptions guest;
    std::string address;
};

ExitStatus translateAddress(const TranslateOptions& options, Console& console,
    const core::SnapshotPtr& snapshot, const core::SymbolTable& symbols)
{
    const auto address = parseAddress(options.address, symbols);
    if (!address)
        return console.fail(address.error());
    const auto translation = core::translate(*snapshot, core::LinearAddress(*address));
    if (options.guest.json)
        core::writeTranslationJson(std::cout, *snapshot, translation, options.guest.dialect());
    else
        core::writeTranslationText(std::cout, *snapshot, translation, options.guest.dialect());
    return ExitStatus::Done;
}

} // namespace

void addTranslateCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<TranslateOptions>();
    CLI::App* command = app.add_subcommand("translate", "Follow one linear address through the tables");
    options->guest.addTo(*command);
    command->add_option("address", options->address, "Linear address: a number, a symbol, or symbol+offset")
        ->required();
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] {
            return withSnapshot(options->guest, invocation.console,
                [&](gdb::GuestSession& session, const core::SnapshotPtr& snapshot) {
                    return translateAddress(*options, invocation.console, snapshot, session.symbols());
                });
        };
    });
}

} // namespace pgtscope::pgt
