// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/stepjson.h"

#include <nlohmann/json.hpp>

#include "core/base/numbers.h"
#include "core/report/rightsjson.h"
#include "core/steps/stepfields.h"
#include "core/timeline/branchparent.h"

namespace pgtscope::core {

namespace {

/// Scripts know a table's removal as "went".
std::string_view changeKey(TableChangeKind kind)
{
    return kind == TableChangeKind::Removed ? "went" : changeText(kind);
}

nlohmann::json mappedJson(const std::optional<MappedAs>& mapped)
{
    if (!mapped)
        return nullptr;
    nlohmann::json json{{"pa", hexText(mapped->physical.value)}};
    addRights(json, mapped->rights);
    return json;
}

void put(nlohmann::json& json, std::string_view name, StepCause cause) { json[name] = causeText(cause); }
void put(nlohmann::json& json, std::string_view name, std::uint64_t number) { json[name] = number; }
void put(nlohmann::json& json, std::string_view name, const std::string& text) { json[name] = text; }

void put(nlohmann::json& json, std::string_view name, const std::vector<FindingCount>& findings)
{
    nlohmann::json counts = nlohmann::json::object();
    nlohmann::json broken = nlohmann::json::object();
    for (const FindingCount& finding : findings) {
        counts[finding.name] = finding.count;
        if (finding.broken != 0)
            broken[finding.name] = finding.broken;
    }
    json[name] = std::move(counts);
    json["broken"] = std::move(broken);
}

/// Its registers are keys beside its number.
void put(nlohmann::json& json, std::string_view name, const CpuState& cpu)
{
    json[name] = cpu.id;
    json["rip"] = hexText(cpu.rip.value);
    json["cr0"] = hexText(cpu.control.cr0);
    json["cr3"] = hexText(cpu.control.cr3);
    json["cr4"] = hexText(cpu.control.cr4);
    json["efer"] = hexText(cpu.control.efer);
}

} // namespace

nlohmann::json stepJson(const Step& step)
{
    nlohmann::json json{{"step", step.number}};
    forEachStepField([&](const auto& fact) { put(json, fact.name, step.*fact.member); });
    return json;
}

nlohmann::json entryChangeJson(const EntryChange& change)
{
    nlohmann::json json{{"address", hexText(change.address.value)}, {"bytes", change.bytes},
        {"level", change.level()}, {"before", hexText(change.before)}, {"after", hexText(change.after)},
        {"writer", nullptr}};
    if (change.writer)
        json["writer"] = {{"rip", hexText(change.writer->rip.value)}, {"symbol", change.writer->symbol},
            {"bytes", change.writer->bytes}};
    return json;
}

nlohmann::json changesJson(const StepChanges& changes)
{
    nlohmann::json entries = nlohmann::json::array();
    for (const EntryChange& change : changes.entries)
        entries.push_back(entryChangeJson(change));
    nlohmann::json tables = nlohmann::json::array();
    for (const TableChange& change : changes.tables)
        tables.push_back({{"change", changeKey(change.kind)}, {"address", hexText(change.address.value)},
            {"level", change.level}, {"detached", change.detached}});
    return {{"entries", entries}, {"tables", tables}};
}

nlohmann::json mappingChangeJson(const MappingChange& change)
{
    nlohmann::json json{{"begin", hexText(change.begin.value)}, {"bytes", hexText(change.bytes)},
        {"before", mappedJson(change.before)}, {"after", mappedJson(change.after)}, {"sameAs", nullptr}};
    if (change.sameAs)
        json["sameAs"] = hexText(change.sameAs->value);
    return json;
}

nlohmann::json pgtBufJson(const PageTableBuffer& buffer)
{
    nlohmann::json epochs = nlohmann::json::array();
    for (const PgtBufEpoch& epoch : buffer.epochs)
        epochs.push_back({{"start", hexText(epoch.start.value)}, {"end", hexText(epoch.end.value)},
            {"top", hexText(epoch.top.value)}, {"startRecovered", epoch.startRecovered}});
    nlohmann::json beyond = nlohmann::json::array();
    for (const GuestFrameRange& range : buffer.beyond)
        beyond.push_back({{"first", hexText(range.begin.value)}, {"frames", range.bytes()}});
    return {{"trust", trustText(buffer.trust)}, {"epochs", epochs}, {"beyond", beyond},
        {"enforced", buffer.enforced}};
}

nlohmann::json guestJson(const GuestDescription& guest)
{
    nlohmann::json json{{"guest", guest.guest}, {"kernel", guest.kernel}, {"commandLine", guest.commandLine},
        {"machine", guest.machine}, {"grain", guest.granularity}, {"recorder", guest.recorder},
        {"started", guest.started}, {"rules", guest.rules}, {"memoryBytes", guest.memoryBytes}};
    if (const auto parent = branchParent(guest))
        json["branchOf"] = {{"file", parent->file}, {"step", parent->step}};
    return json;
}

nlohmann::json annotationJson(const Annotation& annotation)
{
    return {{"step", annotation.step},
        {"kind", annotation.kind == AnnotationKind::Chapter ? "chapter" : "note"},
        {"title", annotation.title}, {"text", annotation.text}};
}

std::string_view trustText(PgtBufTrust trust)
{
    switch (trust) {
    case PgtBufTrust::Absent:
        return "absent";
    case PgtBufTrust::NotYet:
        return "not yet";
    case PgtBufTrust::Live:
        return "live";
    case PgtBufTrust::HandedBack:
        return "handed back";
    case PgtBufTrust::Stale:
        return "stale";
    }
    return "absent";
}

} // namespace pgtscope::core
