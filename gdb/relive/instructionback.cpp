// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/relive/instructionback.h"

#include <algorithm>
#include <optional>

#include "core/base/numbers.h"
#include "core/steps/diff.h"
#include "gdb/qemu/qemulauncher.h"
#include "gdb/relive/liveposition.h"

namespace pgtscope::gdb {

using namespace std::chrono_literals;

namespace {

const char* const backTried = "step back by an instruction";

/// Where a guest is before its last instruction.
struct Earlier {
    std::uint64_t count = 0; ///< Instructions since the reset.
    core::LinearAddress rip; ///< Of that instruction, linear.
    std::size_t otherEntries = 0;
};

/// What it takes to find the place of a guest in the recorded boot, and the one before it.
class Back {
public:
    Back(const std::shared_ptr<core::Timeline>& recorded, const core::Snapshot& now,
        const InstructionPlace& place, LiveAgainOptions options, const LiveAgainTalk& talk,
        core::CancelFlag& cancel)
        : m_recorded(recorded)
        , m_now(now)
        , m_place(place)
        , m_options(std::move(options))
        , m_talk(talk)
        , m_cancel(cancel)
    {
    }

    /// `from`: the last recorded step that may be before it.
    core::Result<InstructionBack> run(core::StepNumber from)
    {
        const Lifetime wanted = m_options.lifetime;
        m_options.lifetime = Lifetime::EndsWithUs;
        ASSIGN_OR_RETURN(const auto earlier, find(from));
        m_options.lifetime = wanted;
        core::Result<void> came;
        ASSIGN_OR_RETURN(
            auto live, pass([&](InstructionRun& run, GuestSession&) { came = goTo(run, earlier); }));
        if (!came) {
            stop(live.guest);
            return tl::unexpected(came.error());
        }
        return InstructionBack{std::move(live), earlier.rip, earlier.count, earlier.otherEntries};
    }

private:
    using Then = std::function<void(InstructionRun&, GuestSession&)>;

    static void stop(const RunningGuest& guest) { (void)QemuLauncher().stop(guest, WaitLimit::after(10s)); }

    /// To the recorded stop, and on from there.
    core::Result<LiveAgain> pass(const Then& then)
    {
        core::Result<void> ran = core::failure(backTried,
            "at step " + std::to_string(m_options.step) + " the guest is not what was recorded",
            "pgt relive --step " + std::to_string(m_options.step) + " shows the difference");
        m_options.then = [&](GuestSession& session, BootStepper& stepper, const RunningGuest& guest) {
            auto run = InstructionRun::create(session, stepper, guest, m_options.patience);
            ran = run.map([](const InstructionRun&) {});
            if (run)
                then(*run, session);
        };
        ASSIGN_OR_RETURN(auto live, makeLive(m_recorded, m_options, m_talk, m_cancel));
        if (ran)
            return live;
        stop(live.guest);
        return tl::unexpected(ran.error());
    }

    core::Result<Earlier> find(core::StepNumber from)
    {
        for (m_options.step = from;; --m_options.step) {
            ASSIGN_OR_RETURN(m_options.step, lastRelivable(*m_recorded, m_options.step));
            core::Result<std::optional<Earlier>> found;
            ASSIGN_OR_RETURN(const auto live,
                pass([&](InstructionRun& run, GuestSession& session) { found = look(run, session); }));
            stop(live.guest);
            RETURN_IF_ERROR(found);
            if (*found)
                return **found;
            if (m_options.step == 0)
                return core::failure(backTried, "the recording begins where the guest is");
        }
    }

    /// nullopt: the recorded stop is not before the place.
    core::Result<std::optional<Earlier>> look(InstructionRun& run, GuestSession& session)
    {
        ASSIGN_OR_RETURN(const auto begin, run.place());
        if (begin.count >= m_place.count)
            return std::nullopt;
        RETURN_IF_ERROR(run.to(m_place.count));
        ASSIGN_OR_RETURN(const auto here, run.place());
        Earlier earlier{m_place.count - 1, run.before()};
        if (!registerDifference(m_place.registers, here.registers).empty()) {
            ASSIGN_OR_RETURN(earlier, lookInHandler(run));
        }
        ASSIGN_OR_RETURN(earlier.otherEntries, otherEntries(session));
        return earlier;
    }

    /// The guest is where an exception has led it, which is no instruction of its own.
    core::Result<Earlier> lookInHandler(InstructionRun& run)
    {
        ASSIGN_OR_RETURN(const auto at, run.at());
        const core::LinearAddress wanted = m_now.cpu().codeAddress();
        if (at != wanted)
            RETURN_IF_ERROR(run.enterHandler(wanted).map_error([](const core::Error& error) {
                return core::Error{backTried, error.happened, advice};
            }));
        ASSIGN_OR_RETURN(const auto here, run.place());
        const std::string difference = registerDifference(m_place.registers, here.registers);
        if (!difference.empty())
            return core::failure(backTried,
                "the guest went another way than the recorded boot: after " + std::to_string(m_place.count)
                    + " instructions it has " + difference,
                advice);
        return Earlier{m_place.count, at};
    }

    core::Result<std::size_t> otherEntries(GuestSession& session) const
    {
        CaptureRequest request;
        request.root = m_now.root();
        ASSIGN_OR_RETURN(const auto here, session.capture(request));
        core::DiffOptions options;
        options.mappings = false;
        return core::diffSnapshots(*here, m_now, options).tables.entries.size();
    }

    static core::Result<void> goTo(InstructionRun& run, const Earlier& earlier)
    {
        RETURN_IF_ERROR(run.to(earlier.count));
        ASSIGN_OR_RETURN(const auto at, run.at());
        return at == earlier.rip ? core::Result<void>() : run.enterHandler(earlier.rip);
    }

    static constexpr const char* advice
        = "what was changed by hand, or where it was stopped, led it elsewhere: pgt step --back goes to the "
          "previous event";

    const std::shared_ptr<core::Timeline>& m_recorded;
    const core::Snapshot& m_now;
    const InstructionPlace& m_place;
    LiveAgainOptions m_options;
    const LiveAgainTalk& m_talk;
    core::CancelFlag& m_cancel;
};

} // namespace

core::Result<void> canGoBackByInstruction(const LaunchSpec& spec)
{
    if (spec.accelerator != Accelerator::Tcg || spec.smp != 1)
        return core::failure(backTried, "QEMU counts the instructions of one CPU under TCG only");
    if (!spec.deterministic)
        return core::failure(backTried,
            "the recorded boot is not the same each time, so that no instruction is found again",
            "record the boot with --deterministic");
    return {};
}

core::Result<InstructionBack> makeLiveBefore(const std::shared_ptr<core::Timeline>& recorded,
    const LiveOrigin& origin, const RunningGuest& present, const core::Snapshot& now,
    const InstructionPlace& place, LiveAgainOptions options, const LiveAgainTalk& talk,
    core::CancelFlag& cancel)
{
    RETURN_IF_ERROR(canGoBackByInstruction(present.spec));
    const auto position = livePosition(*recorded, origin.step, now.cpu());
    // At a recorded stop, the previous one is where to count from.
    const core::StepNumber from = position && *position > 0 ? *position - 1 : origin.step;
    return Back(recorded, now, place, std::move(options), talk, cancel).run(from);
}

} // namespace pgtscope::gdb
