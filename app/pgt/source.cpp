// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/source.h"

#include "core/base/numbers.h"
#include "core/model/assembly.h"
#include "core/model/frametext.h"
#include "core/recording/momentlink.h"
#include "core/symbols/symbolcache.h"

namespace pgtscope::pgt {

void SourceOptions::addTo(CLI::App& command, const std::string& operandName)
{
    guest.addTo(command);
    command.add_option("--step", step, "With a recording: this step instead of the last");
    const bool hasOperand = !operandName.empty();
    const std::string help
        = std::string("A recording (FILE.pgtrec, or FILE.pgtrec#step=N), instead of a live guest")
        + (hasOperand ? ", then " + operandName : "");
    command.add_option(hasOperand ? "words" : "file", words, help)
        ->option_text(hasOperand ? "[FILE] " + operandName : "[FILE]")
        ->expected(hasOperand ? 1 : 0, hasOperand ? 2 : 1)
        ->required(hasOperand);
    command.parse_complete_callback([this, hasOperand] { splitWords(hasOperand); });
}

namespace {

/// The place of a link as a user types it.
std::string placeWord(const core::MomentLink& link)
{
    if (link.address)
        return "va:" + core::hexText(link.address->value);
    return link.entry ? "pa:" + core::hexText(link.entry->value)
                      : "frame:" + core::hexText(link.frame->value);
}

} // namespace

/// Of "LINK" alone the operand is the link's place.
void SourceOptions::takeLink(bool hasOperand)
{
    if (words.empty())
        return;
    const auto link = core::parseMomentLink(words.front());
    if (hasOperand && words.size() == 1 && link && link->hasPlace())
        words.push_back(placeWord(*link));
    if (words.size() < (hasOperand ? 2U : 1U))
        return;
    if (const auto taken = takeMoment(words.front(), step); !taken)
        throw CLI::ValidationError(words.front(), taken.error().message());
}

void SourceOptions::splitWords(bool hasOperand)
{
    takeLink(hasOperand);
    const std::size_t operands = hasOperand ? 1 : 0;
    operand = hasOperand && !words.empty() ? words.back() : std::string();
    recording = words.size() > operands ? words.front() : std::string();
    if (recording.empty() && step)
        throw CLI::ValidationError("--step", "only a recording has steps: give its file");
    const bool live = !guest.connect.empty() || !guest.guest.empty() || guest.cpu != 0
        || !guest.channel.empty() || guest.physicalAddressBits != 0;
    if (!recording.empty() && live)
        throw CLI::ValidationError(recording,
            "a recording is of one CPU: --connect, --guest, --cpu, --channel and --maxphyaddr are for live "
            "guests");
}

core::Result<void> takeMoment(std::string& file, std::optional<core::StepNumber>& step)
{
    ASSIGN_OR_RETURN(const auto link, core::parseMomentLink(file));
    if (link.step && step && *link.step != *step)
        return core::failure("choose a step",
            "the link names step " + std::to_string(*link.step) + ", --step " + std::to_string(*step),
            "leave one of them out");
    file = link.file;
    if (link.step)
        step = link.step;
    return {};
}

core::Result<void> refuseMoment(const std::string& path)
{
    ASSIGN_OR_RETURN(const auto link, core::parseMomentLink(path));
    if (!link.wholeFile())
        return core::failure("read " + link.file + " as a whole", "the link names one moment of it",
            "leave out what follows the '#'");
    return {};
}

core::Result<std::shared_ptr<core::Timeline>> openTimeline(const std::string& path, Console& console)
{
    RETURN_IF_ERROR(refuseMoment(path));
    auto timeline = core::Timeline::open(path);
    if (!timeline)
        return timeline;
    if (const std::string damage = (*timeline)->damage(); !damage.empty())
        console.remark("pgt: " + path + ": " + damage);
    return timeline;
}

core::Result<core::StepNumber> stepOf(
    const core::Timeline& timeline, const std::optional<core::StepNumber>& wanted)
{
    const core::StepNumber size = timeline.size();
    if (size == 0)
        return core::failure("read " + timeline.path(), "it holds no step");
    if (wanted && *wanted >= size)
        return core::failure("read step " + std::to_string(*wanted) + " of " + timeline.path(),
            "it has steps 0 to " + std::to_string(size - 1));
    return wanted.value_or(size - 1);
}

core::Result<core::SymbolTable> symbolsOf(const core::Timeline& timeline, const std::string& kernelFile)
{
    auto recorded = timeline.symbols();
    if (!recorded || kernelFile.empty())
        return recorded;
    ASSIGN_OR_RETURN(auto kernel, core::SymbolCache().load(kernelFile));
    kernel.table.setSlide(recorded->slide());
    return std::move(kernel.table);
}

namespace {

std::string rootsText(const core::Snapshot& snapshot)
{
    const std::string root = core::physicalText(snapshot.root());
    return snapshot.otherRoot() == core::noTable
        ? "the root at " + root
        : "the roots at " + root + " and " + core::physicalText(*snapshot.otherHalf());
}

/// The step from another of the roots that it has the tables of.
core::Result<core::SnapshotPtr> fromRoot(
    const core::SnapshotPtr& snapshot, const std::string& cr3, const core::SymbolTable& symbols)
{
    ASSIGN_OR_RETURN(const auto asked, rootAsked(cr3, symbols, *snapshot));
    const core::PhysicalAddress root = snapshot->paging().root(asked.value);
    if (root == snapshot->root())
        return snapshot;
    if (root == snapshot->otherHalf())
        if (core::SnapshotPtr other = core::fromOtherHalf(*snapshot))
            return other;
    return core::failure("walk from the root " + cr3, "the step has the tables of " + rootsText(*snapshot));
}

/// As --cr3 chooses, if it is given.
core::Result<void> chooseRoot(const GuestOptions& options, const core::SymbolTable& symbols,
    core::SnapshotPtr& snapshot, core::SnapshotPtr& before)
{
    if (options.cr3.empty())
        return {};
    ASSIGN_OR_RETURN(auto chosen, fromRoot(snapshot, options.cr3, symbols));
    const bool other = chosen != snapshot;
    snapshot = std::move(chosen);
    if (core::SnapshotPtr half = other && before ? core::fromOtherHalf(*before) : core::SnapshotPtr())
        before = std::move(half);
    return {};
}

ExitStatus withStep(const SourceOptions& options, Console& console, const SceneWork& work)
{
    const auto timeline = openTimeline(options.recording, console);
    if (!timeline)
        return console.fail(timeline.error());
    const auto step = stepOf(**timeline, options.step);
    if (!step)
        return console.fail(step.error());
    auto snapshot = (*timeline)->snapshot(*step);
    if (!snapshot)
        return console.fail(snapshot.error());
    core::SnapshotPtr before;
    if (*step != 0) {
        const auto previous = (*timeline)->snapshot(*step - 1);
        if (!previous)
            return console.fail(previous.error());
        before = *previous;
    }
    const auto symbols = symbolsOf(**timeline, options.guest.kernel);
    if (!symbols)
        return console.fail(symbols.error());
    if (const auto chosen = chooseRoot(options.guest, *symbols, *snapshot, before); !chosen)
        return console.fail(chosen.error());
    const auto state = symbols->empty() ? core::SlideState::NotMapped : core::SlideState::Found;
    return work({*snapshot, before, *symbols, !symbols->empty(), state, *timeline, *step});
}

} // namespace

ExitStatus withScene(const SourceOptions& options, Console& console, const SceneWork& work)
{
    if (!options.recording.empty())
        return withStep(options, console, work);
    auto session = openReader(options.guest, console);
    if (!session)
        return console.fail(session.error());
    const auto snapshot = captureGuest(**session, options.guest, console);
    const std::string accelerator = options.asksAccelerator ? (*session)->accelerator() : std::string();
    // The guest is detached before anything is printed: a snapshot no longer needs it.
    const auto left = (*session)->detach();
    console.clear();
    if (!snapshot)
        return console.fail(snapshot.error());
    if ((*snapshot)->cpu().smm)
        console.remark(
            "the CPU is in SMM: CR3 and its tables are those of firmware's handler, not of the system");
    const ExitStatus status = work({*snapshot, nullptr, (*session)->symbols(), (*session)->placed(),
        (*session)->kernel().slideState(), nullptr, 0, accelerator});
    return left ? status : console.fail(left.error());
}

} // namespace pgtscope::pgt
