// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/recorder/bootcheckpoints.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/numbers.h"
#include "gdb/checkpoint/ramfile.h"

namespace pgtscope::gdb {

namespace {

std::uint64_t allocatedBytes(const RunningGuest& guest)
{
    const auto ram = RamFile::open(guest.ramFile, RamFile::For::Reading);
    return ram ? ram->allocated() : 0;
}

/// With one decimal place.
std::string tenths(std::uint64_t number, std::uint64_t unit)
{
    const std::uint64_t rounded = (number * 10 + unit / 2) / unit;
    return std::to_string(rounded / 10) + '.' + std::to_string(rounded % 10);
}

} // namespace

BootCheckpoints::BootCheckpoints(
    std::unique_ptr<CheckpointWriter> writer, const RunningGuest& guest, const CheckpointOptions& options)
    : m_writer(std::move(writer))
    , m_guest(guest)
    , m_options(options)
{
}

core::Result<std::unique_ptr<BootCheckpoints>> BootCheckpoints::create(const std::string& recording,
    const core::GuestDescription& description, const RunningGuest& guest, const CheckpointOptions& options)
{
    const std::string tried = "save checkpoints";
    if (guest.spec.accelerator != Accelerator::Tcg)
        return core::failure(tried, "a checkpoint can be restored under TCG only", "give --accel tcg");
    if (description.recipe.empty() || !guest.spec.beginsAfter.empty())
        return core::failure(tried, "such a guest cannot be booted again from its recording");
    ASSIGN_OR_RETURN(auto writer, CheckpointWriter::create(recording, description, options.space));
    return std::unique_ptr<BootCheckpoints>(new BootCheckpoints(std::move(writer), guest, options));
}

std::chrono::nanoseconds BootCheckpoints::ran() const
{
    return m_options.ran ? m_options.ran() : std::chrono::steady_clock::now() - m_begin;
}

bool BootCheckpoints::due() const
{
    const std::size_t made = m_writer->count() + m_writer->removed();
    if (made == 0 || m_options.distance.count() == 0)
        return true;
    // So that saving takes at most a fifth of the time, also where the disk or the host is slow.
    constexpr std::int64_t timesLonger = 4;
    const std::chrono::milliseconds usual(timesLonger * m_spent.count() / static_cast<std::int64_t>(made));
    return ran() - m_last >= std::max(m_options.distance, usual)
        || allocatedBytes(m_guest) >= m_allocated + m_options.growth;
}

void BootCheckpoints::at(
    const BootStop& stop, const BootStepper& stepper, const std::function<core::StepNumber()>& step)
{
    using namespace std::chrono_literals;
    using Clock = std::chrono::steady_clock;
    // Elsewhere more would have to be known: after the stop of a call that is skipped, it is skipped.
    const bool fit = stop.step.cause == core::StepCause::BootEvent
        || (stop.step.cause == core::StepCause::PgtBufChange && m_count + m_removed != 0);
    if (!m_writer || !fit || !due())
        return;
    const auto state = stepper.state();
    if (!state)
        return;
    const auto begin = Clock::now();
    const auto saved
        = m_writer->save(m_guest, step(), toJson(*state), WaitLimit::after(20s, m_options.cancel));
    m_spent += std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
    m_last = ran();
    m_allocated = allocatedBytes(m_guest);
    m_count = m_writer->count();
    m_removed = m_writer->removed();
    m_bytes = m_writer->bytes();
    if (saved)
        return;
    m_writer.reset();
    if (m_options.remark)
        m_options.remark("no more checkpoints: " + saved.error().message());
}

std::string BootCheckpoints::summary() const
{
    std::string text = core::groupedText(m_count) + (m_count == 1 ? " checkpoint, " : " checkpoints, ")
        + tenths(m_bytes, std::uint64_t{1} << 20) + " MiB, saved in "
        + tenths(static_cast<std::uint64_t>(m_spent.count()), 1000) + " s";
    if (m_removed != 0)
        text += "; " + core::groupedText(m_removed) + " older removed, for --checkpoint-space";
    return text;
}

} // namespace pgtscope::gdb
