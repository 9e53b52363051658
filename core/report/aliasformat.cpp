// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/aliasformat.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/model/frametext.h"
#include "core/report/rightsjson.h"
#include "core/rules/findingtext.h"
#include "core/walk/unreadtables.h"

namespace pgtscope::core {

namespace {

std::string rightsColumns(Rights rights)
{
    std::string text = rightsText(rights);
    text.resize(std::string_view("RW user NX").size(), ' ');
    return text;
}

std::string placeText(const Paging& paging, const Alias& alias)
{
    const std::string first = hexText(alias.linear.value, paging.linearBits() == 32 ? 8 : 16);
    const std::string_view half = halfText(alias.reach.half);
    const std::string in = half.empty() ? "" : " in " + std::string(half);
    if (alias.reach.detached)
        return "in a detached table: no linear address yet";
    if (alias.reach.paths == 1)
        return first + in;
    return "reached at " + groupedText(alias.reach.paths) + " linear addresses, the first " + first + in;
}

/// The frame's number as its owner counts; null where it has none.
std::string guestFrameJson(const Snapshot& snapshot, FrameNumber frame)
{
    const auto guest = guestFrameOf(snapshot.xen(), frame);
    return guest ? '"' + hexText(guest->value) + '"' : "null";
}

nlohmann::ordered_json aliasJson(const Paging& paging, const Alias& alias, Dialect dialect)
{
    nlohmann::ordered_json json;
    json["va"] = nullptr;
    if (!alias.reach.detached)
        json["va"] = hexText(alias.linear.value);
    json["paths"] = alias.reach.paths;
    json["detached"] = alias.reach.detached;
    json["level"] = alias.entry.level;
    json["name"] = levelName(paging, alias.entry.level, dialect);
    json["size"] = paging.span(alias.entry.level);
    json["entry"] = hexText(alias.entryAddress.value);
    json["raw"] = hexText(alias.entry.raw);
    addRights(json, alias.entry.rights);
    addRights(json, alias.rights, "eff.");
    if (alias.reach.half != IsolationHalf::None)
        json["half"] = halfName(alias.reach.half);
    return json;
}

} // namespace

void writeAliasesText(std::ostream& out, const Snapshot& snapshot, FrameNumber frame,
    std::span<const Alias> aliases, Dialect dialect)
{
    const Paging& paging = snapshot.paging();
    const XenState* xen = snapshot.xen();
    out << frameText(frame) << guestFrameText(xen, frame) << " at " << (xen ? "machine " : "physical ")
        << hexText(addressOf(frame).value) << ": ";
    if (const XenTable* typed = xen ? xen->table(frame) : nullptr)
        out << frameTypeText(typed->type) << (typed->pinned ? ", pinned; " : "; ");
    if (!paging.enabled()) {
        out << "paging is off: the linear address is the physical address\n";
        return;
    }
    const auto gaps = unreadTables(snapshot);
    if (aliases.empty())
        out << (gaps.empty() ? "not mapped\n" : "not mapped in what could be read\n");
    else
        out << countText(aliases.size(), "entry") << (aliases.size() == 1 ? " maps it\n" : " map it\n");
    for (const Alias& alias : aliases) {
        out << "  " << rightsColumns(alias.rights) << "  " << sizeText(paging.span(alias.entry.level)) << "  "
            << levelName(paging, alias.entry.level, dialect) << " at " << hexText(alias.entryAddress.value, 9)
            << "  " << placeText(paging, alias) << '\n';
    }
    if (!gaps.empty())
        out << "incomplete: " << joinedText(gaps) << '\n';
}

void writeAliasesJson(std::ostream& out, const Snapshot& snapshot, FrameNumber frame,
    std::span<const Alias> aliases, Dialect dialect)
{
    const Paging& paging = snapshot.paging();
    std::string text;
    JsonStream stream(text);
    stream.open('{');
    stream.key("format");
    stream.text("pgtscope.aliases");
    stream.key("version");
    stream.number(1);
    stream.key("pfn");
    stream.ready(guestFrameJson(snapshot, frame));
    if (snapshot.xen()) {
        stream.key("mfn");
        stream.hex(frame.value);
    }
    stream.key("pa");
    stream.hex(addressOf(frame).value);
    stream.key("paging");
    stream.text(paging.name());
    stream.key("aliases");
    stream.open('[');
    for (const Alias& alias : aliases) {
        stream.newLine();
        stream.ready(jsonOrdered(aliasJson(paging, alias, dialect)));
        out << std::exchange(text, {});
    }
    if (!aliases.empty())
        stream.newLine();
    stream.close(']');
    stream.key("gaps");
    stream.ready(jsonLine(nlohmann::json(unreadTables(snapshot))));
    stream.close('}');
    out << text << '\n';
}

void writeAliasesCsv(
    std::ostream& out, const Snapshot& snapshot, FrameNumber frame, std::span<const Alias> aliases)
{
    out << "pfn,va,paths,detached,level,size,entry,raw,rw,user,nx,eff.rw,eff.user,eff.nx,half\n";
    for (const Alias& alias : aliases) {
        out << hexText(frame.value) << ',' << (alias.reach.detached ? "" : hexText(alias.linear.value)) << ','
            << alias.reach.paths << ',' << alias.reach.detached << ',' << unsigned{alias.entry.level} << ','
            << snapshot.paging().span(alias.entry.level) << ',' << hexText(alias.entryAddress.value) << ','
            << hexText(alias.entry.raw) << ',' << alias.entry.rights.write << ',' << alias.entry.rights.user
            << ',' << !alias.entry.rights.execute << ',' << alias.rights.write << ',' << alias.rights.user
            << ',' << !alias.rights.execute << ',' << halfName(alias.reach.half) << '\n';
    }
}

} // namespace pgtscope::core
