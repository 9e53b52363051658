// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab.h"

struct lab_options options;

#define WORD_SIZE 64

// One choice of a key; the order of a key's choices is that of its enum.
int option_choice(const char* value, const char* const* names, int count)
{
    for (int i = 0; i < count; i++) {
        if (same_text(value, names[i]))
            return i;
    }
    return -1;
}

static const char* const place_names[] = {"low", "high", "top"};
static const char* const mask_names[] = {"none", "end", "top"};
const char* const option_yes_names[] = {"no", "yes"};
static const char* const slot_names[] = {"wrong", "right"};

bool option_number(const char* text, unsigned long* value)
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
    for (size_t i = 0; i < scenario_count; i++) {
        if (same_text(name, scenarios[i].scenario)) {
            options = scenarios[i];
            return true;
        }
    }
    return false;
}

bool option_flag(bool* flag, const char* value, const char* const* names)
{
    const int chosen = option_choice(value, names, 2);
    *flag = chosen == 1;
    return chosen >= 0;
}

static bool set_option(const char* key, const char* value)
{
    int chosen = 0;
    // Debuggers ask this of every kernel; this one never moves.
    if (same_text(key, "nokaslr"))
        return true;
    if (same_text(key, "handback"))
        return option_flag(&options.handback, value, option_yes_names);
    if (same_text(key, "hole"))
        return option_flag(&options.hole, value, option_yes_names);
    if (same_text(key, "ramdisk"))
        return option_number(value, &options.ramdisk) && options.ramdisk >= 1 && options.ramdisk <= 32;
    if (same_text(key, "ioremap"))
        return option_flag(&options.ioremap_right, value, slot_names);
    if (same_text(key, "pgt_buf")) {
        chosen = option_choice(value, place_names, 3);
        options.pgt_buf = (enum buffer_place)chosen;
        return chosen >= 0;
    }
    if (same_text(key, "mask_rw")) {
        chosen = option_choice(value, mask_names, 3);
        options.mask_rw = (enum mask_rule)chosen;
        options.xen_ops = options.xen_ops || chosen > 0;
        return chosen >= 0;
    }
    if (same_text(key, "epochs")) {
        unsigned long epochs = 0;
        const bool understood = option_number(value, &epochs) && epochs >= 1 && epochs <= 2;
        options.epochs = (int)epochs;
        return understood;
    }
    return set_own_option(key, value);
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
    options = scenarios[0];
    if (!parse_pass(command_line, true) || !parse_pass(command_line, false))
        return false;
    printk("LAB: scenario=%s pgt_buf=%s mask_rw=%s handback=%s ioremap=%s hole=%s epochs=%d", options.scenario,
        place_names[options.pgt_buf], mask_names[options.mask_rw], option_yes_names[options.handback],
        slot_names[options.ioremap_right], option_yes_names[options.hole], options.epochs);
    print_own_options();
    return true;
}
