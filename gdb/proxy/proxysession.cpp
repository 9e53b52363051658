// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/proxy/proxysession.h"

#include <charconv>

#include "core/base/numbers.h"

namespace pgtscope::gdb {

namespace {

constexpr unsigned signalInterrupt = 2;

std::optional<std::uint64_t> hexNumber(std::string_view digits)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return error == std::errc() && end == digits.data() + digits.size() ? std::optional(value) : std::nullopt;
}

void readField(StopReply& reply, std::string_view name, std::string_view value)
{
    if (name == "watch" || name == "rwatch" || name == "awatch") {
        if (const auto address = hexNumber(value))
            reply.watched = core::LinearAddress(*address);
    } else if (name == "thread") {
        const std::size_t dot = value.find('.');
        const auto number = hexNumber(dot == std::string_view::npos ? value : value.substr(dot + 1));
        if (number && *number > 0 && *number <= 0xffff)
            reply.cpu = static_cast<unsigned>(*number - 1);
    }
}

bool isPgtBufVariable(std::string_view symbol)
{
    return symbol == core::pgtBufStart || symbol == core::pgtBufEnd || symbol == core::pgtBufTop;
}

} // namespace

std::optional<StopReply> parseStopReply(std::string_view payload)
{
    if (!isStopReply(payload) || (payload.front() != 'T' && payload.front() != 'S'))
        return std::nullopt;
    StopReply reply;
    reply.signal = static_cast<unsigned>(hexNumber(payload.substr(1, 2)).value_or(0));
    payload.remove_prefix(3);
    while (!payload.empty()) {
        const std::string_view field = payload.substr(0, payload.find(';'));
        payload.remove_prefix(std::min(field.size() + 1, payload.size()));
        if (const std::size_t colon = field.find(':'); colon != std::string_view::npos)
            readField(reply, field.substr(0, colon), field.substr(colon + 1));
    }
    return reply;
}

ProxySession::ProxySession(std::unique_ptr<ProxiedGuest> guest, ProxyOptions options,
    std::optional<core::KernelSymbols> kernel, core::CancelFlag& cancel)
    : GuestReader(std::move(guest), cancel)
    , m_proxied(static_cast<ProxiedGuest&>(this->guest()))
    , m_options(std::move(options))
    , m_kernel(std::move(kernel))
{
}

core::Result<std::unique_ptr<ProxySession>> ProxySession::open(
    const ProxyOptions& options, core::CancelFlag& cancel, const core::Progress& progress)
{
    ASSIGN_OR_RETURN(auto kernel, GuestKernel::load(options.session, progress));
    ASSIGN_OR_RETURN(auto guest, ProxiedGuest::start(options.session.endpoint, options.listening, &cancel));
    return std::unique_ptr<ProxySession>(
        new ProxySession(std::move(guest), options, std::move(kernel), cancel));
}

core::Result<std::optional<BootStop>> ProxySession::next(std::chrono::milliseconds time)
{
    const auto held = m_proxied.awaitStop(time);
    const std::string refusal = m_proxied.takeRefusal();
    if (!refusal.empty() && m_options.session.remark)
        m_options.session.remark(refusal);
    if (!held)
        return std::nullopt;
    auto stop = capture(*held);
    m_proxied.passStop();
    RETURN_IF_ERROR(stop);
    return std::move(*stop);
}

core::Result<BootStop> ProxySession::capture(const HeldStop& held)
{
    // Nothing can be asked of the guest before the first debugger has connected.
    if (!m_prepared)
        RETURN_IF_ERROR(prepare(m_options.session, m_kernel, nullptr));
    m_prepared = true;
    m_kernel.reset();
    const auto reply = parseStopReply(held.stop.reply);
    CaptureRequest request;
    request.cpu = reply && reply->cpu ? *reply->cpu : m_options.cpu;
    request.previous = m_previous;
    request.handedOut = held.stop.stepped || (reply && reply->watched);
    ASSIGN_OR_RETURN(auto snapshot, GuestReader::capture(request));
    BootStop stop;
    stop.step.cause = held.attached && !m_previous ? core::StepCause::Start : core::StepCause::UserStop;
    stop.step.time = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - m_began)
            .count());
    stop.step.cpu = snapshot->cpu();
    stop.step.ripSymbol = snapshot->ripSymbol();
    stop.snapshot = std::move(snapshot);
    name(stop, held);
    m_previous = stop.snapshot;
    return stop;
}

/// Fills in the reason for the stop, and the boot event if the guest is at one.
void ProxySession::name(BootStop& stop, const HeldStop& held)
{
    const auto reply = parseStopReply(held.stop.reply);
    const bool named = placed() && !symbols().empty();
    if (held.attached) {
        stop.step.text = "the debugger connected";
    } else if (reply && reply->watched) {
        const auto symbol = named ? symbols().at(*reply->watched) : std::nullopt;
        stop.step.text = "watchpoint at " + (symbol ? symbol->text() : core::hexText(reply->watched->value));
        if (symbol && isPgtBufVariable(symbol->text()))
            stop.step.cause = core::StepCause::PgtBufChange;
    } else if (held.stop.stepped) {
        stop.step.text = "single step";
    } else if (reply && reply->signal == signalInterrupt) {
        stop.step.text = "interrupted";
    } else {
        stop.step.text = "breakpoint";
    }
    if (!named || held.stop.stepped)
        return;
    for (const core::ResolvedEvent& known : core::resolveEvents(symbols()).available) {
        if (known.event->kind != core::BootEventKind::Function || known.address != stop.step.cpu.rip)
            continue;
        stop.step.event = known.event->name;
        if (stop.step.cause == core::StepCause::UserStop)
            stop.step.cause = core::StepCause::BootEvent;
    }
}

} // namespace pgtscope::gdb
