// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/relive/liveagain.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <sstream>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/base/wholefile.h"
#include "gdb/checkpoint/checkpoints.h"
#include "gdb/host/files.h"
#include "gdb/qemu/guestowner.h"
#include "gdb/qemu/qemulauncher.h"
#include "gdb/writes/writesplugin.h"

namespace pgtscope::gdb {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* originName = "live-again.json";
constexpr std::size_t largestOrigin = 65'536;

/// "FUNCTION" or "FUNCTION:N", as a recipe has it.
void takeSkip(const std::string& skip, EventSources& sources)
{
    const auto colon = skip.find(':');
    sources.skips = skip.substr(0, colon);
    if (colon != std::string::npos)
        std::from_chars(skip.data() + colon + 1, skip.data() + skip.size(), sources.skipCall);
}

/// The stops that were chosen for a recording, from what it says of itself.
EventSources sourcesOf(const core::GuestDescription& guest, const BootRecipe& recipe)
{
    std::istringstream words(guest.granularity);
    EventSources sources{.events = false, .pgtBuf = false};
    for (std::string word; std::getline(words, word, ',');) {
        sources.everyWrite = sources.everyWrite || (word == "write" && recipe.writesIn.empty());
        sources.events = sources.events || word == "event";
        sources.pgtBuf = sources.pgtBuf || word == "pgt_buf";
    }
    // Between the stores the recorder compared the tables at each of these.
    sources.events = sources.events || sources.everyWrite;
    sources.pgtBuf = sources.pgtBuf || sources.everyWrite;
    sources.writesIn = recipe.writesIn;
    takeSkip(recipe.skip, sources);
    return sources;
}

/// What it takes to make a recording's guest live again.
class Start {
public:
    Start(const core::Timeline& recorded, const LiveAgainOptions& options, const LiveAgainTalk& talk,
        core::CancelFlag& cancel)
        : m_recorded(recorded)
        , m_options(options)
        , m_talk(talk)
        , m_cancel(cancel)
    {
    }

    core::Result<LiveAgain> run()
    {
        const core::GuestDescription description = m_recorded.guest();
        ASSIGN_OR_RETURN(const auto recipe, bootRecipeFrom(description.recipe));
        m_reliving = {m_options.step, sourcesOf(description, recipe), {}, m_options.patience};
        RETURN_IF_ERROR(canRelive(m_recorded, m_reliving));
        ASSIGN_OR_RETURN(m_spec, specToRepeat(recipe, m_options.choices, WaitLimit::after(60s, &m_cancel)));
        waitForStore();
        RETURN_IF_ERROR(countInstructions());
        return live(recipe.checkpoints);
    }

private:
    void remark(const std::string& text) const
    {
        if (m_talk.remark)
            m_talk.remark(text);
    }

    /// Without the plugin a store is found by watchpoints. Guests of KVM have neither.
    void waitForStore()
    {
        const bool store = stopBefore(m_recorded, m_options.step, m_reliving.sources) != m_options.step;
        if (store && m_spec.accelerator == Accelerator::Tcg)
            m_spec.stopsPlugin = findWritesPlugin(m_spec.emulator, &m_cancel).value_or(fs::path());
    }

    core::Result<void> countInstructions()
    {
        if (m_options.then) {
            ASSIGN_OR_RETURN(m_spec.stopsPlugin, findWritesPlugin(m_spec.emulator, &m_cancel));
        }
        return {};
    }

    /// `had`: the recording was made with checkpoints. Most have none, which need not be said.
    core::Result<LiveAgain> live(bool had)
    {
        if (m_options.fromReset)
            return fromReset();
        std::error_code error;
        const fs::path folder = LiveFolder::pathFor(m_options.file);
        if (!fs::exists(fs::symlink_status(folder, error))) {
            if (had)
                remark("the recording's checkpoints are gone: there is no " + folder.string()
                    + "; the guest boots from its reset");
            return fromReset();
        }
        const auto checkpoints = Checkpoints::open(m_options.file, m_recorded.guest());
        const Checkpoint* nearest = checkpoints
            ? checkpoints->index().nearest(stopBefore(m_recorded, m_options.step, m_reliving.sources))
            : nullptr;
        if (checkpoints && !nearest)
            return fromReset();
        auto live = nearest ? fromCheckpoint(*checkpoints, *nearest)
                            : core::Result<LiveAgain>(tl::unexpected(checkpoints.error()));
        if (live || m_cancel.cancelled())
            return live;
        remark(live.error().message() + "; the guest boots from its reset");
        return fromReset();
    }

    using Prepare = std::function<core::Result<void>(const RunningGuest&)>;

