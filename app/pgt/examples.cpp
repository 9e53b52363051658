// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/examples.h"

#include <array>

namespace pgtscope::pgt {

namespace {

struct Examples {
    std::string_view command;
    std::array<std::string_view, 2> lines;
};

constexpr Examples allExamples[] = {
    {"guest list", {"pgt guest list", "pgt guest list --json"}},
    {"guest fetch", {"pgt guest fetch debian", "pgt guest fetch xen --refresh"}},
    {"guest stop", {"pgt guest stop", "pgt guest stop debian-1"}},
    {"doctor", {"pgt doctor", "pgt doctor --json"}},
    {"launch",
        {"pgt launch debian --wait-for 'userspace reached'",
            "pgt launch lab --append scenario=end-rule-high"}},
    {"info", {"pgt info", "pgt info --connect 127.0.0.1:1234"}},
    {"walk", {"pgt walk --filter 'va in _text.._etext'", "pgt walk boot.pgtrec --step 12 --format csv"}},
    {"translate", {"pgt translate linux_banner", "pgt translate boot.pgtrec 0xffffffff81000000 --step 12"}},
    {"aliases", {"pgt aliases 0x1000000", "pgt aliases init_top_pgt --format json"}},
    {"frames", {"pgt frames", "pgt frames boot.pgtrec --step 12"}},
    {"symbol", {"pgt symbol linux_banner", "pgt symbol boot.pgtrec start_kernel+0x10"}},
    {"check", {"pgt check --rule w-x --all", "pgt check boot.pgtrec --step 12"}},
    {"events", {"pgt events", "pgt events --kernel vmlinux --json"}},
    {"run-to", {"pgt run-to start_kernel", "pgt run-to paging_init --seconds 120"}},
    {"step", {"pgt step --grain pgt_buf -o session.pgtrec", "pgt step --back"}},
    {"poke", {"pgt poke linux_banner --level 2 --set rw", "pgt poke --undo poke-1.pgtrec"}},
    {"story", {"pgt story debian", "pgt story lab --append scenario=end-rule-high --every-page"}},
    {"record",
        {"pgt record debian --deterministic -o boot.pgtrec",
            "pgt record debian --grain write -o all.pgtrec"}},
    {"relive", {"pgt relive boot.pgtrec --step 23", "pgt relive boot.pgtrec --step 23 -o other.pgtrec"}},
    {"proxy",
        {"pgt proxy --connect 127.0.0.1:1234 --kernel vmlinux -o own.pgtrec",
            "pgt proxy --connect unix:/tmp/g.sock --listen unix:own.sock"}},
    {"show", {"pgt show boot.pgtrec", "pgt show boot.pgtrec --step 12"}},
    {"diff", {"pgt diff boot.pgtrec 11 12", "pgt diff boot.pgtrec other.pgtrec --by-event"}},
    {"blame", {"pgt blame all.pgtrec linux_banner", "pgt blame all.pgtrec 0xffffffff81000000 --step 40"}},
    {"log", {"pgt log all.pgtrec linux_banner", "pgt log all.pgtrec 0xffffffff81000000 --json"}},
    {"writers", {"pgt writers all.pgtrec", "pgt writers all.pgtrec --json"}},
    {"annotate",
        {"pgt annotate boot.pgtrec --to notes.md",
            "pgt annotate boot.pgtrec --step 12 --note 'The first table' --text 'From brk.'"}},
    {"export", {"pgt export boot.pgtrec -o boot.html", "pgt export boot.pgtrec --format csv -o -"}},
    {"exercise", {"pgt exercise store --seed 4", "pgt exercise --page class.html --seed 1 --count 20"}},
    {"recording forget-live",
        {"pgt recording forget-live boot.pgtrec", "pgt recording forget-live boot.pgtrec --json"}},
    {"recording verify", {"pgt recording verify boot.pgtrec", "pgt recording verify boot.pgtrec --json"}},
    {"recording repair",
        {"pgt recording repair damaged.pgtrec -o whole.pgtrec",
            "pgt recording repair damaged.pgtrec -o whole.pgtrec --force"}},
    {"help", {"pgt help", "pgt help recording"}},
};

} // namespace

std::span<const std::string_view> examplesOf(std::string_view command)
{
    for (const Examples& each : allExamples)
        if (each.command == command)
            return each.lines;
    return {};
}

std::string fullName(const CLI::App& command)
{
    const CLI::App* parent = command.get_parent();
    if (parent == nullptr)
        return {};
    const std::string above = fullName(*parent);
    return above.empty() ? command.get_name() : above + " " + command.get_name();
}

void addExamples(CLI::App& app)
{
    for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
        addExamples(*command);
        const auto examples = examplesOf(fullName(*command));
        if (examples.empty())
            continue;
        // Without a footer of its own a command has inherited the program's.
        const std::string footer = command->get_footer();
        std::string text = footer == app.get_footer() ? std::string() : footer + "\n";
        text += "\nExamples:\n";
        for (const std::string_view line : examples)
            text += "  " + std::string(line) + '\n';
        command->footer(text);
    }
}

} // namespace pgtscope::pgt
