// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/completion.h"

#include <algorithm>

#include "core/filter/fields.h"
#include "core/linux/events.h"
#include "core/rules/rule.h"
#include "gdb/debian/guestcatalogue.h"

namespace pgtscope::pgt {

namespace {

using OfferedWords = std::vector<std::string>;

OfferedWords guestNames()
{
    OfferedWords names;
    for (const gdb::GuestRecipe& recipe : gdb::guestCatalogue())
        names.emplace_back(recipe.name);
    return names;
}

OfferedWords ruleNames()
{
    OfferedWords names;
    for (const auto& rule : core::allRules())
        names.emplace_back(rule->name());
    return names;
}

OfferedWords filterFields()
{
    OfferedWords names;
    for (const core::FieldInfo& field : core::fields())
        if (field.inFilter())
            names.emplace_back(field.name);
    return names;
}

OfferedWords eventNames()
{
    OfferedWords names;
    for (const core::BootEvent& event : core::bootEvents())
        names.emplace_back(event.name);
    return names;
}

OfferedWords mappingFormats() { return {"text", "tlb", "json", "csv"}; }
OfferedWords sourceNames() { return {"event", "pgt_buf", "write"}; }

/// Options by name, in commands that `command` matches (empty: in all).
struct OfferRow {
    std::string_view command;
    std::string_view option;
    OfferedWords (*words)() = nullptr;
    bool files = false;
    std::string_view suffix = {}; ///< Of these files.
    std::string_view more = {}; ///< A line of sh(1) that prints more words.
};

/// The run directory has one for each guest; see gdb::defaultRunDirectory(). In /tmp anybody may have made
/// it: another user's, and what is no guest's name, is nothing to offer.
constexpr std::string_view listRunning
    = "d=\"${XDG_RUNTIME_DIR:-/tmp/pgtscope-$(id -u)}${XDG_RUNTIME_DIR:+/pgtscope}\"; "
      "test -O \"$d\" && ls \"$d\" 2>/dev/null | grep -x \"[A-Za-z0-9._-]*\"";

constexpr OfferRow offerRows[] = {
    {"launch", "name", guestNames, false},
    {"fetch", "name", guestNames, false},
    {"story", "name", guestNames, false},
    {"record", "name", guestNames, false},
    {"", "--guest", guestNames, false, {}, listRunning},
    {"stop", "name", nullptr, false, {}, listRunning},
    {"", "--rule", ruleNames, false},
    {"", "--filter", filterFields, false},
    {"", "--until", eventNames, false},
    {"", "--skip", eventNames, false},
    {"run-to", "place", eventNames, false},
    {"", "--grain", sourceNames, false},
    {"walk", "--format", mappingFormats, false},
    {"", "file", nullptr, true, ".pgtrec"},
    {"diff", "from", nullptr, true, ".pgtrec"},
    {"", "words", nullptr, true, ".pgtrec"},
    {"", "--output", nullptr, true},
    {"annotate", "--to", nullptr, true},
    {"exercise", "--page", nullptr, true},
    {"exercise", "--record", nullptr, true},
    {"", "--kernel", nullptr, true},
};

bool isNamed(const CLI::Option& option, std::string_view name)
{
    return name.starts_with("--") ? option.check_lname(std::string(name.substr(2)))
                                  : option.get_positional() && option.get_name(true) == name;
}

} // namespace

app::CompletionValues completionValues(const CLI::App& command, const CLI::Option& option)
{
    app::CompletionValues values = app::checkedValues(option);
    if (!values.words.empty())
        return values;
    for (const OfferRow& row : offerRows) {
        if (!isNamed(option, row.option) || (!row.command.empty() && row.command != command.get_name()))
            continue;
        if (row.words != nullptr)
            values.words = row.words();
        values.files |= row.files;
        values.suffix = row.suffix;
        values.command = row.more;
    }
    return values;
}

} // namespace pgtscope::pgt
