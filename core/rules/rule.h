// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/rules/finding.h"
#include "core/rules/rulecontext.h"

namespace pgtscope::core {

/// The two rules that are compared unless the user names others.
enum class RuleComparison : std::uint8_t { None, First, Second };

/// Everything that is known of a rule but how it is evaluated.
struct RuleText {
    std::string_view name; ///< As the user spells it, e.g. "xen-ro".
    std::string_view plain; ///< What a person calls it, e.g. "Gleixner: up to pgt_buf_end".
    std::string_view title;
    std::string_view description;
    std::string_view source; ///< Kernel file and version, or SDM section.
    unsigned version = 1; ///< Grows when the rule judges anything otherwise than before.
    RuleQuestion question = RuleQuestion::Own;
    RuleComparison comparison = RuleComparison::None;
    bool leads = false; ///< See leadingRule().
};

/// Turns a snapshot into findings. Stateless.
///
/// A rule is one file, core/rules/rule_NAME.cpp, that defines `std::unique_ptr<Rule> NAME()` in namespace
/// pgtscope::core::rules. The build finds it by its file name; nothing else has to be touched.
class Rule {
public:
    explicit Rule(const RuleText& text)
        : m_text(text)
    {
    }
    virtual ~Rule() = default;
    Rule(const Rule&) = delete;
    Rule& operator=(const Rule&) = delete;

    const RuleText& text() const { return m_text; }
    std::string_view name() const { return m_text.name; }
    /// "xen-ro/1": name and version.
    std::string id() const;
    /// "mask-rw-end (Gleixner: up to pgt_buf_end)": for a person to read.
    std::string label() const;
    virtual RuleReport check(const RuleContext& context) const = 0;

private:
    RuleText m_text;
};

/// Every rule, in the order of file names.
const std::vector<std::unique_ptr<Rule>>& allRules();
/// Null if there is none of that name.
const Rule* findRule(std::string_view name);
/// The rule whose findings are shown where there is room for those of one.
const Rule& leadingRule();
/// The rule of that place in the comparison, First or Second.
const Rule& comparedRule(RuleComparison place);
/// The id() of every rule, with blanks between: what a recording keeps of the rules that its counts are of.
std::string ruleIds();

/// What every rule says, in the order of allRules(). Threads can share it: nothing changes it.
using RuleReportsPtr = std::shared_ptr<const std::vector<RuleReport>>;

/// Applies the rules to one snapshot and lists for each explained finding all mappings of its frame.
std::vector<RuleReport> checkRules(const RuleContext& context, const std::vector<const Rule*>& rules);
RuleReportsPtr checkAllRules(const RuleContext& context);

} // namespace pgtscope::core
