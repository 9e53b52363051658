// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/frameformat.h"

#include <iomanip>

#include <nlohmann/json.hpp>

#include "core/base/numbers.h"

namespace pgtscope::core {

void writeFramesText(std::ostream& out, const FrameSummary& summary)
{
    out << std::left << std::setw(36) << "role" << std::right << std::setw(12) << "frames" << std::setw(10)
        << "size" << '\n';
    for (const RoleCount& role : summary.roles)
        out << std::left << std::setw(36) << role.title << std::right << std::setw(12)
            << groupedText(role.frames) << std::setw(10) << sizeText(role.frames * frameBytes) << '\n';
    out << '\n'
        << groupedText(summary.tableFrames) << " table frames, mapped by "
        << groupedText(summary.tableMappings) << " entries, " << groupedText(summary.writableTableMappings)
        << " of them writable\n";
}

void writeFramesJson(std::ostream& out, const FrameSummary& summary)
{
    nlohmann::json json{{"tableFrames", summary.tableFrames}, {"tableMappings", summary.tableMappings},
        {"writableTableMappings", summary.writableTableMappings}, {"roles", nlohmann::json::array()}};
    for (const RoleCount& role : summary.roles)
        json["roles"].push_back({{"role", role.role}, {"title", role.title}, {"level", role.level},
            {"detached", role.detached}, {"frames", role.frames}});
    out << json.dump(1) << '\n';
}

} // namespace pgtscope::core
