// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/maskrw.h"

namespace pgtscope::core {

namespace {

class MaskRwEnd : public Rule {
public:
    MaskRwEnd()
        : Rule({.name = "mask-rw-end",
            .plain = "Gleixner: up to pgt_buf_end",
            .title = "mask_rw_pte() with pgt_buf_end as its limit",
            .description = "As mask-rw-2012, but a pte is read-only only if its frame is in [pgt_buf_start, "
                           "pgt_buf_end): what is a page table now. Proposed in August 2012; the difference "
                           "between the two rules is the set of pending mappings.",
            .source = "arch/x86/xen/mmu.c, Linux 3.6 (mask_rw_pte), with the limit changed",
            .question = RuleQuestion::TablesReadOnly,
            .comparison = RuleComparison::Second})
    {
    }

    RuleReport check(const RuleContext& context) const override
    {
        return checkMaskRw(*this, context, MaskLimit::End);
    }
};

} // namespace

namespace rules {
std::unique_ptr<Rule> maskrwend() { return std::make_unique<MaskRwEnd>(); }
} // namespace rules

} // namespace pgtscope::core
