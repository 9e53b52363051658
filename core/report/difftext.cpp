// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/difftext.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/numbers.h"
#include "core/model/frametext.h"
#include "core/report/stepjson.h"
#include "core/rules/findingtext.h"

namespace pgtscope::core {

namespace {

/// `lines` up to `most`, then how many are left out.
template <class List, class Line>
std::string listText(const std::string& title, const List& list, std::size_t most, const Line& line)
{
    if (list.empty())
        return {};
    std::string text = title + ": " + groupedText(list.size()) + '\n';
    const std::size_t shown = std::min(list.size(), most);
    for (std::size_t i = 0; i < shown; ++i)
        text += "  " + line(list[i]) + '\n';
    if (list.size() > shown)
        text += "  and " + groupedText(list.size() - shown) + " more\n";
    return text;
}

std::string entryLine(const EntryChange& change)
{
    std::string text = physicalText(change.address)
        + (change.level() == 0 ? "" : " (level " + std::to_string(change.level()) + ")") + ": "
        + hexText(change.before) + " -> " + hexText(change.after);
    if (change.writer)
        text += ", written by "
            + (change.writer->symbol.empty() ? hexText(change.writer->rip.value) : change.writer->symbol);
    return text;
}

std::string tableLine(const TableChange& change)
{
    return physicalText(change.address) + " (level " + std::to_string(change.level) + ") "
        + std::string(changeText(change.kind)) + (change.detached ? ", detached" : "");
}

std::string mappedText(const std::optional<MappedAs>& mapped)
{
    return mapped ? physicalText(mapped->physical) + " " + rightsText(mapped->rights) : "not mapped";
}

std::string changedMapping(const MappingChange& change)
{
    const std::string size = change.bytes == 0 ? "all" : sizeText(change.bytes);
    const std::string text = hexText(change.begin.value) + " +" + size + ": ";
    if (change.sameAs)
        return text + "as at " + hexText(change.sameAs->value);
    return text + mappedText(change.before) + " -> " + mappedText(change.after);
}

std::string keyLine(const FindingKey& key)
{
    return key.rule + ": " + frameText(key.frame) + ", entry at " + physicalText(key.entry);
}

nlohmann::json keysJson(const std::vector<FindingKey>& keys)
{
    nlohmann::json list = nlohmann::json::array();
    for (const FindingKey& key : keys)
        list.push_back({{"rule", key.rule}, {"frame", hexText(key.frame.value)},
            {"entry", hexText(key.entry.value)}, {"key", key.text()}});
    return list;
}

} // namespace

std::string changesText(const StepChanges& changes, std::size_t most)
{
    return listText("entries changed", changes.entries, most, entryLine)
        + listText("tables", changes.tables, most, tableLine);
}

std::string mappingsText(const SnapshotDiff& diff, std::size_t most)
{
    return listText(
        "linear ranges with another mapping or other effective rights", diff.mappings, most, changedMapping);
}

std::string otherText(const OtherChanges& other)
{
    std::string text;
    for (const OtherChange& named : otherChanges())
        if (other.*named.flag)
            text += (text.empty() ? "also changed: " : ", ") + std::string(named.words);
    return text.empty() ? text : text + '\n';
}

std::string findingsText(const FindingDiff& findings, std::size_t most)
{
    return listText("findings that appeared", findings.appeared, most, keyLine)
        + listText("findings whose state changed", findings.changed, most, keyLine)
        + listText("findings resolved", findings.resolved, most, keyLine);
}

nlohmann::json diffJson(const SnapshotDiff& diff, const FindingDiff& findings)
{
    nlohmann::json json = changesJson(diff.tables);
    json["mappings"] = nlohmann::json::array();
    for (const MappingChange& change : diff.mappings)
        json["mappings"].push_back(mappingChangeJson(change));
    for (const OtherChange& named : otherChanges())
        json["other"][std::string(named.key)] = diff.other.*named.flag;
    json["findings"] = {{"appeared", keysJson(findings.appeared)}, {"went", keysJson(findings.resolved)},
        {"changed", keysJson(findings.changed)}};
    json["truncated"] = diff.entriesTruncated || diff.mappingsTruncated || !findings.complete;
    return json;
}

bool isEmpty(const SnapshotDiff& diff)
{
    return diff.tables.empty() && diff.mappings.empty() && diff.other == OtherChanges{};
}

} // namespace pgtscope::core
