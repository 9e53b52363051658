// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/filter/nearnames.h"

#include "core/filter/textpattern.h"

#include <algorithm>

namespace pgtscope::core {

namespace {

constexpr std::size_t kept = 3;
constexpr std::size_t longestName = 128;

} // namespace

NearNames::NearNames(std::string_view wanted)
    : m_wanted(wanted.substr(0, longestName))
    , m_limit(static_cast<unsigned>((m_wanted.size() + 2) / 3))
{
}

void NearNames::consider(std::string_view name)
{
    name = name.substr(0, longestName);
    const std::size_t longer = std::max(name.size(), m_wanted.size());
    if (longer - std::min(name.size(), m_wanted.size()) > m_limit)
        return;
    // Levenshtein's distance, one row at a time; given up where the whole row is past the limit.
    m_row.resize(name.size() + 1);
    for (std::size_t i = 0; i <= name.size(); ++i)
        m_row[i] = static_cast<unsigned>(i);
    for (std::size_t w = 0; w < m_wanted.size(); ++w) {
        unsigned diagonal = m_row[0];
        unsigned least = ++m_row[0];
        for (std::size_t n = 0; n < name.size(); ++n) {
            const unsigned replaced = diagonal + (lowerCase(m_wanted[w]) == lowerCase(name[n]) ? 0 : 1);
            diagonal = m_row[n + 1];
            m_row[n + 1] = std::min({replaced, diagonal + 1, m_row[n] + 1});
            least = std::min(least, m_row[n + 1]);
        }
        if (least > m_limit)
            return;
    }
    const unsigned distance = m_row[name.size()];
    if (distance > m_limit)
        return;
    const auto place = std::upper_bound(m_nearest.begin(), m_nearest.end(), distance,
        [](unsigned d, const Candidate& c) { return d < c.distance; });
    m_nearest.insert(place, Candidate{distance, std::string(name)});
    if (m_nearest.size() > kept)
        m_nearest.pop_back();
}

std::vector<std::string> NearNames::take()
{
    std::vector<std::string> names;
    for (Candidate& candidate : m_nearest)
        names.push_back(std::move(candidate.name));
    return names;
}

std::string NearNames::question(const std::vector<std::string>& names)
{
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        text += i == 0 ? "did you mean " : i + 1 == names.size() ? " or " : ", ";
        text += names[i];
    }
    return text;
}

} // namespace pgtscope::core
