// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/manual/optionstext.h"

namespace pgtscope::app {

std::string optionName(const CLI::Option& option)
{
    const std::string shown = option.get_option_text();
    if (!shown.empty())
        return shown;
    std::string name = option.get_name(option.get_positional(), true);
    if (option.get_positional())
        return option.get_required() ? name : "[" + name + "]";
    const std::string type = option.get_type_name();
    if (option.get_items_expected_max() != 0 && !type.empty())
        name += " " + type.substr(0, type.find(':'));
    return name;
}

std::string optionText(const CLI::Option& option)
{
    std::string text = "    " + optionName(option) + "\n        " + option.get_description();
    if (!option.get_default_str().empty())
        text += " (default: " + option.get_default_str() + ")";
    return text + '\n';
}

std::string optionsText(const CLI::App& command)
{
    std::string text;
    for (const CLI::Option* option : command.get_options())
        if (!option->check_lname("help"))
            text += optionText(*option);
    return text;
}

} // namespace pgtscope::app
