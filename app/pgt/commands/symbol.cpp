// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/report/spaceword.h"
#include "core/symbols/symbolcache.h"
#include "core/walk/translation.h"

namespace pgtscope::pgt {

namespace {

/// What is known of one symbol or address.
struct SymbolAnswer {
    std::string name; ///< symbol or symbol+offset.
    core::LinearAddress address;
    std::uint64_t slide = 0;
    bool placed = false; ///< The address is where the running kernel has it, not a link address.
    std::optional<core::PhysicalAddress> physical;
    std::string space = "physical "; ///< What `physical` is an address of.
};

core::Result<SymbolAnswer> lookUp(
    const std::string& what, const core::SymbolTable& symbols, const core::Snapshot* snapshot)
{
    SymbolAnswer answer;
    ASSIGN_OR_RETURN(const auto word, core::parseAddressWord(what, symbols));
    ASSIGN_OR_RETURN(const auto address,
        snapshot != nullptr ? core::linearAddressOf(word, *snapshot) : core::plainLinearAddress(word));
    answer.address = address;
    answer.slide = symbols.slide();
    const auto at = symbols.at(answer.address);
    answer.name = symbols.find(what) ? what : at ? at->text() : std::string();
    return answer;
}

void print(const SymbolAnswer& answer, bool json)
{
    if (json) {
        nlohmann::json object{{"name", answer.name}, {"address", core::hexText(answer.address.value)},
            {"running", answer.placed}, {"slide", core::hexText(answer.slide)}, {"physical", nullptr}};
        if (answer.physical)
            object["physical"] = core::hexText(answer.physical->value);
        std::cout << core::jsonBlock(object) << '\n';
        return;
    }
    std::cout << core::hexText(answer.address.value) << "  " << answer.name;
    if (!answer.placed)
        std::cout << "  (link address)";
    else if (answer.slide != 0)
        std::cout << "  (KASLR slide " << core::hexText(answer.slide) << ")";
    if (answer.physical)
        std::cout << "  " << answer.space << core::hexText(answer.physical->value);
    std::cout << '\n';
}

ExitStatus lookUpInFile(const SourceOptions& options, Console& console)
{
    const auto kernel = core::SymbolCache().load(options.guest.kernel);
    if (!kernel)
        return console.fail(kernel.error());
    const auto answer = lookUp(options.operand, kernel->table, nullptr);
    if (!answer)
        return console.fail(answer.error());
    print(*answer, options.guest.json);
    return ExitStatus::Done;
}

ExitStatus lookUpInScene(const SourceOptions& options, Console& console, const Scene& scene)
{
    if (scene.symbols.empty())
        return console.fail({"look up '" + options.operand + "'", "no kernel file gives symbols",
            "name one with --kernel (bzImage, vmlinux or System.map)"});
    auto answer = lookUp(options.operand, scene.symbols, scene.snapshot.get());
    if (!answer)
        return console.fail(answer.error());
    answer->placed = scene.slideState == core::SlideState::Found;
    const auto translation = core::translate(*scene.snapshot, answer->address);
    if (answer->placed && translation.end == core::TranslationEnd::Mapped)
        answer->physical = translation.physical;
    answer->space = core::spaceWord(*scene.snapshot, "physical ");
    print(*answer, options.guest.json);
    return ExitStatus::Done;
}

} // namespace

void addSymbolCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<SourceOptions>();
    CLI::App* command = app.add_subcommand(
        "symbol", "Find a kernel symbol, or the symbol of an address; with --kernel alone, by link address");
    options->addTo(*command, "SYMBOL");
    command->footer("SYMBOL is a symbol, symbol+offset or linear address. A physical address (pa:) or frame "
                    "(frame:, mfn:, pfn:) means the linear address that maps it.");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] {
            const GuestOptions& guest = options->guest;
            if (!guest.kernel.empty() && guest.connect.empty() && guest.guest.empty()
                && options->recording.empty())
                return lookUpInFile(*options, invocation.console);
            return withScene(*options, invocation.console,
                [&](const Scene& scene) { return lookUpInScene(*options, invocation.console, scene); });
        };
    });
}

} // namespace pgtscope::pgt