    /// An Error leaves the way from reset.
    core::Result<LiveAgain> fromCheckpoint(const Checkpoints& checkpoints, const Checkpoint& nearest)
    {
        const auto boot = bootStateFrom(nearest.boot);
        if (!boot || nearest.step >= m_recorded.size())
            return core::failure("use the checkpoint of step " + std::to_string(nearest.step),
                "it says nothing sensible about the boot");
        ReliveOptions reliving = m_reliving;
        reliving.start = ReliveStart{nearest.step, *boot};
        LaunchSpec spec = m_spec;
        spec.incoming = true;
        const auto restore = [&](const RunningGuest& guest) {
            return checkpoints.restore(nearest, guest, WaitLimit::after(30s, &m_cancel));
        };
        ASSIGN_OR_RETURN(auto live, launch(spec, std::move(reliving), restore));
        live.checkpoint = nearest.step;
        return live;
    }

    core::Result<LiveAgain> fromReset()
    {
        return launch(m_spec, m_reliving, [](const RunningGuest&) { return core::Result<void>(); });
    }

    /// The guest lives on only if it is where it should be.
    core::Result<LiveAgain> launch(const LaunchSpec& spec, ReliveOptions reliving, const Prepare& prepare)
    {
        const QemuLauncher launcher;
        // Half restored, it is of no use to anyone.
        const bool stays = m_options.lifetime == Lifetime::Stays;
        ASSIGN_OR_RETURN(auto guest,
            launcher.launch(spec, stays ? Lifetime::StaysWhenReleased : m_options.lifetime, &m_cancel));
        reliving.consoleLog = guest.consoleLog();
        if (m_options.then)
            reliving.then = [&](GuestSession& session, BootStepper& stepper) {
                m_options.then(session, stepper, guest);
            };
        auto relived = prepare(guest)
                           .and_then([&] { return reliveIn(guest, reliving); })
                           .and_then([&](Relived done) -> core::Result<Relived> {
                               RETURN_IF_ERROR(noteOrigin(guest));
                               RETURN_IF_ERROR(stays ? setOwner(guest, std::nullopt) : core::Result<void>());
                               return done;
                           });
        if (relived)
            return LiveAgain{std::move(guest), std::move(*relived), std::nullopt, m_spec.deterministic};
        (void)launcher.stop(guest, WaitLimit::after(10s));
        return tl::unexpected(relived.error());
    }

    core::Result<Relived> reliveIn(const RunningGuest& guest, const ReliveOptions& reliving)
    {
        SessionOptions options;
        options.endpoint = guest.gdbEndpoint();
        options.guest = guest;
        options.remark = m_talk.remark;
        options.breakpointsSleep = false; // as a recorder's of a deterministic guest
        if (reliving.start) {
            ASSIGN_OR_RETURN(const auto restored, m_recorded.snapshot(reliving.start->step));
            options.pgtBuf = restored->pgtBuf();
        }
        ASSIGN_OR_RETURN(auto session, GuestSession::open(options, m_cancel, m_talk.progress));
        CodeWatch* const counter = session->target().codeWatch();
        if (m_options.then && counter)
            counter->lookAtInstructions(true);
        auto relived = relive(*session, m_recorded, reliving, m_talk.progress);
        if (counter)
            counter->lookAtInstructions(false);
        const auto left = session->close(EndState::Stopped);
        if (relived && !left)
            return tl::unexpected(left.error());
        return relived;
    }

    core::Result<void> noteOrigin(const RunningGuest& guest) const
    {
        std::error_code error;
        const std::string text = core::jsonLine(
            {{"file", fs::absolute(m_options.file, error).string()}, {"step", m_options.step}});
        return core::writeWhole(
            guest.directory / originName, core::Existing::Replace, text, core::NewFileMode::Private);
    }

    const core::Timeline& m_recorded;
    const LiveAgainOptions& m_options;
    const LiveAgainTalk& m_talk;
    core::CancelFlag& m_cancel;
    ReliveOptions m_reliving;
    LaunchSpec m_spec;
};

} // namespace

core::Result<core::StepNumber> lastRelivable(const core::Timeline& recorded, core::StepNumber step)
{
    const core::GuestDescription description = recorded.guest();
    ASSIGN_OR_RETURN(const auto recipe, bootRecipeFrom(description.recipe));
    ReliveOptions options{step, sourcesOf(description, recipe), {}};
    for (;; --options.step) {
        options.step = stopBefore(recorded, options.step, options.sources);
        const auto can = canRelive(recorded, options);
        if (can)
            return options.step;
        if (options.step == 0)
            return tl::unexpected(can.error());
    }
}

core::Result<LiveAgain> makeLive(const std::shared_ptr<core::Timeline>& recorded,
    const LiveAgainOptions& options, const LiveAgainTalk& talk, core::CancelFlag& cancel)
{
    return Start(*recorded, options, talk, cancel).run();
}

std::optional<LiveOrigin> liveOrigin(const RunningGuest& guest)
{
    const auto text = readWhole(guest.directory / originName, largestOrigin);
    if (!text)
        return std::nullopt;
    try {
        const json record = json::parse(*text, nullptr, false);
        return LiveOrigin{record.at("file").get<std::string>(), record.at("step").get<core::StepNumber>()};
    } catch (const json::exception&) {
        // Missing or of another type: as if it were not there.
        return std::nullopt;
    }
}

} // namespace pgtscope::gdb
