// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/coveragehistory.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/numbers.h"
#include "core/linux/pageisolation.h"
#include "core/report/historyformat.h"

namespace pgtscope::core {

std::vector<RootLook> rootLooks(const Snapshot& snapshot)
{
    std::vector<RootLook> looks;
    if (snapshot.paging().enabled())
        looks.push_back({snapshot.root(), rootText(snapshot)});
    if (const auto other = snapshot.otherHalf())
        looks.push_back({*other, halfText(*other), true, snapshot.otherRoot() != noTable});
    return looks;
}

std::uint64_t tablesRead(const Snapshot& snapshot)
{
    return static_cast<std::uint64_t>(std::count_if(snapshot.tables().begin(), snapshot.tables().end(),
        [](const Table& table) { return table.page != nullptr; }));
}

void CoverageHistory::note(std::uint64_t step, const Snapshot& snapshot)
{
    // A guest can load another root at each step.
    constexpr std::size_t maxRoots = 1000;
    for (const Table& table : snapshot.tables())
        if (table.page) {
            m_tables.insert(table.address.value | table.level);
            m_frames.insert(frameOf(table.address).value);
        }
    for (const RootLook& look : rootLooks(snapshot)) {
        const Root root{look.address, std::string(look.of), look.checked};
        auto known = m_roots.find(root);
        if (known == m_roots.end() && m_roots.size() == maxRoots) {
            ++m_moreRoots;
            continue;
        }
        if (known == m_roots.end())
            known = m_roots.emplace(root, Stay{step, step, 0}).first;
        known->second.last = step;
        ++known->second.steps;
    }
}

nlohmann::json CoverageHistory::json(const FindingHistory& findings) const
{
    std::vector<std::pair<const Root*, const Stay*>> inOrder;
    for (const auto& [root, stay] : m_roots)
        inOrder.emplace_back(&root, &stay);
    std::stable_sort(inOrder.begin(), inOrder.end(),
        [](const auto& a, const auto& b) { return a.second->first < b.second->first; });
    nlohmann::json roots = nlohmann::json::array();
    for (const auto& [root, stay] : inOrder)
        roots.push_back(
            {{"address", hexText(root->address.value)}, {"of", root->of}, {"checked", root->checked},
                {"first", stay->first}, {"last", stay->last}, {"steps", stay->steps}});
    return {{"tables", m_tables.size()}, {"tableFrames", m_frames.size()}, {"roots", roots},
        {"moreRoots", m_moreRoots}, {"gaps", gapsJson(findings)}};
}

} // namespace pgtscope::core
