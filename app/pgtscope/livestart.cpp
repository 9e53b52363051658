// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/livestart.h"

#include <chrono>
#include <filesystem>
#include <fstream>

#include "app/pgtscope/sessions.h"
#include "core/report/recordingdiff.h"
#include "core/symbols/addressword.h"
#include "core/symbols/symbolcache.h"
#include "gdb/debian/guestfetch.h"
#include "gdb/qemu/bootrecipe.h"
#include "gdb/qemu/qemulauncher.h"
#include "gdb/recorder/branch.h"
#include "gdb/relive/liveagain.h"
#include "gdb/writes/writesplugin.h"
#include "views/model/text.h"

namespace pgtscope::app {

using namespace std::chrono_literals;

namespace {

/// ": " and the last line of a log; empty if it holds none.
std::string lastLineOf(const std::filesystem::path& log)
{
    std::ifstream file(log);
    std::string line;
    std::string last;
    while (std::getline(file, line))
        if (!line.empty())
            last = ": " + line;
    return last;
}

/// The spec gets the machine that the recipe names. A boot that cannot be repeated goes without.
std::string recipeOf(gdb::LaunchSpec& spec, const LiveSource& source, const core::CancelFlag& cancel)
{
    auto recipe = gdb::bootRecipe(spec, gdb::WaitLimit::after(60s, &cancel));
    if (!recipe)
        return {};
    spec.machine = recipe->spec.machine;
    recipe->checkpoints = source.checkpoints;
    return gdb::recipeText(*recipe);
}

core::Result<Reached> launch(const LiveSource& source, std::optional<gdb::RunningGuest>& launched,
    const LiveTalk& talk, const core::CancelFlag& cancel)
{
    ASSIGN_OR_RETURN(const auto recipe, gdb::findRecipe(source.recipe.toStdString()));
    ASSIGN_OR_RETURN(const auto fetched, gdb::fetchGuest(recipe, {}, talk.progress, &cancel));
    if (!fetched.note.empty())
        talk.notice(fetched.note);
    talk.progress("Starting QEMU", 0, 0);
    gdb::LaunchSpec spec = gdb::launchSpec(fetched);
    // The events need their addresses before the kernel runs.
    spec.append += " nokaslr";
    if (!source.append.isEmpty())
        spec.append += " " + source.append.toStdString();
    spec.paused = true;
    const std::string bootRecipe = recipeOf(spec, source, cancel);
    if (source.everyStore) {
        ASSIGN_OR_RETURN(auto plugin, gdb::findWritesPlugin(spec.emulator, &cancel));
        spec.writesPlugin = std::move(plugin);
    }
    // Without it the boot's breakpoints do the same, at more cost.
    if (gdb::maybeStoppedByPlugin(spec))
        spec.stopsPlugin = gdb::findWritesPlugin(spec.emulator, &cancel).value_or(std::filesystem::path());
    const auto guest = gdb::QemuLauncher().launch(spec, gdb::Lifetime::EndsWithUs, &cancel);
    RETURN_IF_ERROR(guest);
    launched = *guest;
    if (!spec.beginsAfter.empty())
        talk.progress("Waiting for dom0 to start", 0, 0);
    RETURN_IF_ERROR(gdb::runToBeginning(*guest, gdb::WaitLimit::after(10min, &cancel)));
    gdb::SessionOptions options;
    options.endpoint = guest->gdbEndpoint();
    options.guest = *guest;
    return Reached{std::move(options), {}, bootRecipe};
}

/// What the comparison with the recording has shown.
QString proofText(const gdb::LiveAgain& live, quint64 step)
{
    const QString where = live.relived.store
        ? views::Text::tr("Live right after the store of step %1").arg(step)
        : views::Text::tr("Live at step %1").arg(step);
    if (live.relived.difference.empty())
        return views::Text::tr("%1, identical to the recording").arg(where);
    const QString first
        = QString::fromStdString(core::stopDifferenceText(live.relived.difference, 1)).trimmed();
    return views::Text::tr("%1, not identical to the recording (recorded \u2192 here): %2").arg(where, first);
}

core::Result<Reached> makeLive(const LiveSource& source, std::optional<gdb::RunningGuest>& launched,
    const LiveTalk& talk, core::CancelFlag& cancel)
{
    gdb::LiveAgainOptions options;
    options.file = source.recording.toStdString();
    options.step = source.step;
    options.lifetime = gdb::Lifetime::EndsWithUs;
    ASSIGN_OR_RETURN(const auto recorded, core::Timeline::open(options.file));
    ASSIGN_OR_RETURN(const auto live, gdb::makeLive(recorded, options, {talk.progress, talk.notice}, cancel));
    launched = live.guest;
    gdb::SessionOptions session;
    session.endpoint = live.guest.gdbEndpoint();
    session.guest = live.guest;
    // A domain's recording has machine frames, and the variables have the domain's own.
    if (!live.relived.snapshot->xen())
        session.pgtBuf = live.relived.snapshot->pgtBuf();
    return Reached{std::move(session), proofText(live, source.step)};
}

} // namespace

core::Result<Reached> reachGuest(const LiveSource& source, std::optional<gdb::RunningGuest>& launched,
    const LiveTalk& talk, core::CancelFlag& cancel)
{
    if (!source.recording.isEmpty())
        return makeLive(source, launched, talk, cancel);
    if (!source.recipe.isEmpty())
        return launch(source, launched, talk, cancel);
    ASSIGN_OR_RETURN(const auto endpoint, gdb::parseEndpoint(source.endpoint.toStdString()));
    gdb::SessionOptions options;
    options.endpoint = endpoint;
    options.kernelFile = source.kernelFile.toStdString();
    return Reached{std::move(options)};
}

core::Result<core::LinearAddress> placeNamed(
    const std::string& name, const core::SymbolTable& symbols, const core::SnapshotPtr& latest)
{
    ASSIGN_OR_RETURN(const auto word, core::parseAddressWord(name, symbols));
    return latest ? core::linearAddressOf(word, *latest) : core::plainLinearAddress(word);
}

QStringList eventNames(const gdb::BootStepper* stepper)
{
    QStringList names;
    if (stepper != nullptr)
        for (const core::ResolvedEvent& event : stepper->events().available)
            names += QString::fromUtf8(
                event.event->name.data(), static_cast<qsizetype>(event.event->name.size()));
    names.removeDuplicates();
    return names;
}

core::Result<void> checkKernelFile(const std::string& file)
{
    ASSIGN_OR_RETURN(const auto kernel, core::SymbolCache().loadFile(file));
    return kernel.undecoded ? tl::unexpected(*kernel.undecoded) : core::Result<void>();
}

QString noSymbolsText()
{
    return views::Text::tr("The guest's kernel is not known: nothing has a name, and no boot event stops it. "
                           "Guest \u25b8 Symbols\u2026 loads them");
}

core::Error endedError(const gdb::RunningGuest& guest)
{
    return {"continue with the guest " + guest.id, "its QEMU has ended" + lastLineOf(guest.qemuLog()),
        "start a new guest; the recorded steps are kept"};
}

core::GuestDescription describeSession(const std::optional<gdb::RunningGuest>& launched,
    gdb::GuestSession& session, const LiveSource& source, const std::string& recipe)
{
    gdb::RunningGuest unknown;
    unknown.spec.name = source.endpoint.toStdString();
    core::GuestDescription description = gdb::describeGuest(launched.value_or(unknown),
        source.everyStore ? "event,pgt_buf,write" : "event,pgt_buf", "pgtscope " PGTSCOPE_VERSION);
    description.recipe = recipe;
    if (!launched)
        description.memoryBytes = session.memory().ramMap().bytes();
    return description;
}

core::Result<std::unique_ptr<gdb::Recorder>> sessionRecorder(const LiveSource& source,
    const std::optional<gdb::RunningGuest>& launched, gdb::GuestSession& session, const std::string& recipe,
    const LiveTalk& talk)
{
    ASSIGN_OR_RETURN(const auto path, sessionFile(source.name()));
    if (source.recording.isEmpty())
        return gdb::Recorder::create(path, describeSession(launched, session, source, recipe));
    ASSIGN_OR_RETURN(const auto parent, core::Timeline::open(source.recording.toStdString()));
    RETURN_IF_ERROR(gdb::makeBranch(*parent, source.step, path, "pgtscope " PGTSCOPE_VERSION, talk.progress));
    return gdb::Recorder::reopen(path);
}

std::unique_ptr<gdb::BootCheckpoints> sessionCheckpoints(const LiveSource& source,
    const gdb::RunningGuest& launched, const core::Timeline& session,
    std::function<std::chrono::nanoseconds()> ran, const LiveTalk& talk, const core::CancelFlag& cancel)
{
    const core::GuestDescription description = session.guest();
    // A guest that is live again has its parent's.
    if (!source.checkpoints || !source.recording.isEmpty() || description.recipe.empty()
        || !launched.spec.beginsAfter.empty())
        return nullptr;
    gdb::CheckpointOptions options;
    options.ran = std::move(ran);
    options.remark = talk.notice;
    options.cancel = &cancel;
    std::error_code error;
    const auto directory = std::filesystem::path(session.path()).parent_path();
    // Half of the room is the user's.
    if (const auto room = std::filesystem::space(directory, error);
        error || room.available / 2 < options.space) {
        talk.notice("No checkpoints are saved: there is little room in " + directory.string());
        return nullptr;
    }
    auto saved = gdb::BootCheckpoints::create(session.path(), description, launched, options);
    if (!saved)
        talk.notice(saved.error().message());
    return saved ? std::move(*saved) : nullptr;
}

QString connectionText(const gdb::Target& target, bool everyStore)
{
    QStringList connection;
    if (everyStore)
        connection += views::Text::tr("every store");
    // QEMU puts the name of the package right after its number: "7.2.22Debian 1:7.2+dfsg-7".
    if (const std::string& version = target.facts().version; !version.empty())
        connection += views::Text::tr("QEMU ")
            + QString::fromStdString(version.substr(0, version.find_first_not_of("0123456789.")));
    connection += QString::fromStdString(target.endpoint().text());
    return connection.join(QStringLiteral(" \u00b7 "));
}

LiveLimits limitsOf(const gdb::Target& target, const std::string& whyNoBoot)
{
    const gdb::StubAbilities& can = target.facts().can;
    LiveLimits limits;
    limits.boot = QString::fromStdString(whyNoBoot);
    if (!can.watchpoints)
        limits.pgtBuf = views::Text::tr("The guest's stub has no watchpoints");
    if (!can.interrupt)
        limits.stop
            = views::Text::tr("The guest's stub cannot stop it: pause the domain from dom0 (xl pause)");
    if (!can.staysStopped)
        limits.share = views::Text::tr("The guest's stub serves one connection only");
    if (!target.facts().physicalMode)
        limits.edit
            = views::Text::tr("The guest's stub cannot write to physical addresses, where entries are");
    return limits;
}

} // namespace pgtscope::app
