// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "core/walk/translation.h"

namespace pgtscope::pgt {

namespace {

ExitStatus translateAddress(const SourceOptions& options, Console& console, const Scene& scene)
{
    const auto address = linearAddressAsked(options.operand, scene.symbols, *scene.snapshot);
    if (!address)
        return console.fail(address.error());
    const auto translation = core::translate(*scene.snapshot, *address);
    if (options.guest.json)
        core::writeTranslationJson(std::cout, *scene.snapshot, translation, options.guest.dialect());
    else
        core::writeTranslationText(std::cout, *scene.snapshot, translation, options.guest.dialect());
    return translation.end == core::TranslationEnd::Gap ? ExitStatus::Gaps : ExitStatus::Done;
}

} // namespace

void addTranslateCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<SourceOptions>();
    CLI::App* command = app.add_subcommand("translate", "Follow one linear address through the tables");
    options->addTo(*command, "ADDRESS");
    command->footer("ADDRESS is linear: a number, a symbol, or symbol+offset. A physical address (pa:) or "
                    "frame (frame:, mfn:, pfn:) means the linear address that maps it.");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] {
            return withScene(*options, invocation.console,
                [&](const Scene& scene) { return translateAddress(*options, invocation.console, scene); });
        };
    });
}

} // namespace pgtscope::pgt
