// SPDX-License-Identifier: GPL-2.0-or-later
// What this guest offers by name, and the options that only it has.
#include "lab.h"

#define SCENARIO(title, place, mask, back, checker, slots, xen, number)                                      \
    {                                                                                                        \
        .scenario = title, .pgt_buf = place, .mask_rw = mask, .handback = back, .hypervisor = checker,       \
        .ioremap_right = slots, .xen_ops = xen, .hole = true, .epochs = 1, .exercise = number                \
    }

// clang-format off
const struct lab_options scenarios[] = {
    //        name                buffer       mask_rw    handback checker ioremap xen ops exercise
    SCENARIO("native",            BUFFER_HIGH, MASK_NONE, true,    false,  true,   false,  0),
    SCENARIO("top-rule",          BUFFER_HIGH, MASK_TOP,  true,    true,   true,   true,   0),
    SCENARIO("end-rule-high",     BUFFER_HIGH, MASK_END,  true,    true,   true,   true,   0),
    SCENARIO("end-rule-low",      BUFFER_LOW,  MASK_END,  true,    true,   true,   true,   0),
    SCENARIO("missing-handback",  BUFFER_HIGH, MASK_TOP,  false,   true,   true,   true,   0),
    SCENARIO("ioremap-wrong",     BUFFER_HIGH, MASK_TOP,  true,    false,  false,  true,   0),
    SCENARIO("detached",          BUFFER_HIGH, MASK_TOP,  true,    false,  true,   true,   0),
    SCENARIO("exercise-1",        BUFFER_HIGH, MASK_NONE, true,    false,  true,   false,  1),
    SCENARIO("exercise-2",        BUFFER_HIGH, MASK_NONE, true,    false,  true,   false,  2),
    SCENARIO("exercise-3",        BUFFER_HIGH, MASK_NONE, true,    false,  true,   false,  3),
    SCENARIO("exercise-4",        BUFFER_HIGH, MASK_NONE, true,    false,  true,   false,  4),
    SCENARIO("exercise-5",        BUFFER_HIGH, MASK_TOP,  true,    false,  true,   true,   5),
    SCENARIO("exercise-6",        BUFFER_HIGH, MASK_NONE, true,    false,  true,   false,  6),
};
// clang-format on
const size_t scenario_count = sizeof scenarios / sizeof scenarios[0];

static const char* const on_names[] = {"off", "on"};
static const char* const generator_names[] = {"nothing", "leaves", "alias", "selfref", "cycle"};

bool set_own_option(const char* key, const char* value)
{
    if (same_text(key, "touch"))
        return option_flag(&options.touch, value, option_yes_names);
    if (same_text(key, "count"))
        return option_number(value, &options.count);
    if (same_text(key, "hypervisor")) {
        const bool understood = option_flag(&options.hypervisor, value, on_names);
        options.xen_ops = options.xen_ops || options.hypervisor;
        return understood;
    }
    if (same_text(key, "generate")) {
        const int chosen = option_choice(value, generator_names, 5);
        options.generate = (enum generator)chosen;
        return chosen >= 0;
    }
    return false;
}

void print_own_options(void)
{
    printk("LAB: hypervisor=%s", on_names[options.hypervisor]);
}
