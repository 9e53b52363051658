// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/rules/maskrw.h"

namespace pgtscope::core {

namespace {

class MaskRw2012 : public Rule {
public:
    MaskRw2012()
        : Rule({.name = "mask-rw-2012",
            .plain = "Stabellini: up to pgt_buf_top",
            .title = "What mask_rw_pte() of Linux 3.6 wants read-only",
            .description = "A pte is read-only if it maps a frame of [pgt_buf_start, pgt_buf_top), or if it "
                           "is an early_ioremap slot that maps any page but the newest of pgt_buf. Pages "
                           "beyond pgt_buf_end are no tables yet; the rule covers them because they will be.",
            .source = "arch/x86/xen/mmu.c, Linux 3.6 (mask_rw_pte, 64-bit)",
            .question = RuleQuestion::TablesReadOnly,
            .comparison = RuleComparison::First})
    {
    }

    RuleReport check(const RuleContext& context) const override
    {
        return checkMaskRw(*this, context, MaskLimit::Top);
    }
};

} // namespace

namespace rules {
std::unique_ptr<Rule> maskrw2012() { return std::make_unique<MaskRw2012>(); }
} // namespace rules

} // namespace pgtscope::core
