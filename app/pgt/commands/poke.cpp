// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/pgt/command.h"
#include "app/pgt/entrypoke.h"
#include "app/pgt/guestoptions.h"
#include "app/pgt/recordboot.h"
#include "app/pgt/source.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "gdb/capture/disassembly.h"

namespace pgtscope::pgt {

namespace {

struct PokeOptions {
    GuestOptions guest;
    EntryWish wish{.address = {}, .level = 1, .value = {}, .set = {}, .clear = {}};
    std::string undo;
    std::string file;
    bool yes = false;
};

struct Poke {
    core::EntryEdit edit;
    std::string place; ///< For the user: whose entry it is.
};

/// The opposite of what a recording of a poke says.
core::Result<Poke> findUndo(const PokeOptions& options, Console& console)
{
    const std::string tried = "undo " + options.undo;
    ASSIGN_OR_RETURN(const auto timeline, openTimeline(options.undo, console));
    for (core::StepNumber number = timeline->size(); number-- > 1;) {
        const auto step = timeline->step(number);
        const auto changes = timeline->changes(number);
        if (!step || !changes)
            return tl::unexpected(step ? changes.error() : step.error());
        if (step->cause != core::StepCause::Poke || changes->entries.size() != 1)
            continue;
        const core::EntryChange& change = changes->entries.front();
        return Poke{{change.address, change.bytes, std::max(change.level(), 1U), change.after, change.before},
            "as it was before"};
    }
    return core::failure(tried, "it records no poke", "name the file that \"pgt poke\" wrote");
}

void show(const Poke& poke, const core::Snapshot& snapshot)
{
    const core::Paging& paging = snapshot.paging();
    const core::EntryEdit& edit = poke.edit;
    const unsigned digits = edit.bytes * 2;
    std::cout << paging.names(edit.level).intel << " at " << core::hexText(edit.entry.value)
              << core::guestFrameText(snapshot.xen(), core::frameOf(edit.entry)) << ' ' << poke.place << '\n'
              << "  now   " << core::hexText(edit.before, digits) << "  "
              << core::entryBitsText(paging, paging.decode(edit.level, edit.before)) << '\n'
              << "  then  " << core::hexText(edit.after, digits) << "  "
              << core::entryBitsText(paging, paging.decode(edit.level, edit.after)) << '\n';
    if (snapshot.xen())
        std::cout << "  This bypasses Xen; its frame_table is not updated\n";
}

/// Nothing but a clear yes counts; an end of input is a no.
bool confirmed(const PokeOptions& options)
{
    if (options.yes)
        return true;
    std::cerr << "Write it into the guest? [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "yes";
}

std::string freeName(const PokeOptions& options)
{
    if (!options.file.empty())
        return options.file;
    std::error_code ignored;
    for (unsigned number = 1;; ++number) {
        std::string name = "poke-" + std::to_string(number) + ".pgtrec";
        if (!std::filesystem::exists(name, ignored))
            return name;
    }
}

core::Result<gdb::BootStop> stopOf(
    gdb::GuestSession& session, core::StepCause cause, std::string text, const core::SnapshotPtr& previous)
{
    gdb::CaptureRequest request;
    request.previous = previous;
    ASSIGN_OR_RETURN(auto snapshot, session.capture(request));
    gdb::BootStop stop;
    stop.step.cause = cause;
    stop.step.text = std::move(text);
    stop.step.cpu = snapshot->cpu();
    stop.step.ripSymbol = snapshot->ripSymbol();
    stop.snapshot = std::move(snapshot);
    return stop;
}

/// Writes, and keeps the states before and after as two steps; a recording that is there gets only the
/// second. The file is made first: what cannot be recorded is not done.
core::Result<void> writeRecorded(gdb::GuestSession& session, const core::EntryEdit& edit,
    const std::string& file, const core::SnapshotPtr& before)
{
    gdb::RunningGuest unknown;
    unknown.spec.name = session.target().endpoint().text();
    core::GuestDescription description = describeGuest(unknown, "poke");
    description.memoryBytes = session.memory().ramMap().bytes();
    std::error_code ignored;
    const bool goesOn = std::filesystem::exists(file, ignored);
    ASSIGN_OR_RETURN(
        auto recorder, goesOn ? gdb::Recorder::reopen(file) : gdb::Recorder::create(file, description));
    ASSIGN_OR_RETURN(const auto first, stopOf(session, core::StepCause::Start, "before the poke", before));
    if (!goesOn)
        RETURN_IF_ERROR(recorder->add(first, gdb::codeAt(session, *first.snapshot)));
    RETURN_IF_ERROR(recorder->settle());
    RETURN_IF_ERROR(session.replaceEntry(edit));
    ASSIGN_OR_RETURN(
        const auto second, stopOf(session, core::StepCause::Poke, core::editText(edit), first.snapshot));
    RETURN_IF_ERROR(recorder->add(second, gdb::codeAt(session, *second.snapshot)));
    return recorder->finish(session);
}

core::Result<ExitStatus> pokeGuest(const PokeOptions& options, gdb::GuestSession& session, Console& console)
{
    const auto snapshot = captureGuest(session, options.guest, console);
    console.clear();
    RETURN_IF_ERROR(snapshot);
    ASSIGN_OR_RETURN(const auto poke,
        options.undo.empty()
            ? findEdit(options.wish, **snapshot, session.symbols()).map([&](const core::EntryEdit& edit) {
                  return Poke{edit, "of " + options.wish.address};
              })
            : findUndo(options, console));
    if (!options.guest.json)
        show(poke, **snapshot);
    if (poke.edit.before == poke.edit.after) {
        console.remark("pgt: the entry has that value already");
        return ExitStatus::Done;
    }
    if (!confirmed(options))
        return core::failure(
            "poke the guest", "not confirmed; nothing was changed", "answer y, or give --yes");
    const std::string file = freeName(options);
    RETURN_IF_ERROR(writeRecorded(session, poke.edit, file, *snapshot));
    if (options.guest.json) {
        const core::EntryEdit& edit = poke.edit;
        std::cout << core::jsonBlock({{"entry", core::hexText(edit.entry.value)}, {"bytes", edit.bytes},
            {"before", core::hexText(edit.before)}, {"after", core::hexText(edit.after)}, {"output", file}})
                  << '\n';
        return ExitStatus::Done;
    }
    std::cout << "Written; recorded in " << file << ". Undo it with \"pgt poke --undo " << file << "\".\n";
    return ExitStatus::Done;
}

ExitStatus poke(const PokeOptions& options, Console& console)
{
    auto session = openGuest(options.guest, console);
    if (!session)
        return console.fail(session.error());
    const auto done = pokeGuest(options, **session, console);
    const auto left = (*session)->close();
    if (!done)
        return console.fail(done.error());
    return left ? *done : console.fail(left.error());
}

void checkWords(const PokeOptions& options)
{
    const bool bits = !options.wish.set.empty() || !options.wish.clear.empty();
    if (options.undo.empty() && options.wish.address.empty())
        throw CLI::RequiredError("ADDRESS or --undo");
    if (options.undo.empty() && options.wish.value.empty() == !bits)
        throw CLI::ValidationError("poke", "give either VALUE, or bits by --set and --clear");
}

} // namespace

void addPokeCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<PokeOptions>();
    CLI::App* command = app.add_subcommand("poke",
        "Change one paging-structure entry of a live guest, after confirmation; recorded, and can be undone");
    options->guest.addTo(*command);
    auto* address = command->add_option("ADDRESS", options->wish.address,

        "Linear address of the entry to change: a number, a symbol, or symbol+offset; or pa: and the "
        "physical address of the entry itself; a frame (frame:, mfn:, pfn:) means the linear address that "
        "maps it");
    auto* value = command->add_option("VALUE", options->wish.value, "New value of the entry");
    auto* set = command
                    ->add_option("--set", options->wish.set,
                        "Bits to set, instead of VALUE: p, rw, user, pwt, pcd, a, d, g, nx")
                    ->delimiter(',')
                    ->excludes(value);
    auto* clear = command->add_option("--clear", options->wish.clear, "Bits to clear")
                      ->delimiter(',')
                      ->excludes(value);
    command->add_option("--level", options->wish.level, "Level of the entry, 1 (PTE) to 5")
        ->capture_default_str()
        ->check(CLI::Range(1, 5));
    command->add_option("--undo", options->undo, "Undo the poke in this recording")
        ->check(CLI::ExistingFile)
        ->excludes(address)
        ->excludes(set)
        ->excludes(clear);
    command
        ->add_option(
            "-o,--output", options->file, "The recording to make, or to append to (default: poke-N.pgtrec)")
        ->check(hasName());
    command->add_flag("--yes", options->yes, "Do not ask for confirmation");
    command->parse_complete_callback([options] { checkWords(*options); });
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return poke(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
