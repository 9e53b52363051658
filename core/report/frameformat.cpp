// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/frameformat.h"

#include <array>
#include <cstdio>
#include <iomanip>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/base/numbers.h"

namespace pgtscope::core {

std::string roundedSizeText(std::uint64_t bytes)
{
    static constexpr std::string_view units = "BKMGTPE";
    std::size_t unit = 0;
    while (unit + 1 < units.size() && bytes >> (10 * (unit + 1)) != 0)
        ++unit;
    const std::uint64_t size = std::uint64_t{1} << (10 * unit);
    if (bytes % size == 0)
        return sizeText(bytes);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2f%c", static_cast<double>(bytes) / static_cast<double>(size),
        units[unit]);
    return text.data();
}

void writeFramesText(std::ostream& out, const FrameSummary& summary)
{
    out << std::left << std::setw(36) << "role" << std::right << std::setw(12) << "frames" << std::setw(10)
        << "size" << '\n';
    for (const RoleCount& role : summary.roles)
        out << std::left << std::setw(36) << role.title << std::right << std::setw(12)
            << groupedText(role.frames) << std::setw(10) << roundedSizeText(role.frames * frameBytes) << '\n';
    out << '\n'
        << countText(summary.tableFrames, "table frame") << ", mapped by "
        << countText(summary.tableMappings, "entry") << ", " << groupedText(summary.writableTableMappings)
        << " of them writable"
        << (summary.writeProtect || summary.tableMappings == 0
                   ? "\n"
                   : ": while CR0.WP is 0 the supervisor may write through all of them\n");
    if (!summary.gaps.empty())
        out << "incomplete: " << joinedText(summary.gaps) << '\n';
}

void writeFramesJson(std::ostream& out, const FrameSummary& summary)
{
    nlohmann::json json{{"tableFrames", summary.tableFrames}, {"tableMappings", summary.tableMappings},
        {"writableTableMappings", summary.writableTableMappings}, {"gaps", summary.gaps},
        {"roles", nlohmann::json::array()}};
    for (const RoleCount& role : summary.roles)
        json["roles"].push_back({{"role", role.role}, {"title", role.title}, {"level", role.level},
            {"detached", role.detached}, {"frames", role.frames}});
    out << jsonBlock(json) << '\n';
}

} // namespace pgtscope::core
