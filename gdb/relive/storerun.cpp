// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/relive/storerun.h"
#include "gdb/relive/liveposition.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "core/base/numbers.h"
#include "core/walk/walk.h"

namespace pgtscope::gdb {

namespace {

/// Of one entry: a kernel maps its tables a few times at most.
constexpr std::size_t maxWatched = 16;

std::string triedText(core::StepNumber step) { return "bring a guest to step " + std::to_string(step); }

/// The one entry that the step's instruction changed.
std::optional<core::EntryChange> storedEntry(const core::Step& step, const core::StepChanges& changes)
{
    std::optional<core::EntryChange> found;
    for (const core::EntryChange& change : changes.entries) {
        if (!change.writer || change.writer->rip != step.cpu.rip || change.before == change.after)
            continue;
        if (found)
            return std::nullopt;
        found = change;
    }
    return found;
}

bool maps(const core::Paging& paging, const core::Entry& entry, core::PhysicalAddress wanted)
{
    return entry.mapsPage() && entry.target <= wanted && wanted - entry.target < paging.span(entry.level);
}

/// The tables on the way to a page, by TableId: a table's are of a lower level.
std::vector<bool> tablesLeadingTo(const core::Snapshot& snapshot, core::PhysicalAddress wanted)
{
    const core::Paging& paging = snapshot.paging();
    const auto tables = snapshot.tables();
    std::vector<bool> leads(tables.size());
    for (unsigned level = 1; level <= paging.levels(); ++level)
        for (core::TableId id = 0; id < tables.size(); ++id) {
            if (tables[id].level != level)
                continue;
            for (const core::EntryAt& at : tables[id].entries(paging)) {
                const core::TableId child = snapshot.child(at.entry);
                if (maps(paging, at.entry, wanted) || (child != core::noTable && leads[child]))
                    leads[id] = true;
            }
        }
    return leads;
}

/// Linear addresses of a place in memory.
struct Finder {
    const core::Paging& paging;
    core::PhysicalAddress wanted;
    std::vector<bool> leads;
    std::vector<core::LinearAddress> found = {};

    core::WalkAction table(const core::WalkedEntry&, core::TableId child) const
    {
        return leads[child] ? core::WalkAction::Continue : core::WalkAction::Skip;
    }
    core::WalkAction page(const core::WalkedEntry& walked)
    {
        if (maps(paging, walked.entry, wanted))
            found.push_back(walked.linear + (wanted - walked.entry.target));
        return found.size() < maxWatched ? core::WalkAction::Continue : core::WalkAction::Stop;
    }
};

/// Those of the entry by the tables of that moment. Before paging there is no other than the physical one.
std::vector<core::LinearAddress> linearAddresses(const core::Snapshot& snapshot, core::PhysicalAddress entry)
{
    if (!snapshot.paging().enabled())
        return {core::LinearAddress(entry.value)};
    Finder finder{snapshot.paging(), entry, tablesLeadingTo(snapshot, entry)};
    (void)core::walk(snapshot, finder);
    return std::move(finder.found);
}

core::Result<std::uint64_t> valueOf(GuestSession& session, const core::EntryChange& entry)
{
    std::array<std::byte, sizeof(std::uint64_t)> bytes{};
    core::PhysicalRead read{entry.address, std::span(bytes).first(entry.bytes)};
    RETURN_IF_ERROR(session.memory().read(std::span(&read, 1)));
    std::uint64_t value = 0;
    if (!read.ok)
        return core::failure("read the entry at " + core::hexText(entry.address.value), "it is not in RAM");
    std::memcpy(&value, bytes.data(), entry.bytes);
    return value;
}

/// Watchpoints, for as long as this lives.
class Watched {
public:
    explicit Watched(GuestSession& session)
        : m_session(session)
    {
    }
    ~Watched() { (void)remove(); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    core::Result<void> insert(const std::vector<core::LinearAddress>& addresses, unsigned bytes)
    {
        for (const core::LinearAddress address : addresses) {
            ASSIGN_OR_RETURN(
                const auto number, m_session.target().insertWatchpoint(address, bytes, WatchKind::Write));
            m_numbers.push_back(number);
        }
        return {};
    }
    bool owns(const std::optional<unsigned>& number) const
    {
        return number && std::find(m_numbers.begin(), m_numbers.end(), *number) != m_numbers.end();
    }
    core::Result<void> remove()
    {
        for (; !m_numbers.empty(); m_numbers.pop_back())
            RETURN_IF_ERROR(m_session.target().removeBreakpoint(m_numbers.back()));
        return {};
    }

private:
    GuestSession& m_session;
    std::vector<unsigned> m_numbers;
};

} // namespace

core::Result<RecordedStore> recordedStore(
    const core::Timeline& recorded, core::StepNumber step, core::StepNumber stop)
{
    ASSIGN_OR_RETURN(const auto at, recorded.step(step));
    ASSIGN_OR_RETURN(const auto changes, recorded.changes(step));
    const auto change = storedEntry(at, changes);
    if (!change)
        return core::failure(triedText(step),
            changes.empty() ? "the stores there changed nothing" : "it is no store into one entry",
            "choose the previous stop, step " + std::to_string(stop));
    RecordedStore store{step, *change, {}, {}};
    std::set<core::LinearAddress> writers;
    for (core::StepNumber number = stop + 1; number <= step; ++number) {
        ASSIGN_OR_RETURN(const auto each, recorded.changes(number));
        for (const core::EntryChange& other : each.entries)
            if (other.address == change->address && other.writer && other.before != other.after) {
                store.values.push_back(other.after);
                writers.insert(other.writer->rip);
            }
    }
    store.writers.assign(writers.begin(), writers.end());
    return store;
}

core::StopDifference differenceAfter(
    const RecordedStore& store, const core::Step& step, const core::Snapshot& recorded, const BootStop& here)
{
    core::StopDifference difference = core::diffStops(step, recorded, step, *here.snapshot);
    // A store has the control registers of the previous stop; what of them matters to tables, root and mode,
    // is compared.
    difference.tables.other.controlRegisters = false;
    // The kernel's regions and Xen's types of frames are those of the previous stop.
    difference.tables.other.linearRegions = false;
    difference.tables.other.physicalRegions = false;
    difference.tables.other.xen = false;
    std::erase_if(difference.tables.tables.entries, [](const auto& entry) { return entry.flagsOnly(); });
    // The recorder looks for detached tables at stops: one that was filled since the last is not known to it.
    std::erase_if(difference.tables.tables.tables, [](const core::TableChange& change) {
        return change.detached && change.kind == core::TableChangeKind::Appeared;
    });
    const core::LinearAddress rip = store.change.writer->rip;
    const core::LinearAddress at = here.snapshot->cpu().rip;
    // A string instruction that is not done yet is where it was.
    if (at.value - rip.value > longestInstruction)
        difference.facts.push_back({"instruction", core::hexText(rip.value), core::hexText(at.value)});
    return difference;
}

bool awaitByPlugin(GuestSession& session, const RecordedStore& store)
{
    const auto pieces = session.target().ram();
    const RamPiece* piece = pieces ? pieceAt(*pieces, store.change.address, store.change.bytes) : nullptr;
    if (!piece)
        return false;
    const std::uint64_t offset = piece->offset + (store.change.address - piece->range.begin);
    return session.target().watchStores(
        {store.change.address, offset, store.change.bytes, store.writers, store.values});
}

namespace {

/// What runs a guest to a store, from stop to stop.
struct StoreRun {
    GuestSession& session;
    BootStepper& stepper;
    const RecordedStore& store;
    std::chrono::milliseconds patience;

