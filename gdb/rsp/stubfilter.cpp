// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/rsp/stubfilter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gdb/rsp/rspconversation.h"

namespace pgtscope::gdb {

namespace {

constexpr std::string_view anyHexDigit = "0123456789abcdefABCDEF";

/// The debugger's answer to a call of the stub's: it failed with EPERM, which the protocol counts as 1.
constexpr std::string_view fileIoRefused = "F-1,1";
/// To a request whose reply the debugger must not see.
constexpr std::string_view failedReply = "E01";
/// More than any target description; a few lines that include themselves would keep gdb busy for ever.
constexpr std::size_t maxDescriptionBytes = 4U << 20U;

/// Requests of one letter, with what follows it.
constexpr std::string_view knownLetters = "?!cCsSDgGHkmMXxpPTzZ";
constexpr std::array<std::string_view, 17> knownRequests{"vCont", "vKill", "vMustReplyEmpty", "vAttach", "bc",
    "bs", "qAttached", "qC", "qSupported", "qfThreadInfo", "qsThreadInfo", "qThreadExtraInfo", "qRcmd",
    "qXfer:features:read", "QStartNoAckMode", "qqemu.", "Qqemu."};
/// Features whose announcement makes the debugger ask for nothing but the above.
constexpr std::array<std::string_view, 11> knownFeatures{"PacketSize", "qXfer:features:read",
    "vContSupported", "multiprocess", "QStartNoAckMode", "hwbreak", "swbreak", "ReverseStep",
    "ReverseContinue", "binary-upload", "error-message"};
/// Fields of a stop reply; not among them: exec, library, fork and their kin, at which gdb opens files.
constexpr std::array<std::string_view, 8> knownStopFields{
    "thread", "core", "watch", "rwatch", "awatch", "hwbreak", "swbreak", "replaylog"};

/// QEMU's hmp-commands.hx, and what its monitor calls by two names.
constexpr std::array<std::string_view, 13> readingCommands{"info", "help", "?", "x", "xp", "print", "p",
    "gva2gpa", "gpa2hva", "gpa2hpa", "qom-list", "qom-get", "sum"};

struct FileIoCall {
    std::string_view name;
    std::string_view meaning;
};
constexpr std::array<FileIoCall, 12> fileIoCalls{{{"open", "open a file"}, {"close", "close a file"},
    {"read", "read a file"}, {"write", "write to a file"}, {"lseek", "seek in a file"},
    {"rename", "rename a file"}, {"unlink", "remove a file"}, {"stat", "read a file's attributes"},
    {"fstat", "read a file's attributes"}, {"gettimeofday", "read the time"},
    {"isatty", "query the terminal"}, {"system", "run a command"}}};

bool isHex(std::string_view text) { return text.find_first_not_of(anyHexDigit) == std::string_view::npos; }

template <typename Names>
bool contains(const Names& names, std::string_view name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// The fields of "a;b;c" that `keep` wants.
template <typename Keep>
std::string keptFields(std::string_view fields, const Keep& wanted)
{
    std::string kept;
    while (!fields.empty()) {
        const std::string_view field = fields.substr(0, fields.find(';'));
        fields.remove_prefix(std::min(field.size() + 1, fields.size()));
        if (wanted(field))
            kept += std::string(field) + ';';
    }
    return kept;
}

std::string knownFeaturesOf(std::string_view features)
{
    std::string kept = keptFields(features, [](std::string_view feature) {
        return contains(knownFeatures, feature.substr(0, feature.find_first_of("=+-?")));
    });
    if (!kept.empty())
        kept.pop_back();
    return kept;
}

/// "T05thread:p01.01;…" without the fields that are not known. Registers are named by their numbers.
std::string knownStopReply(const std::string& reply)
{
    if (reply.front() != 'T')
        return reply;
    constexpr std::size_t fixed = 3;
    return reply.substr(0, fixed)
        + keptFields(std::string_view(reply).substr(fixed), [](std::string_view field) {
              const std::size_t colon = field.find(':');
              const std::string_view name = field.substr(0, colon);
              return colon != std::string_view::npos && !name.empty()
                  && (isHex(name) || contains(knownStopFields, name));
          });
}

/// What may end or accompany a run: gdb manual, "Stop Reply Packets", and an error or a refusal.
bool mayComeInRun(std::string_view payload)
{
    return payload.empty() || payload.front() == 'E' || payload.front() == 'N' || isConsoleOutput(payload);
}

} // namespace

bool monitorOnlyReads(std::string_view command)
{
    // QEMU ends at a zero byte, and takes any white space for a blank; no other control character is needed.
    const bool plain
        = std::all_of(command.begin(), command.end(), [](char c) { return c >= ' ' && c <= '~'; });
    command.remove_prefix(std::min(command.find_first_not_of(' '), command.size()));
    const std::string_view word = command.substr(0, command.find_first_of(" /"));
    return plain && (command.empty() || contains(readingCommands, word));
}

bool isKnownRequest(std::string_view request)
{
    if (request.empty())
        return false;
    if (knownLetters.find(request.front()) != std::string_view::npos)
        return true;
    return std::any_of(knownRequests.begin(), knownRequests.end(), [&](std::string_view known) {
        if (!request.starts_with(known))
            return false;
        // "qC" must not match "qCRC:", while "qqemu." is the prefix of all that QEMU adds.
        const std::string_view rest = request.substr(known.size());
        return known.ends_with('.') || rest.empty()
            || std::string_view(":;,?").find(rest.front()) != std::string_view::npos;
    });
}

void StubFilter::noteFileIo(std::string_view payload)
{
    if (std::exchange(m_refused, true))
        return;
    const std::string_view name = payload.substr(1, payload.find(',') - 1);
    const auto call = std::find_if(
        fileIoCalls.begin(), fileIoCalls.end(), [&](const FileIoCall& known) { return known.name == name; });
    m_refusal = "the gdbstub asked gdb to "
        + std::string(call != fileIoCalls.end() ? call->meaning : "make an unknown call")
        + " on this machine (File-I/O); it was refused, as all such requests are";
}

std::string StubFilter::takeRefusal() { return std::exchange(m_refusal, {}); }

StubVerdict StubFilter::judge(std::optional<std::string_view> request, bool running, std::string payload)
{
    using Kind = StubVerdict::Kind;
    // Digits of memory or registers may begin with F; no call is made of digits only.
    const bool call = payload.starts_with('F') && (running || !isHex(payload))
        && !(request && request->starts_with("vFile"));
    const bool refused = call && !m_fileIo;
    if (refused)
        noteFileIo(payload);
    if (refused && running)
        return {Kind::Refuse, std::string(fileIoRefused)};
    const bool stop = isStopReply(payload);
    if (stop)
        payload = knownStopReply(payload);
    if (running)
        return {call || stop || mayComeInRun(payload) ? Kind::Pass : Kind::Drop, std::move(payload)};
    // The debugger would take it for the reply to whatever it asks next.
    if (!request)
        return {stop ? Kind::Pass : Kind::Drop, std::move(payload)};
    return refused ? StubVerdict{Kind::Pass, std::string(failedReply)}
                   : judgeReply(*request, std::move(payload));
}

StubVerdict StubFilter::judgeReply(std::string_view request, std::string payload)
{
    using Kind = StubVerdict::Kind;
    // Only the monitor prints while the guest is stopped. To other requests it is no reply; bytes of memory
    // may look like it.
    if (isConsoleOutput(payload) && !request.starts_with("qRcmd,") && !request.starts_with('x'))
        return {Kind::Drop, std::move(payload)};
    // An empty reply means that the stub does not know the request.
    if (!isKnownRequest(request))
        return {Kind::Pass, {}};
    if (request.starts_with("qSupported"))
        return {Kind::Pass, knownFeaturesOf(payload)};
    if (request.starts_with("qXfer:")) {
        m_descriptionBytes += payload.size();
        if (m_descriptionBytes > maxDescriptionBytes)
            return {Kind::Pass, std::string(failedReply)};
    }
    return {Kind::Pass, std::move(payload)};
}

} // namespace pgtscope::gdb
