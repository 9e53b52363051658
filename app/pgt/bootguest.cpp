// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/bootguest.h"

#include <algorithm>
#include <sstream>

#include "core/base/numbers.h"
#include "core/linux/events.h"
#include "gdb/boot/guestdeath.h"
#include "gdb/boot/unpacking.h"
#include "gdb/host/childprocess.h"
#include "gdb/host/files.h"
#include "gdb/qemu/bootrecipe.h"
#include "gdb/writes/writesplugin.h"

namespace pgtscope::pgt {

namespace {

/// "setup_arch:init_top_pgt:+rw,-nx"
std::string pokeExample()
{
    const core::BootEvent& event
        = core::firstEvent([](const core::BootEvent& each) { return each.begins == core::BootPhase::Setup; });
    const core::BootEvent& root = core::firstEvent([](const core::BootEvent& each) {
        return each.root == core::RootStage::Final && each.flavour == core::KernelFlavour::Bits64;
    });
    return std::string(event.name) + ':' + std::string(root.name) + ":+rw,-nx";
}

} // namespace

void BootGuestOptions::addTo(CLI::App& command)
{
    launch.addTo(command);
    command.add_option("--connect", connect,
        "Attach to a running guest (unix:PATH or HOST:PORT) and restore its run state afterwards; --kernel "
        "then gives its symbols");
    slide.addTo(command);
    command
        .add_option("--grain", sources,
            "What makes a step: event, pgt_buf, write; several with commas. write is every store into a page "
            "table, reported by a plugin in QEMU, together with event and pgt_buf; with --writes-in the "
            "guest is single-stepped instead")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->capture_default_str()
        ->check(CLI::IsMember({"event", "pgt_buf", "write"}));
    command.add_option("--writes-in", writesIn,
        "With --grain write: the function in which every write to a table page is a step, including the "
        "functions it calls");
    command.add_option("--skip", skip,
        "An experiment: FUNCTION, or its Nth call as FUNCTION:N, returns at once without running");
    command.add_option("--poke", poke,
        "An experiment: EVENT:ADDRESS:BITS, at this boot event, change the entry that maps the linear "
        "address without the guest's knowledge, e.g. "
            + pokeExample() + "; this is a step of its own");
    command.add_flag("--soft-breakpoints", softBreakpoints,
        "From the kernel's first C code to "
            + std::string(core::firstEventWith(core::PgtBufEffect::Freed).name)
            + ", stop at boot events by instructions in the guest's "
              "memory: for a guest that takes few breakpoints, as under KVM");
    command.add_option("--until", until, "End at this boot event (see \"pgt events\")");
    command.add_option("--patience", patienceSeconds, "Longest wait for the next step, in seconds")
        ->capture_default_str();
}

namespace {

core::Result<void> parseSkip(const std::string& text, gdb::EventSources& sources)
{
    const auto colon = text.find(':');
    sources.skips = text.substr(0, colon);
    if (colon == std::string::npos)
        return {};
    const auto call = core::parseNumber(text.substr(colon + 1));
    if (!call || *call == 0 || *call > 1'000'000)
        return core::failure("skip '" + text + "'", "the number of the call is not valid",
            "write FUNCTION:N with N from 1 to 1000000");
    sources.skipCall = static_cast<unsigned>(*call);
    return {};
}

core::Result<void> parsePoke(const std::string& text, std::optional<BootPoke>& poke)
{
    const auto first = text.find(':');
    const auto last = text.rfind(':');
    const std::string tried = "poke '" + text + "'";
    if (first == last)
        return core::failure(tried, "it does not name an event, an address and bits",
            "write EVENT:ADDRESS:+BIT or EVENT:ADDRESS:-BIT, several bits with commas");
    BootPoke parsed;
    parsed.event = text.substr(0, first);
    if (core::findBootEvent(parsed.event) == nullptr)
        return core::failure(
            tried, "there is no boot event '" + parsed.event + "'", "see \"pgt events\" for the names");
    parsed.wish.address = text.substr(first + 1, last - first - 1);
    std::istringstream words(text.substr(last + 1));
    for (std::string word; std::getline(words, word, ',');) {
        if (!word.starts_with('+') && !word.starts_with('-'))
            return core::failure(tried, "the bit '" + word + "' is neither set nor cleared",
                "write +" + word + " or -" + word);
        (word.starts_with('+') ? parsed.wish.set : parsed.wish.clear).push_back(word.substr(1));
    }
    poke = std::move(parsed);
    return {};
}

} // namespace

core::Result<BootRequest> BootGuestOptions::request() const
{
    if (!until.empty() && core::findBootEvent(until) == nullptr)
        return core::failure("stop at '" + until + "'", "there is no boot event of that name",
            "see \"pgt events\" for the names");
    const auto has = [this](const char* granularity) {
        return std::find(sources.begin(), sources.end(), granularity) != sources.end();
    };
    if (!writesIn.empty() && !has("write"))
        return core::failure("record the writes in " + writesIn, "--writes-in goes with --grain write");
    BootRequest request;
    request.sources.everyWrite = has("write") && writesIn.empty();
    if (request.sources.everyWrite && !connect.empty())
        return core::failure("record every write", "that needs a plugin in QEMU, and this QEMU runs already",
            "let pgt launch the guest, or name a function with --writes-in");
    if (launch.deterministic && !connect.empty())
        return core::failure("boot deterministically", "this QEMU runs already", "let pgt launch the guest");
    if (request.sources.everyWrite && launch.accel == "kvm")
        return core::failure("record every write",
            "that needs QEMU's TCG: under KVM no plugin sees what the guest executes",
            "leave --accel kvm out; under KVM --grain event,pgt_buf works, and --grain write with "
            "--writes-in "
            "FUNCTION");
    // Stops between the writes are where the replayed tables are compared with the guest's.
    request.sources.events = has("event") || request.sources.everyWrite;
    request.sources.pgtBuf = has("pgt_buf") || request.sources.everyWrite;
    request.sources.writesIn = writesIn;
    request.sources.softBreakpoints = softBreakpoints;
    RETURN_IF_ERROR(parseSkip(skip, request.sources));
    if (!poke.empty())
        RETURN_IF_ERROR(parsePoke(poke, request.poke));
    request.untilEvent = until;
    request.deterministic = launch.deterministic;
    // A guest that pgt launched ends with the recording.
    request.hearOut = connect.empty();
    request.oursAtTheEnd = !launch.name.empty() && launch.kernel.empty() && launch.initrd.empty();
    request.ourInitramfs = !launch.name.empty() && launch.initrd.empty();
    request.patienceSeconds = patienceSeconds;
    for (const std::string& granularity : sources)
        request.sourcesText += (request.sourcesText.empty() ? "" : ",") + granularity;
    return request;
}

namespace {

std::string sourcesText(const BootGuestOptions& options)
{
    const auto request = options.request();
    return request ? request->sourcesText : std::string();
}

ExitStatus statusOf(gdb::BootRunEnd end)
{
    return end == gdb::BootRunEnd::Died ? ExitStatus::Findings : ExitStatus::Done;
}

/// What it takes to boot the guest once more, for the recording; the spec gets the machine that it names. A
/// boot that need not be repeatable does without, and its launch names what is wrong.
core::Result<std::string> recipeOf(gdb::LaunchSpec& spec, const BootGuestOptions& options, Console& console)
{
    using namespace std::chrono_literals;
    auto recipe = gdb::bootRecipe(spec, gdb::WaitLimit::after(60s, &console.cancel()));
    if (spec.deterministic)
        RETURN_IF_ERROR(recipe);
    if (!recipe)
        return std::string();
    spec.machine = recipe->spec.machine;
    recipe->skip = options.skip;
    recipe->writesIn = options.writesIn;
    recipe->checkpoints = options.checkpoints;
    return gdb::recipeText(*recipe);
}

ExitStatus launched(const BootGuestOptions& options, const gdb::RunningGuest& guest,
    const std::string& recipe, Console& console, const BootWork& work)
{
    gdb::SessionOptions sessionOptions;
    sessionOptions.endpoint = guest.gdbEndpoint();
    sessionOptions.guest = guest;
    sessionOptions.remark = console.remarks();
    auto session = gdb::GuestSession::open(sessionOptions, console.cancel(), console.progress());
    if (!session)
        return console.fail(session.error());
    core::GuestDescription description = describeGuest(guest, sourcesText(options));
    description.recipe = recipe;
    const auto done = work({**session, guest.consoleLog(), description, &guest});
    const auto left = (*session)->close(gdb::EndState::Stopped);
    if (!done)
        return console.fail(done.error());
    // A cancelled session says so when it is closed; the guest is ended anyway.
    return left || console.cancel().cancelled() ? statusOf(*done) : console.fail(left.error());
}

ExitStatus launchAndWork(const BootGuestOptions& options, Console& console, const BootWork& work)
{
    using namespace std::chrono_literals;
    auto spec = launchSpecOf(options.launch, console);
    if (!spec)
        return console.fail(spec.error());
    // The events need their addresses before the kernel runs.
    spec->append += " nokaslr";
    spec->paused = true;
    const auto recipe = recipeOf(*spec, options, console);
    if (!recipe)
        return console.fail(recipe.error());
    if (options.request()->sources.everyWrite) {
        auto plugin = gdb::findWritesPlugin(spec->emulator, &console.cancel());
        if (!plugin)
            return console.fail(plugin.error());
        spec->writesPlugin = std::move(*plugin);
    }
    // Without it the boot's breakpoints do the same, at more cost.
    if (gdb::maybeStoppedByPlugin(*spec))
        spec->stopsPlugin
            = gdb::findWritesPlugin(spec->emulator, &console.cancel()).value_or(std::filesystem::path());
    const gdb::QemuLauncher launcher;
    const auto guest = launcher.launch(*spec, gdb::Lifetime::EndsWithUs, &console.cancel());
    if (!guest)
        return console.fail(guest.error());
    const auto begun = beginningOf(*guest, console);
    const ExitStatus status
        = begun ? launched(options, *guest, *recipe, console, work) : console.fail(begun.error());
    // Its log goes with the guest's directory.
    if (status == ExitStatus::Failed)
        if (const std::string words = gdb::lastLine(gdb::readStart(guest->qemuLog())); !words.empty())
            console.remark("QEMU's last line was: " + words);
    if (const auto stopped = launcher.stop(*guest, gdb::WaitLimit::after(10s)); !stopped)
        return console.fail(stopped.error());
    return status;
}

bool isDead(gdb::GuestSession& session)
{
    const auto now = session.capture({});
    gdb::GuestDeath death(session.target(), false);
    return now && !death.checkAlive(**now) && !death.why().empty();
}

ExitStatus attachAndWork(const BootGuestOptions& options, Console& console, const BootWork& work)
{
    const auto endpoint = gdb::parseEndpoint(options.connect);
    if (!endpoint)
        return console.fail(endpoint.error());
    gdb::SessionOptions sessionOptions;
    sessionOptions.endpoint = *endpoint;
    sessionOptions.kernelFile = options.launch.kernel;
    const auto slide = options.slide.value();
    if (!slide)
        return console.fail(slide.error());
    sessionOptions.slide = *slide;
    sessionOptions.remark = console.remarks();
    auto session = gdb::GuestSession::open(sessionOptions, console.cancel(), console.progress());
    if (!session)
        return console.fail(session.error());
    // The first capture finds where KASLR has put the kernel.
    const auto first = (*session)->capture({});
    if (!first)
        return console.fail(first.error());
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(options.patienceSeconds);
    const auto ready = gdb::runUntilUnpacked(**session, 0, end);
    if (!ready && !(*session)->target().ended() && !isDead(**session))
        return console.fail(ready.error());
    gdb::RunningGuest unknown;
    unknown.spec = {};
    unknown.spec.name = options.connect;
    auto description = describeGuest(unknown, sourcesText(options));
    description.kernel = std::filesystem::path(options.launch.kernel).filename().string();
    description.memoryBytes = (*session)->memory().ramMap().bytes();
    const auto done = work(
        {**session, {}, description, nullptr, (*session)->target().ended() ? *first : core::SnapshotPtr()});
    const auto left = (*session)->close();
    if (!done)
        return console.fail(done.error());
    return left ? statusOf(*done) : console.fail(left.error());
}

} // namespace

ExitStatus withBootGuest(const BootGuestOptions& options, Console& console, const BootWork& work)
{
    if (const auto request = options.request(); !request)
        return console.fail(request.error());
    return options.connect.empty() ? launchAndWork(options, console, work)
                                   : attachAndWork(options, console, work);
}

} // namespace pgtscope::pgt
