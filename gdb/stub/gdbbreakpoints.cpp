// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/stub/gdbbreakpoints.h"

#include <algorithm>
#include <map>

#include "core/base/numbers.h"

namespace pgtscope::gdb {

using core::hexText;

namespace {

/// Debug registers that KVM gives a debugger.
constexpr unsigned kvmSlots = 4;

/// Where gdb has put a breakpoint.
std::vector<core::LinearAddress> placesOf(const MiValue& breakpoint)
{
    std::vector<core::LinearAddress> places;
    if (const auto address = breakpoint.numberOf("addr"))
        places.emplace_back(*address);
    if (const MiValue* locations = breakpoint.find("locations"))
        for (const MiResult& location : locations->items)
            if (const auto address = location.value.numberOf("addr"))
                places.emplace_back(*address);
    return places;
}

std::string numbersText(const std::vector<unsigned>& numbers)
{
    std::string text;
    for (const unsigned number : numbers)
        text += " " + std::to_string(number);
    return text;
}

} // namespace

void GdbBreakpoints::askForLimit()
{
    if (std::exchange(m_limitAsked, true) || !m_facts.can.monitor || !m_facts.can.hardwareBreakpoints
        || !m_facts.physicalMode)
        return;
    const auto answer = m_link.monitor("info kvm");
    m_limitKnown = answer && answer->find("kvm support: ") != std::string::npos;
    if (answer && answer->find("kvm support: enabled") != std::string::npos)
        m_budget.limitTo(kvmSlots);
}

bool GdbBreakpoints::limitKnown()
{
    askForLimit();
    return m_limitKnown;
}

void GdbBreakpoints::note(const MiRecord& record)
{
    if (record.name == "breakpoint-deleted") {
        if (const auto number = record.results.numberOf("id")) {
            m_budget.setForeign(static_cast<unsigned>(*number), false);
            if (const auto gone = m_users.extract(static_cast<unsigned>(*number)))
                m_deleted.insert(m_deleted.end(), gone.mapped().begin(), gone.mapped().end());
        }
        return;
    }
    const MiValue* breakpoint = record.results.find("bkpt");
    const auto number = breakpoint ? breakpoint->numberOf("number") : std::nullopt;
    if (!number)
        return;
    // "hw breakpoint", "hw watchpoint", "read watchpoint", "acc watchpoint"; gdb breakpoint.c, bptypes.
    const std::string_view type = breakpoint->textOf("type");
    const bool hardware = type.starts_with("hw ") || type == "read watchpoint" || type == "acc watchpoint";
    const bool enabled = breakpoint->textOf("enabled") == "y";
    m_budget.setForeign(static_cast<unsigned>(*number), hardware && enabled);
    if (!owns(static_cast<unsigned>(*number)))
        m_users[static_cast<unsigned>(*number)]
            = enabled ? placesOf(*breakpoint) : std::vector<core::LinearAddress>();
}

std::vector<unsigned> GdbBreakpoints::users() const
{
    std::vector<unsigned> numbers;
    for (const auto& [number, places] : m_users)
        numbers.push_back(number);
    return numbers;
}

bool GdbBreakpoints::usersAt(core::LinearAddress address) const
{
    const auto has = [address](const std::vector<core::LinearAddress>& places) {
        return std::find(places.begin(), places.end(), address) != places.end();
    };
    return has(m_deleted)
        || std::any_of(m_users.begin(), m_users.end(), [&](const auto& user) { return has(user.second); });
}

std::optional<unsigned> GdbBreakpoints::usersNumberAt(core::LinearAddress address) const
{
    const auto found = std::find_if(m_users.begin(), m_users.end(), [address](const auto& user) {
        return std::find(user.second.begin(), user.second.end(), address) != user.second.end();
    });
    return found == m_users.end() ? std::nullopt : std::optional(found->first);
}

/// What follows from a refusal: at least one fewer than was tried fit.
void GdbBreakpoints::learnFromRefusal()
{
    const unsigned tried = m_budget.used();
    const unsigned fits = tried > 1 ? tried - 1 : 1;
    m_budget.limitTo(std::min(m_budget.limit().value_or(fits), fits));
}

core::Result<void> GdbBreakpoints::applyAfterRefusal()
{
    if (!m_budget.limit())
        learnFromRefusal();
    return apply();
}

core::Result<void> GdbBreakpoints::learnFromRefusedResume()
{
    const auto before = m_budget.limit();
    learnFromRefusal();
    return m_budget.limit() != before ? core::Result<void>()
                                      : core::failure("run the guest", "its stub refuses every breakpoint",
                                          "remove those of other debuggers");
}

core::Result<void> GdbBreakpoints::apply(unsigned reserved)
{
    constexpr unsigned maxTries = 64;
    for (unsigned tries = 0; tries < maxTries; ++tries) {
        const BreakpointBudget::Changes changes = m_budget.changes(reserved);
        // gdb tries again whatever it could not insert: only the last answer counts.
        core::Result<MiRecord> done = MiRecord();
        if (!changes.off.empty())
            done = m_link.run("-break-disable" + numbersText(changes.off));
        if (!changes.on.empty())
            done = m_link.run("-break-enable" + numbersText(changes.on));
        if (done)
            return {};
        if (!isRefusedBreakpoint(done.error().happened))
            return tl::unexpected(done.error());
        if (changes.on.empty() || m_budget.used() <= 1)
            return {};
        learnFromRefusal();
    }
    return {};
}

/// Of a breakpoint that gdb has kept although the guest refused it; gdb counts them upwards.
std::optional<unsigned> GdbBreakpoints::latest()
{
    const auto list = m_link.run("-break-list");
    const MiValue* table = list ? list->results.find("BreakpointTable") : nullptr;
    const MiValue* body = table ? table->find("body") : nullptr;
    std::optional<unsigned> last;
    if (body)
        for (const MiResult& item : body->items)
            if (const auto number = item.value.numberOf("number"))
                last = std::max(last.value_or(0), static_cast<unsigned>(*number));
    return last;
}

core::Result<MiValue> GdbBreakpoints::insert(const std::string& tried, const std::string& place, bool asleep)
{
    askForLimit();
    const bool later = asleep || m_budget.limit().has_value();
    const std::string kind = m_facts.can.hardwareBreakpoints ? "-h " : "";
    auto inserted = m_link.run("-break-insert " + kind + (later ? "-d " : "") + place);
    if (!inserted && !later && isRefusedBreakpoint(inserted.error().happened)) {
        if (const auto refused = latest())
            (void)m_link.run("-break-delete " + std::to_string(*refused));
        m_budget.limitTo(m_budget.used());
        inserted = m_link.run("-break-insert " + kind + "-d " + place);
    }
    RETURN_IF_ERROR(inserted);
    const MiValue* breakpoint = inserted->results.find("bkpt");
    if (!breakpoint || !breakpoint->numberOf("number"))
        return core::failure(tried, "gdb gave it no number");
    return *breakpoint;
}

/// gdb keeps one that the stub could not write.
core::Result<MiValue> GdbBreakpoints::insertInMemory(const std::string& tried, const std::string& place)
{
    const auto inserted = m_link.run("-break-insert " + place);
    if (!inserted)
        if (const auto refused = latest(); refused && !owns(*refused) && !m_users.contains(*refused))
            (void)m_link.run("-break-delete " + std::to_string(*refused));
    RETURN_IF_ERROR(inserted);
    const MiValue* breakpoint = inserted->results.find("bkpt");
    if (!breakpoint || !breakpoint->numberOf("number"))
        return core::failure(tried, "gdb gave it no number");
    return *breakpoint;
}

core::Result<unsigned> GdbBreakpoints::add(
    unsigned number, std::vector<core::LinearAddress> places, BreakpointRank rank)
{
    const bool counted = m_facts.can.hardwareBreakpoints;
    m_budget.add(number, std::move(places), rank, !m_budget.limit() || !counted);
    // What is asked for first is tried at once: its Error belongs to it.
    RETURN_IF_ERROR(rank == askedRank ? apply() : core::Result<void>());
    return number;
}

core::Result<MiValue> GdbBreakpoints::insertAt(
    const std::string& tried, core::LinearAddress address, Kind kind)
{
    RETURN_IF_ERROR(m_link.expectStopped(tried));
    // An int3 that gdb finds there it takes for one of the guest's own, and from then on leaves the place by
    // adding one to the PC. Linux fills the init text that it frees with int3 (POISON_FREE_INITMEM), and a
    // breakpoint for a domain yet to start is set while dom0's text may lie there: gdb must not look. Not so
    // where gdb itself writes breakpoints, which it may not do to memory of that kind.
    const bool software = kind == Kind::Software;
    const bool hides = m_facts.can.hardwareBreakpoints && !software;
    RETURN_IF_ERROR(hides ? m_link.run(consoleCommand("mem 0 0 wo")) : MiRecord());
    const std::string place = "*" + hexText(address.value);
    auto breakpoint = software ? insertInMemory(tried, place) : insert(tried, place, kind == Kind::Asleep);
    RETURN_IF_ERROR(hides ? m_link.run(consoleCommand("mem auto")) : MiRecord());
    return breakpoint;
}

core::Result<unsigned> GdbBreakpoints::insertHardware(core::LinearAddress address, BreakpointRank rank)
{
    askForLimit();
    // Debug registers cost the guest nothing.
    const bool asleep = m_watch && !m_budget.limit() && m_watch->add(address);
    ASSIGN_OR_RETURN(const auto breakpoint,
        insertAt("set a breakpoint at " + hexText(address.value), address,
            asleep ? Kind::Asleep : Kind::Hardware));
    const auto number = static_cast<unsigned>(*breakpoint.numberOf("number"));
    if (!asleep)
        return add(number, {address}, rank);
    m_budget.add(number, {address}, rank, false);
    m_budget.setWanted(number, false);
    m_asleep.emplace(number, address);
    return number;
}

std::optional<unsigned> GdbBreakpoints::wake()
{
    if (!m_watch)
        return std::nullopt;
    const CodeWatch::Met met = m_watch->takeMet();
    std::optional<unsigned> held;
    for (auto one = m_asleep.begin(); one != m_asleep.end();) {
        const auto [number, place] = *one;
        if (std::find(met.places.begin(), met.places.end(), place) == met.places.end()) {
            ++one;
            continue;
        }
        m_budget.setWanted(number, true);
        one = m_asleep.erase(one);
        if (place == met.block && !held)
            held = number;
    }
    return held;
}

void GdbBreakpoints::wakeAll()
{
    for (const auto& [number, place] : m_asleep) {
        m_watch->remove(place);
        m_budget.setWanted(number, true);
    }
    m_asleep.clear();
}

/// It is about to go, or to be switched by hand.
void GdbBreakpoints::endSleep(unsigned number)
{
    const auto asleep = m_asleep.extract(number);
    if (!asleep)
        return;
    const bool shared = std::any_of(
        m_asleep.begin(), m_asleep.end(), [&](const auto& other) { return other.second == asleep.mapped(); });
    if (!shared)
        m_watch->remove(asleep.mapped());
}

core::Result<unsigned> GdbBreakpoints::insertSoftware(core::LinearAddress address)
{
    ASSIGN_OR_RETURN(const auto breakpoint,
        insertAt("set a software breakpoint at " + hexText(address.value), address, Kind::Software));
    const auto number = static_cast<unsigned>(*breakpoint.numberOf("number"));
    m_budget.addSoftware(number, {address});
    return number;
}

core::Result<unsigned> GdbBreakpoints::insertFunction(
    std::string_view function, std::vector<core::LinearAddress>& places, BreakpointRank rank)
{
    const std::string tried = "set a breakpoint at " + std::string(function);
    RETURN_IF_ERROR(m_link.expectStopped(tried));
    const auto breakpoint = insert(tried, "--function " + miQuoted(function));
    RETURN_IF_ERROR(breakpoint);
    const std::vector<core::LinearAddress> found = placesOf(*breakpoint);
    places.insert(places.end(), found.begin(), found.end());
    return add(static_cast<unsigned>(*breakpoint->numberOf("number")), places, rank);
}

core::Result<unsigned> GdbBreakpoints::insertWatch(
    core::LinearAddress address, unsigned bytes, WatchKind kind)
{
    const std::string tried = "watch " + std::to_string(bytes) + " bytes at " + hexText(address.value);
    RETURN_IF_ERROR(m_link.expectStopped(tried));
    if (!m_facts.can.watchpoints)
        return core::failure(
            tried, "this stub has no watchpoints", "stop at a function, or step instructions");
    const std::map<unsigned, std::string> types{
        {1, "unsigned char"}, {2, "unsigned short"}, {4, "unsigned int"}, {8, "unsigned long long"}};
    const auto type = types.find(bytes);
    if (type == types.end() || (address.value & (bytes - 1)) != 0)
        return core::failure(tried, "a watchpoint covers 1, 2, 4 or 8 aligned bytes");
    const char* option = kind == WatchKind::Write ? "" : kind == WatchKind::Read ? "-r " : "-a ";
    askForLimit();
    // gdb inserts it at once: there has to be room by then.
    RETURN_IF_ERROR(apply(1));
    ASSIGN_OR_RETURN(auto inserted,
        m_link.run("-break-watch " + std::string(option)
            + miQuoted("*(" + type->second + "*)" + hexText(address.value))));
    for (const char* name : {"wpt", "hw-rwpt", "hw-awpt"})
        if (const MiValue* watchpoint = inserted.results.find(name))
            if (const auto number = watchpoint->numberOf("number")) {
                m_budget.add(static_cast<unsigned>(*number), {address}, askedRank, true, true);
                return static_cast<unsigned>(*number);
            }
    return core::failure(tried, "gdb gave it no number");
}

core::Result<void> GdbBreakpoints::remove(unsigned number)
{
    RETURN_IF_ERROR(m_link.expectStopped("remove breakpoint " + std::to_string(number)));
    endSleep(number);
    m_budget.remove(number);
    auto removed = m_link.run("-break-delete " + std::to_string(number));
    if (!removed && !isRefusedBreakpoint(removed.error().happened))
        RETURN_IF_ERROR(removed);
    return {};
}

core::Result<void> GdbBreakpoints::enable(unsigned number, bool enabled)
{
    const std::string tried
        = (enabled ? "enable breakpoint " : "disable breakpoint ") + std::to_string(number);
    RETURN_IF_ERROR(m_link.expectStopped(tried));
    endSleep(number);
    m_budget.setWanted(number, enabled);
    return apply();
}

} // namespace pgtscope::gdb
