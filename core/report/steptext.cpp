// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/steptext.h"

#include <algorithm>

#include "core/base/numbers.h"
#include "core/linux/events.h"
#include "core/rules/rule.h"
#include "core/steps/findingcounts.h"

namespace pgtscope::core {

std::string stepPlaceText(StepNumber step, StepNumber size)
{
    const std::string text = "step " + std::to_string(step);
    if (step + 1 >= size)
        return text + ", the last";
    return text + " of 0\u2013" + std::to_string(size - 1);
}

std::string pgtBufText(const Snapshot& snapshot)
{
    const PageTableBuffer& buffer = snapshot.pgtBuf();
    if (buffer.epochs.empty())
        return {};
    const PgtBufEpoch& epoch = buffer.epochs.back();
    std::string text = std::string(snapshot.xen() ? "pgt_buf pfn " : "pgt_buf ") + hexText(epoch.start.value)
        + ".." + hexText(epoch.top.value) + ", " + groupedText(epoch.end - epoch.start) + " of "
        + countText(epoch.top - epoch.start, "page")
        + (epoch.end - epoch.start == 1 ? " is a table" : " are tables");
    if (buffer.epochs.size() > 1)
        text += ", epoch " + std::to_string(buffer.epochs.size());
    std::uint64_t beyond = 0;
    for (const GuestFrameRange& range : buffer.beyond)
        beyond += range.bytes();
    if (beyond != 0)
        text += ", " + groupedText(beyond) + " more taken from memblock";
    if (buffer.trust == PgtBufTrust::HandedBack)
        text += "; the rest was handed back";
    if (buffer.trust == PgtBufTrust::Stale)
        text += "; the variables are freed, these were their last valid values";
    return text;
}

namespace {

/// "2 violations of w-x (writable and executable)"; of what this version does not know, as it was recorded.
std::string findingCountText(const FindingCount& finding, std::uint32_t count)
{
    const auto [rule, state] = countedName(finding.name);
    return state ? stateCountText(*state, count) + " of " + ruleLabelText(rule)
                 : finding.name + ' ' + groupedText(count);
}

} // namespace

std::string ruleLabelText(std::string_view name)
{
    const Rule* rule = findRule(name);
    return rule ? rule->label() : std::string(name);
}

std::string findingCountsText(std::span<const FindingCount> findings)
{
    std::string broken;
    std::string others;
    const auto add = [](std::string& list, const FindingCount& finding, std::uint32_t count) {
        if (count != 0)
            list += (list.empty() ? "" : ", ") + findingCountText(finding, count);
    };
    for (const FindingCount& finding : findings) {
        add(broken, finding, finding.broken);
        add(others, finding, finding.count - std::min(finding.broken, finding.count));
    }
    if (others.empty())
        return broken.empty() ? broken : "broken: " + broken;
    return (broken.empty() ? "" : "broken: " + broken + "; ") + "not broken: " + others;
}

namespace {

std::string changesText(const StepChanges& changes)
{
    const auto appeared = std::count_if(changes.tables.begin(), changes.tables.end(),
        [](const TableChange& c) { return c.kind == TableChangeKind::Appeared; });
    const auto removed = std::count_if(changes.tables.begin(), changes.tables.end(),
        [](const TableChange& c) { return c.kind == TableChangeKind::Removed; });
    std::string text = countText(changes.entries.size(), "entry") + " changed";
    if (appeared != 0)
        text += ", " + countText(static_cast<std::uint64_t>(appeared), "table") + " appeared";
    if (removed != 0)
        text += ", " + groupedText(static_cast<std::uint64_t>(removed)) + " removed";
    return text;
}

std::string tablesText(const Snapshot& snapshot)
{
    if (!snapshot.paging().enabled())
        return "paging is off";
    std::string text = std::string(snapshot.paging().name()) + " paging, root "
        + hexText(snapshot.root().value) + ", " + countText(snapshot.tableFrames(), "table page");
    const auto tables = snapshot.tables();
    const auto detached = std::count_if(
        tables.begin(), tables.end(), [](const Table& t) { return t.origin == TableOrigin::Detached; });
    if (detached != 0)
        text += ", " + groupedText(static_cast<std::uint64_t>(detached)) + " of them detached";
    return text;
}

std::string headline(const Step& step)
{
    std::string text = step.event.empty() ? std::string(causeText(step.cause)) : step.event;
    if (!step.text.empty())
        text += ": " + step.text;
    return text;
}

/// The last line that the guest printed, without what a terminal would act on.
std::string lastConsoleLine(const std::string& console)
{
    const auto end = console.find_last_not_of("\r\n ");
    if (end == std::string::npos)
        return {};
    const auto newline = console.find_last_of("\r\n", end);
    std::string line = console.substr(newline == std::string::npos ? 0 : newline + 1, end - newline);
    std::erase_if(line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
    return line.substr(0, 100);
}

void writeLine(std::ostream& out, const std::string& text)
{
    if (!text.empty())
        out << "       " << text << '\n';
}

} // namespace

void writeStepText(std::ostream& out, const Step& step, const Snapshot& snapshot, const StepChanges* changes)
{
    const std::string number = std::to_string(step.number);
    out << std::string(number.size() < 5 ? 5 - number.size() : 0, ' ') << number << "  " << headline(step)
        << '\n';
    if (const BootEvent* event = findBootEvent(step.event))
        writeLine(out, std::string(event->meaning));
    std::string place = "at " + (step.ripSymbol.empty() ? step.cpu.codeAddressText() : step.ripSymbol);
    writeLine(out, place + "; " + tablesText(snapshot));
    if (changes && !changes->empty())
        writeLine(out, changesText(*changes));
    writeLine(out, pgtBufText(snapshot));
    writeLine(out, findingCountsText(step.findings));
    if (const std::string line = lastConsoleLine(step.console); !line.empty())
        writeLine(out, "console: " + line);
}

} // namespace pgtscope::core
