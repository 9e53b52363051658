// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/translationformat.h"

#include <array>

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/report/rightsjson.h"
#include "core/report/spaceword.h"
#include "core/rules/findingtext.h"
#include "core/walk/nestedmemory.h"

namespace pgtscope::core {

namespace {

struct AccessCase {
    AccessKind kind;
    bool user;
    std::string_view text; ///< For people.
    std::string_view key; ///< In JSON.
};

constexpr std::array<AccessCase, 6> accessCases{{
    {AccessKind::Read, false, "read  at CPL 0", "read_cpl0"},
    {AccessKind::Write, false, "write at CPL 0", "write_cpl0"},
    {AccessKind::Fetch, false, "fetch at CPL 0", "fetch_cpl0"},
    {AccessKind::Read, true, "read  at CPL 3", "read_cpl3"},
    {AccessKind::Write, true, "write at CPL 3", "write_cpl3"},
    {AccessKind::Fetch, true, "fetch at CPL 3", "fetch_cpl3"},
}};

std::string_view endKey(TranslationEnd end)
{
    switch (end) {
    case TranslationEnd::Mapped:
        return "mapped";
    case TranslationEnd::PagingOff:
        return "paging-off";
    case TranslationEnd::NotCanonical:
        return "not-canonical";
    case TranslationEnd::NotPresent:
        return "not-present";
    case TranslationEnd::ReservedBits:
        return "reserved-bits";
    case TranslationEnd::Gap:
        return "gap";
    }
    return "";
}

/// Where a nested guest's physical address is in the machine; empty for any other.
std::string machineText(const Snapshot& snapshot, PhysicalAddress physical)
{
    if (!snapshot.nested())
        return {};
    const auto machine = machineAddress(snapshot, physical);
    return machine ? " -> machine " + hexText(machine->value) : " (no nested entry maps it)";
}

void writeStep(std::ostream& out, const Snapshot& snapshot, const TranslationStep& step, Dialect dialect)
{
    const Paging& paging = snapshot.paging();
    const Entry& entry = step.entry;
    std::string name(levelName(paging, snapshot.table(step.table).level, dialect));
    name.resize(6, ' ');
    out << name << '[' << step.index << "] at " << spaceWord(snapshot) << hexText(step.entryAddress.value, 9)
        << ": " << hexText(entry.raw, paging.entryBytes() * 2) << "  " << entryBitsText(paging, entry)
        << '\n';
    if (!entry.present())
        return;
    out << "         -> " << (entry.isPage() ? "page " : "table ") << spaceWord(snapshot)
        << hexText(entry.target.value);
    if (entry.isPage())
        out << " (" << sizeText(paging.span(entry.level)) << ')';
    out << guestFrameText(snapshot.xen(), frameOf(entry.target)) << machineText(snapshot, entry.target);
    out << ", effective so far: " << rightsText(step.rights) << '\n';
    if (entry.reserved != 0)
        out << "         reserved and set: " << bitPositionsText(entry.reserved) << '\n';
}

void writeFaults(std::ostream& out, const Paging& paging, const Translation& translation)
{
    for (const AccessCase& access : accessCases) {
        const auto code = translation.pageFault(paging, access.kind, access.user);
        out << "  " << access.text << ": " << (code ? pageFaultText(*code) : "succeeds") << '\n';
    }
}

void writeOutcome(std::ostream& out, const Snapshot& snapshot, const Translation& translation)
{
    const Paging& paging = snapshot.paging();
    out << hexText(translation.linear.value);
    switch (translation.end) {
    case TranslationEnd::Mapped:
        out << " -> " << spaceWord(snapshot, "physical ") << hexText(translation.physical.value)
            << guestFrameText(snapshot.xen(), frameOf(translation.physical))
            << machineText(snapshot, translation.physical) << ", " << sizeText(translation.pageBytes)
            << " page, effective: " << rightsText(translation.rights) << '\n';
        break;
    case TranslationEnd::PagingOff:
        out << " -> physical " << hexText(translation.physical.value)
            << ": paging is off, linear addresses are physical addresses\n";
        return;
    case TranslationEnd::NotCanonical:
        out << " is not canonical with " << paging.linearBits()
            << "-bit linear addresses: every access is #GP(0)"
            << " (#SS(0) through SS)\n";
        return;
    case TranslationEnd::NotPresent:
        out << " is not mapped\n";
        break;
    case TranslationEnd::ReservedBits:
        out << " is not usable: an entry has reserved bits set\n";
        break;
    case TranslationEnd::Gap:
        out << " is unknown: the next table is " << stateText(translation.gap) << '\n';
        return;
    }
    writeFaults(out, paging, translation);
}

void addFrameNumbers(nlohmann::ordered_json& json, const XenState& xen, FrameNumber machine)
{
    const auto guest = xen.guestFrame(machine);
    json["mfn"] = hexText(machine.value);
    json["pfn"] = guest ? nlohmann::ordered_json(hexText(guest->value)) : nullptr;
}

void addMachineAddress(nlohmann::ordered_json& json, const Snapshot& snapshot, PhysicalAddress physical)
{
    if (!snapshot.nested())
        return;
    const auto machine = machineAddress(snapshot, physical);
    json["machine"] = machine ? nlohmann::ordered_json(hexText(machine->value)) : nullptr;
}

nlohmann::ordered_json stepJson(const Snapshot& snapshot, const TranslationStep& step, Dialect dialect)
{
    const Paging& paging = snapshot.paging();
    const unsigned level = snapshot.table(step.table).level;
    nlohmann::ordered_json json;
    json["level"] = level;
    json["name"] = levelName(paging, level, dialect);
    json["index"] = step.index;
    json["entry"] = hexText(step.entryAddress.value);
    json["raw"] = hexText(step.entry.raw);
    json["bits"] = entryBitsText(paging, step.entry);
    json["reserved"] = hexText(step.entry.reserved);
    if (!step.entry.present())
        return json;
    json["target"] = hexText(step.entry.target.value);
    if (const XenState* xen = snapshot.xen())
        addFrameNumbers(json, *xen, frameOf(step.entry.target));
    addMachineAddress(json, snapshot, step.entry.target);
    addRights(json, step.rights, "eff.");
    return json;
}

} // namespace

std::optional<Dialect> dialectByName(std::string_view name)
{
    if (name == "intel")
        return Dialect::Intel;
    if (name == "kernel")
        return Dialect::Kernel;
    if (name == "xen")
        return Dialect::Xen;
    return std::nullopt;
}

std::string_view levelName(const Paging& paging, unsigned level, Dialect dialect)
{
    const LevelNames names = paging.names(level);
    switch (dialect) {
    case Dialect::Intel:
        return names.intel;
    case Dialect::Kernel:
        return names.kernel;
    case Dialect::Xen:
        return names.xen;
    }
    return names.intel;
}

std::string_view tableName(const Paging& paging, unsigned level, Dialect dialect)
{
    return dialect == Dialect::Intel ? paging.names(level).intelTable() : levelName(paging, level, dialect);
}

void writeTranslationText(
    std::ostream& out, const Snapshot& snapshot, const Translation& translation, Dialect dialect)
{
    const Paging& paging = snapshot.paging();
    out << "linear " << hexText(translation.linear.value) << ", ";
    if (paging.enabled())
        out << paging.name() << " paging, root " << spaceWord(snapshot) << hexText(snapshot.root().value)
            << '\n';
    else
        out << "paging off\n";
    for (const TranslationStep& step : translation.steps)
        writeStep(out, snapshot, step, dialect);
    writeOutcome(out, snapshot, translation);
}

void writeTranslationJson(
    std::ostream& out, const Snapshot& snapshot, const Translation& translation, Dialect dialect)
{
    const Paging& paging = snapshot.paging();
    nlohmann::ordered_json json;
    json["format"] = "pgtscope.translation";
    json["version"] = 1;
    json["va"] = hexText(translation.linear.value);
    json["paging"] = paging.name();
    json["root"] = hexText(snapshot.root().value);
    json["outcome"] = endKey(translation.end);
    const bool mapped = translation.end == TranslationEnd::Mapped;
    if (mapped || translation.end == TranslationEnd::PagingOff)
        json["pa"] = hexText(translation.physical.value);
    if (mapped && snapshot.xen())
        addFrameNumbers(json, *snapshot.xen(), frameOf(translation.physical));
    if (mapped)
        addMachineAddress(json, snapshot, translation.physical);
    if (mapped) {
        json["size"] = translation.pageBytes;
        addRights(json, translation.rights, "eff.");
    }
    if (translation.end == TranslationEnd::Gap)
        json["gap"] = stateText(translation.gap);
    json["levels"] = nlohmann::ordered_json::array();
    for (const TranslationStep& step : translation.steps)
        json["levels"].push_back(stepJson(snapshot, step, dialect));
    for (const AccessCase& access : accessCases) {
        const auto code = translation.pageFault(paging, access.kind, access.user);
        json["faults"][std::string(access.key)] = code ? nlohmann::ordered_json(*code) : nullptr;
    }
    out << jsonOrdered(json, 2) << '\n';
}

} // namespace pgtscope::core
