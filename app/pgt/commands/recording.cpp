// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/recording/repair.h"
#include "gdb/checkpoint/livefolder.h"

namespace pgtscope::pgt {

namespace {

struct RecordingOptions {
    std::string file;
    std::string output; ///< Of repair.
    bool force = false;
    bool json = false;
};

core::StepNumber lostSteps(const core::RecordingCheck& check)
{
    core::StepNumber lost = 0;
    for (const core::StepInterval& steps : check.unreadable)
        lost += steps.last - steps.first + 1;
    return lost;
}

nlohmann::json checkJson(const core::RecordingCheck& check)
{
    nlohmann::json unreadable = nlohmann::json::array();
    for (const core::StepInterval& steps : check.unreadable)
        unreadable.push_back({{"first", steps.first}, {"last", steps.last}});
    return {{"format", check.format}, {"finished", check.finished}, {"steps", check.steps},
        {"unreadable", unreadable}, {"damage", check.damage}, {"whole", check.whole()}};
}

void printCheck(const RecordingOptions& options, const core::RecordingCheck& check)
{
    std::cout << options.file << ": format " << check.format << ", "
              << (check.finished ? "finished" : "not finished by its recorder") << ", "
              << core::countText(check.steps, "step") << '\n';
    for (const core::StepInterval& steps : check.unreadable) {
        std::cout << "  step " << steps.first;
        if (steps.last != steps.first)
            std::cout << " to " << steps.last;
        std::cout << " cannot be read\n";
    }
    for (const std::string& damage : check.damage)
        std::cout << "  " << damage << '\n';
    if (check.whole())
        std::cout << "  all of it can be read\n";
}

ExitStatus verify(const RecordingOptions& options, Console& console)
{
    if (const auto whole = refuseMoment(options.file); !whole)
        return console.fail(whole.error());
    const auto check = core::checkRecording(options.file, console.progress(), &console.cancel());
    console.clear();
    if (!check)
        return console.fail(check.error());
    if (options.json)
        std::cout << core::jsonBlock(checkJson(*check)) << '\n';
    else
        printCheck(options, *check);
    return check->whole() ? ExitStatus::Done : ExitStatus::Findings;
}

ExitStatus repair(const RecordingOptions& options, Console& console)
{
    if (const auto whole = refuseMoment(options.file); !whole)
        return console.fail(whole.error());
    const auto check = core::repairRecording(options.file, options.output,
        options.force ? core::Existing::Replace : core::Existing::Refuse, console.progress(),
        &console.cancel());
    console.clear();
    if (!check)
        return console.fail(check.error());
    const core::StepNumber kept = check->steps - lostSteps(*check);
    if (options.json) {
        nlohmann::json json = checkJson(*check);
        json["output"] = options.output;
        json["kept"] = kept;
        std::cout << core::jsonBlock(json) << '\n';
    } else {
        printCheck(options, *check);
        std::cout << core::countText(kept, "step") << " in " << options.output << '\n';
    }
    return check->whole() ? ExitStatus::Done : ExitStatus::Findings;
}

ExitStatus forgetCheckpoints(const RecordingOptions& options, Console& console)
{
    const auto freed = gdb::forgetLive(options.file);
    if (!freed)
        return console.fail(freed.error());
    if (options.json)
        std::cout << core::jsonBlock({{"freed", *freed}}) << '\n';
    else
        std::cout << core::groupedText(*freed) << " bytes of checkpoints removed\n";
    return ExitStatus::Done;
}

} // namespace

void addRecordingCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<RecordingOptions>();
    CLI::App* command
        = app.add_subcommand("recording", "Verify a recording file, repair it, or remove its checkpoints");
    command->require_subcommand(1);
    const auto add = [&](const char* name, const char* description, auto run) {
        CLI::App* part = command->add_subcommand(name, description);
        part->add_option("file", options->file, "The recording")->required();
        part->add_flag("--json", options->json, "Answer in JSON");
        part->callback([options, run, &invocation] {
            invocation.run = [options, run, &invocation] { return run(*options, invocation.console); };
        });
        return part;
    };
    add("forget-live", "Remove the checkpoints that pgt record --checkpoints saved beside the recording",
        forgetCheckpoints);
    add("verify", "Read the whole recording and list what cannot be read; status 1 if anything cannot",
        verify);
    CLI::App* part = add("repair",
        "Write what can be read to a new recording, in the newest format; status 1 if something was lost",
        repair);
    part->add_option("-o,--output", options->output, "The recording to make")->required();
    part->add_flag("--force", options->force, "Replace the output file if it exists");
}

} // namespace pgtscope::pgt
