// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab.h"

struct lab_options options;

struct scenario {
    const char* name;
    struct lab_options defaults;
};

#define SCENARIO(title, place, mask, back, checker, slots, xen, number)                                      \
    {                                                                                                        \
        title,                                                                                               \
        {                                                                                                    \
            title, place, mask, back, checker, slots, xen, true, 1, number, false, GENERATE_NOTHING, 0       \
        }                                                                                                    \
    }

// clang-format off
static const struct scenario scenarios[] = {
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
#define SCENARIO_COUNT (sizeof scenarios / sizeof scenarios[0])

#define WORD_SIZE 64

// One choice of a key; the order of a key's choices is that of its enum.
static int choice(const char* value, const char* const* names, int count)
{
    for (int i = 0; i < count; i++) {
        if (same_text(value, names[i]))
            return i;
    }
    return -1;
}

static const char* const place_names[] = {"low", "high", "top"};
static const char* const mask_names[] = {"none", "end", "top"};
static const char* const yes_names[] = {"no", "yes"};
static const char* const on_names[] = {"off", "on"};
static const char* const slot_names[] = {"wrong", "right"};
static const char* const generator_names[] = {"nothing", "leaves", "alias", "selfref", "cycle"};

static bool number(const char* text, unsigned long* value)
{
    *value = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || *value > 100000000UL)
            return false;
        *value = *value * 10 + (unsigned long)(*text - '0');
    }
    return true;
}

static bool set_scenario(const char* name)
{
    for (size_t i = 0; i < SCENARIO_COUNT; i++) {
        if (same_text(name, scenarios[i].name)) {
            options = scenarios[i].defaults;
            return true;
        }
    }
    return false;
}

static bool set_flag(bool* flag, const char* value, const char* const* names)
{
    const int chosen = choice(value, names, 2);
    *flag = chosen == 1;
    return chosen >= 0;
}

static bool set_enum(const char* key, const char* value)
{
    int chosen = -1;
    if (same_text(key, "pgt_buf")) {
        chosen = choice(value, place_names, 3);
        options.pgt_buf = (enum buffer_place)chosen;
    } else if (same_text(key, "mask_rw")) {
        chosen = choice(value, mask_names, 3);
        options.mask_rw = (enum mask_rule)chosen;
        options.xen_ops = options.xen_ops || chosen > 0;
    } else if (same_text(key, "generate")) {
        chosen = choice(value, generator_names, 5);
        options.generate = (enum generator)chosen;
    }
    return chosen >= 0;
}

static bool set_option(const char* key, const char* value)
{
    // Debuggers ask this of every kernel; this one never moves.
    if (same_text(key, "nokaslr"))
        return true;
    if (same_text(key, "handback"))
        return set_flag(&options.handback, value, yes_names);
    if (same_text(key, "touch"))
        return set_flag(&options.touch, value, yes_names);
    if (same_text(key, "hole"))
        return set_flag(&options.hole, value, yes_names);
    if (same_text(key, "ioremap"))
        return set_flag(&options.ioremap_right, value, slot_names);
    if (same_text(key, "hypervisor")) {
        const bool understood = set_flag(&options.hypervisor, value, on_names);
        options.xen_ops = options.xen_ops || options.hypervisor;
        return understood;
    }
    if (same_text(key, "count"))
        return number(value, &options.count);
    if (same_text(key, "epochs")) {
        unsigned long epochs = 0;
        const bool understood = number(value, &epochs) && epochs >= 1 && epochs <= 2;
        options.epochs = (int)epochs;
        return understood;
    }
    return set_enum(key, value);
}

// Copies the next word to key and value, split at its '='; returns what follows, or NULL at the end.
static const char* next_word(const char* text, char* key, char* value)
{
    while (*text == ' ')
        text++;
    if (*text == '\0')
        return NULL;
    char* out = key;
    int left = WORD_SIZE - 1;
    bool in_value = false;
    *value = '\0';
    for (; *text != '\0' && *text != ' '; text++) {
        if (*text == '=' && !in_value) {
            *out = '\0';
            out = value;
            in_value = true;
            left = WORD_SIZE - 1;
        } else if (left > 0) {
            *out++ = *text;
            left--;
        }
    }
    *out = '\0';
    return text;
}

// Two passes: a scenario sets every option, so it has to come first wherever it stands in the line.
static bool parse_pass(const char* command_line, bool scenario_pass)
{
    char key[WORD_SIZE];
    char value[WORD_SIZE];
    for (const char* rest = command_line; (rest = next_word(rest, key, value)) != NULL;) {
        if (same_text(key, "scenario") != scenario_pass)
            continue;
        if (!(scenario_pass ? set_scenario(value) : set_option(key, value))) {
            printk("LAB: option not understood: %s=%s", key, value);
            return false;
        }
    }
    return true;
}

bool options_parse(const char* command_line)
{
    options = scenarios[0].defaults;
    if (!parse_pass(command_line, true) || !parse_pass(command_line, false))
        return false;
    printk("LAB: scenario=%s pgt_buf=%s mask_rw=%s handback=%s hypervisor=%s ioremap=%s hole=%s epochs=%d",
        options.scenario, place_names[options.pgt_buf], mask_names[options.mask_rw],
        yes_names[options.handback], on_names[options.hypervisor], slot_names[options.ioremap_right],
        yes_names[options.hole], options.epochs);
    return true;
}
