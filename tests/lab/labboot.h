// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tests/support/catch.h"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/rules/rule.h"
#include "gdb/boot/bootstepper.h"
#include "tests/support/kvmstub.h"
#include "tests/support/liveguest.h"
#include "tests/support/required.h"

namespace pgtscope::test {

/// The lab guest, or lab-xen, under the boot stepper, from its reset on. Every failure fails the test that
/// asked.
class LabBoot {
public:
    explicit LabBoot(const std::string& commandLine,
        const gdb::EventSources& sources = {.events = true, .pgtBuf = false, .writesIn = {}},
        const std::function<void(const gdb::RunningGuest&)>& prepare = {}, std::string_view guest = "lab",
        const std::optional<KvmStubTraits>& kvm = {},
        const std::function<void(gdb::LaunchSpec&)>& change = {})
        : m_guest(guest, [&](gdb::LaunchSpec& spec) {
            spec.append = commandLine;
            if (change)
                change(spec);
        })
    {
        if (prepare)
            prepare(m_guest.guest());
        gdb::SessionOptions options;
        options.endpoint = m_guest.guest().gdbEndpoint();
        if (kvm)
            options.endpoint = m_kvm.emplace(options.endpoint, *kvm).endpoint();
        options.guest = m_guest.guest();
        m_session = required(gdb::GuestSession::open(options, m_cancel));
        gdb::BootStepperOptions stepping;
        stepping.sources = sources;
        stepping.consoleLog = m_guest.guest().consoleLog();
        m_stepper = required(gdb::BootStepper::create(*m_session, stepping));
    }

    gdb::GuestSession& session() { return *m_session; }
    gdb::BootStepper& stepper() { return *m_stepper; }
    const KvmStub& kvm() const { return *m_kvm; }

    gdb::BootStop next()
    {
        auto stop = required(m_stepper->next(std::chrono::seconds(60)));
        REQUIRE(stop);
        return std::move(*stop);
    }
    /// Passes every stop up to the first for which `wanted` is true.
    gdb::BootStop until(const std::function<bool(const gdb::BootStop&)>& wanted)
    {
        for (;;) {
            gdb::BootStop stop = next();
            if (wanted(stop))
                return stop;
            const core::BootEvent* event = core::findBootEvent(stop.step.event);
            INFO("the boot ended at " << stop.step.event);
            REQUIRE_FALSE((event && event->halts));
        }
    }
    gdb::BootStop untilEvent(const std::string& name)
    {
        return until([&](const gdb::BootStop& stop) { return stop.step.event == name; });
    }
    gdb::BootStop untilEnd(std::uint64_t pgtBufEnd)
    {
        return until([&](const gdb::BootStop& stop) {
            const auto& epochs = stop.snapshot->pgtBuf().epochs;
            return !epochs.empty() && epochs.back().end.value == pgtBufEnd;
        });
    }
    gdb::BootStop runTo(const std::string& function)
    {
        auto stop = required(m_stepper->runTo(address(function), std::chrono::seconds(60)));
        REQUIRE(stop);
        return std::move(*stop);
    }
    core::LinearAddress address(const std::string& symbol) const
    {
        const auto found = m_session->symbols().find(symbol);
        REQUIRE(found);
        return *found;
    }
    /// Frame of a symbol of the image, which lies 0xffffffff80000000 below its linear address.
    core::FrameNumber frame(const std::string& symbol) const
    {
        return core::frameOf(core::PhysicalAddress(address(symbol).value - 0xffffffff80000000));
    }

private:
    core::CancelFlag m_cancel;
    LiveGuest m_guest;
    std::optional<KvmStub> m_kvm;
    std::unique_ptr<gdb::GuestSession> m_session;
    std::unique_ptr<gdb::BootStepper> m_stepper;
};

/// What one rule says of a stop.
inline core::RuleReport check(const gdb::BootStop& stop, const std::string& rule)
{
    const core::RuleContext context(stop.snapshot);
    const core::Rule* found = core::findRule(rule);
    REQUIRE(found);
    return std::move(core::checkRules(context, {found}).front());
}

/// The frames that a report marks with a state.
inline std::set<std::uint64_t> marked(const core::RuleReport& report, core::FindingState state)
{
    std::set<std::uint64_t> frames;
    for (const core::FindingMark& mark : report.marks)
        if (mark.state == state)
            frames.insert(mark.frame.value);
    return frames;
}

/// Frames of a range that are mapped at all, and of those the writable ones.
struct MappedFrames {
    std::size_t mapped = 0;
    std::size_t writable = 0;
    bool operator==(const MappedFrames&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const MappedFrames& frames)
{
    return out << frames.mapped << " mapped, " << frames.writable << " writable";
}

inline MappedFrames mappedFrames(const gdb::BootStop& stop, core::GuestFrameRange range)
{
    const core::RuleContext context(stop.snapshot);
    const core::FrameMappings& mappings = context.bufferMappings();
    MappedFrames result;
    for (std::size_t i = 0; i < mappings.frames().size(); ++i) {
        const auto page = stop.snapshot->guestFrame(mappings.frames()[i]);
        if (!page || !range.contains(*page))
            continue;
        result.mapped += mappings.tally(i).entries != 0 ? 1U : 0U;
        result.writable += mappings.tally(i).writable != 0 ? 1U : 0U;
    }
    return result;
}

inline MappedFrames spareFrames(const gdb::BootStop& stop)
{
    REQUIRE_FALSE(stop.snapshot->pgtBuf().epochs.empty());
    return mappedFrames(stop, stop.snapshot->pgtBuf().epochs.back().reserved());
}

/// Frames of the detached tables, by level.
inline std::set<std::uint64_t> detachedFrames(const gdb::BootStop& stop, unsigned level)
{
    std::set<std::uint64_t> frames;
    for (const core::Table& table : stop.snapshot->tables())
        if (table.origin == core::TableOrigin::Detached && table.level == level)
            frames.insert(table.frame().value);
    return frames;
}

inline std::set<std::uint64_t> frameSet(std::uint64_t begin, std::uint64_t end)
{
    std::set<std::uint64_t> frames;
    for (std::uint64_t frame = begin; frame < end; ++frame)
        frames.insert(frame);
    return frames;
}

} // namespace pgtscope::test