    /// To the next stop that is wanted.
    core::Result<void> next(const std::function<bool(const StopEvent&)>& wanted) const
    {
        for (;;) {
            // An entry of a fixmap is stored thousands of times: what is on the way is not captured.
            RETURN_IF_ERROR(session.target().resume());
            ASSIGN_OR_RETURN(const auto stop, session.target().waitForStop(patience));
            if (wanted(stop))
                return {};
            ASSIGN_OR_RETURN(const auto met, stepper.met(stop));
            if (met)
                return core::failure(triedText(store.step),
                    "the guest came to the next stop without that store: it was stored through an address "
                    "that the tables do not show",
                    "choose the previous stop");
        }
    }
};

/// In a page that has a breakpoint QEMU translates instruction by instruction: the guest can stop after each.
core::Result<void> runByPlugin(const StoreRun& run)
{
    Target& target = run.session.target();
    const core::LinearAddress inside = run.store.change.writer->rip + 1;
    ASSIGN_OR_RETURN(const auto breakpoint, target.insertHardwareBreakpoint(inside));
    target.countStores(true);
    const auto stopped
        = run.next([](const StopEvent& stop) { return stop.reason == StopEvent::Reason::Stores; });
    target.countStores(false);
    RETURN_IF_ERROR(stopped);
    return target.removeBreakpoint(breakpoint);
}

core::Result<void> runByWatchpoints(const StoreRun& run, const core::Timeline& recorded)
{
    ASSIGN_OR_RETURN(const auto tables, recorded.snapshot(run.store.step));
    const auto addresses = linearAddresses(*tables, run.store.change.address);
    if (addresses.empty())
        return core::failure(triedText(run.store.step),
            "the recording's tables do not map the entry that is stored there", "choose the previous stop");
    Watched watched(run.session);
    RETURN_IF_ERROR(watched.insert(addresses, run.store.change.bytes));
    for (std::size_t done = 0; done < run.store.values.size();) {
        RETURN_IF_ERROR(run.next([&](const StopEvent& stop) { return watched.owns(stop.number); }));
        ASSIGN_OR_RETURN(const auto value, valueOf(run.session, run.store.change));
        if (value == run.store.values[done])
            ++done;
    }
    return watched.remove();
}

/// Between two stops CR3 is not recorded. A kernel that patches its text is on tables of its own meanwhile.
core::Result<void> lookFrom(core::PhysicalAddress root, GuestSession& session, BootStop& here)
{
    const core::PhysicalAddress now = here.snapshot->root();
    if (now == root)
        return {};
    CaptureRequest request;
    request.root = root;
    request.kernelRoot = true;
    request.previous = here.snapshot;
    ASSIGN_OR_RETURN(here.snapshot, session.capture(request));
    session.target().remark("CR3 is " + core::hexText(now.value)
        + " at this store, of which the recording has no CR3: the tables are compared from its root, "
        + core::hexText(root.value));
    return {};
}

} // namespace

core::Result<BootStop> runToStore(GuestSession& session, BootStepper& stepper, const core::Timeline& recorded,
    const RecordedStore& store, bool byPlugin, std::chrono::milliseconds patience)
{
    const StoreRun run{session, stepper, store, patience};
    RETURN_IF_ERROR(byPlugin ? runByPlugin(run) : runByWatchpoints(run, recorded));
    ASSIGN_OR_RETURN(auto here, stepper.captureNow(core::StepCause::UserStop, {}));
    ASSIGN_OR_RETURN(const auto tables, recorded.snapshot(store.step));
    RETURN_IF_ERROR(lookFrom(tables->root(), session, here));
    return here;
}

} // namespace pgtscope::gdb
