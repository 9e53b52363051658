// SPDX-License-Identifier: GPL-2.0-or-later
// What this guest offers by name, and the options that only it has.
#include "lab.h"

#define SCENARIO(title, place, mask, back, scatter, mib, skip)                                                 \
    {                                                                                                        \
        .scenario = title, .pgt_buf = place, .mask_rw = mask, .handback = back, .scattered = scatter,        \
        .memory = mib, .skip_readonly = skip, .ioremap_right = true, .xen_ops = true, .epochs = 1            \
    }

// clang-format off
const struct lab_options scenarios[] = {
    //        name                  buffer       mask_rw   handback scattered MiB skipped page
    SCENARIO("top-rule",            BUFFER_HIGH, MASK_TOP, true,    false,  0,    0),
    SCENARIO("end-rule-high",       BUFFER_HIGH, MASK_END, true,    false,  0,    0),
    SCENARIO("end-rule-low",        BUFFER_LOW,  MASK_END, true,    false,  0,    0),
    SCENARIO("top-rule-low",        BUFFER_LOW,  MASK_TOP, true,    false,  0,    0),
    SCENARIO("end-rule-scattered",  BUFFER_HIGH, MASK_END, true,    true,   0,    0),
    SCENARIO("top-rule-scattered",  BUFFER_HIGH, MASK_TOP, true,    true,   0,    0),
    SCENARIO("end-rule-first-gib",  BUFFER_HIGH, MASK_END, true,    false,  1023, 0),
    SCENARIO("end-rule-last",       BUFFER_TOP,  MASK_END, true,    false,  0,    0),
    SCENARIO("missing-handback",    BUFFER_HIGH, MASK_TOP, false,   false,  0,    0),
    SCENARIO("skip-readonly",       BUFFER_LOW,  MASK_TOP, true,    false,  0,    20),
};
// clang-format on
const size_t scenario_count = sizeof scenarios / sizeof scenarios[0];

static const char* const frame_names[] = {"given", "scattered"};

bool set_own_option(const char* key, const char* value)
{
    if (same_text(key, "frames"))
        return option_flag(&options.scattered, value, frame_names);
    if (same_text(key, "memory"))
        return option_number(value, &options.memory);
    if (same_text(key, "skip_readonly"))
        return option_number(value, &options.skip_readonly);
    return false;
}

void print_own_options(void)
{
    printk("LAB: frames=%s memory=%lu skip_readonly=%lu", frame_names[options.scattered], options.memory,
        options.skip_readonly);
}

void scenario_before_reserve(void) { }
