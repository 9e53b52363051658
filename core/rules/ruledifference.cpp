// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/ruledifference.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace pgtscope::core {

namespace {

bool before(const FindingMark& a, const FindingMark& b)
{
    return std::tie(a.frame, a.entry) < std::tie(b.frame, b.entry);
}

std::vector<FindingMark> sorted(std::vector<FindingMark> marks)
{
    std::sort(marks.begin(), marks.end(), before);
    return marks;
}

} // namespace

RuleDifference ruleDifference(const RuleReport& first, const RuleReport& second)
{
    const auto a = sorted(first.marks);
    const auto b = sorted(second.marks);
    RuleDifference difference;
    std::set_difference(
        a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(difference.onlyFirst), before);
    std::set_difference(
        b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(difference.onlySecond), before);
    std::set_intersection(
        a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(difference.both), before);
    difference.complete = first.marksComplete() && second.marksComplete();
    return difference;
}

} // namespace pgtscope::core
