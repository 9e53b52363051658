// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgtscope::core {

/// Collects the names that are nearest to one that was mistyped.
class NearNames {
public:
    explicit NearNames(std::string_view wanted);

    void consider(std::string_view name);
    /// The three nearest, nearest first; none that differs in more than a third of its letters, rounded up.
    std::vector<std::string> take();
    /// "did you mean a, b or c"; empty if nothing is near.
    static std::string question(const std::vector<std::string>& names);

private:
    struct Candidate {
        unsigned distance;
        std::string name;
    };

    std::string m_wanted;
    unsigned m_limit;
    std::vector<Candidate> m_nearest;
    std::vector<unsigned> m_row;
};

} // namespace pgtscope::core
