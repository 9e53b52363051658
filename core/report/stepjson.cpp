// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/stepjson.h"

#include <nlohmann/json.hpp>

#include "core/base/numbers.h"

namespace pgtscope::core {

namespace {

nlohmann::json mappedJson(const std::optional<MappedAs>& mapped)
{
    if (!mapped)
        return nullptr;
    return {{"pa", hexText(mapped->physical.value)}, {"rw", mapped->rights.write},
        {"user", mapped->rights.user}, {"nx", !mapped->rights.execute}};
}

} // namespace

nlohmann::json stepJson(const Step& step)
{
    nlohmann::json findings = nlohmann::json::object();
    for (const FindingCount& finding : step.findings)
        findings[finding.name] = finding.count;
    const ControlRegisters& control = step.cpu.control;
    return {{"step", step.number}, {"cause", causeText(step.cause)}, {"event", step.event},
        {"text", step.text}, {"time", step.time}, {"cpu", step.cpu.id}, {"rip", hexText(step.cpu.rip.value)},
        {"symbol", step.ripSymbol}, {"cr0", hexText(control.cr0)}, {"cr3", hexText(control.cr3)},
        {"cr4", hexText(control.cr4)}, {"efer", hexText(control.efer)}, {"findings", findings},
        {"console", step.console}};
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
        tables.push_back({{"change", changeText(change.kind)}, {"address", hexText(change.address.value)},
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
    for (const FrameRange& range : buffer.beyond)
        beyond.push_back({{"first", hexText(range.begin.value)}, {"frames", range.bytes()}});
    return {{"trust", trustText(buffer.trust)}, {"epochs", epochs}, {"beyond", beyond},
        {"enforced", buffer.enforced}};
}

nlohmann::json guestJson(const GuestDescription& guest)
{
    return {{"guest", guest.guest}, {"kernel", guest.kernel}, {"commandLine", guest.commandLine},
        {"machine", guest.machine}, {"grain", guest.grain}, {"recorder", guest.recorder},
        {"started", guest.started}, {"memoryBytes", guest.memoryBytes}};
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

std::string jsonLine(const nlohmann::json& json)
{
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string jsonBlock(const nlohmann::json& json)
{
    return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace pgtscope::core
