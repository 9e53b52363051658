// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/manual/completion.h"

#include <algorithm>

namespace pgtscope::app {

namespace {

using Words = std::vector<std::string>;

/// An option by its spellings, or a word of a command (without spellings).
struct Completed {
    Words spellings; ///< "-o", "--output".
    bool takesValue = false;
    std::string description;
    CompletionValues values;
};

struct Command {
    std::string name; ///< "guest fetch"; empty for the program itself.
    std::string description;
    std::vector<std::pair<std::string, std::string>> children; ///< "fetch", and what it is for.
    std::vector<Completed> options;
    CompletionValues operands;
};

Words spellingsOf(const CLI::Option& option)
{
    Words all;
    for (const std::string& name : option.get_snames())
        all.push_back("-" + name);
    for (const std::string& name : option.get_lnames())
        all.push_back("--" + name);
    return all;
}

void addOption(
    Command& command, const CLI::App& app, const CLI::Option& option, const CompletionSource& values)
{
    if (option.get_positional()) {
        const CompletionValues more = values(app, option);
        command.operands.words.insert(command.operands.words.end(), more.words.begin(), more.words.end());
        command.operands.files |= more.files;
        if (command.operands.suffix.empty())
            command.operands.suffix = more.suffix;
        if (command.operands.command.empty())
            command.operands.command = more.command;
        return;
    }
    const bool takes = option.get_items_expected_max() != 0;
    command.options.push_back({spellingsOf(option), takes, option.get_description(),
        takes ? values(app, option) : CompletionValues{}});
}

void addCommands(
    std::vector<Command>& list, const CLI::App& app, const std::string& name, const CompletionSource& values)
{
    Command command{name, app.get_description(), {}, {}, {}};
    const auto children = app.get_subcommands([](const CLI::App*) { return true; });
    for (const CLI::App* child : children)
        command.children.emplace_back(child->get_name(), child->get_description());
    for (const CLI::Option* option : app.get_options())
        addOption(command, app, *option, values);
    list.push_back(std::move(command));
    for (const CLI::App* child : children)
        addCommands(list, *child, name.empty() ? child->get_name() : name + " " + child->get_name(), values);
}

std::string joined(const Words& words, std::string_view between)
{
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : std::string(between)) + word;
    return text;
}

/// In single quotes; `quote` is how the shell writes one between them.
std::string shellWord(std::string_view text, std::string_view quote = "'\\''")
{
    std::string out = "'";
    for (const char c : text)
        out += c == '\'' ? std::string(quote) : std::string(1, c);
    return out + "'";
}

/// What bash and zsh set where these values may follow.
std::string assignments(const CompletionValues& values, const Words& words)
{
    return "files=" + std::string(values.files ? "1" : "") + " suffix=" + values.suffix
        + " more=" + (values.command.empty() ? "" : shellWord(values.command))
        + " words=" + shellWord(joined(words, " "));
}

std::string firstSentence(const std::string& text) { return text.substr(0, text.find_first_of(":;(\n")); }

/// The case patterns of bash and zsh: "walk --format" for an option.
std::string patternOf(const Command& command, const Words& spellings)
{
    Words patterns;
    for (const std::string& spelling : spellings)
        patterns.push_back(shellWord(command.name + " " + spelling));
    return joined(patterns, "|");
}

/// What bash and zsh do alike: `command` is what has been typed of it, and `words`, `files` with a suffix,
/// what the line `more` prints, and `options` are what may follow.
std::string commonPart(const std::vector<Command>& commands, std::string_view shellWords)
{
    std::string names, options, values;
    for (const Command& command : commands) {
        if (!command.name.empty())
            names += (names.empty() ? "" : "|") + shellWord(command.name);
        Words all;
        for (const Completed& option : command.options) {
            all.insert(all.end(), option.spellings.begin(), option.spellings.end());
            if (option.takesValue)
                values += "        " + patternOf(command, option.spellings) + ") isvalue=1 "
                    + assignments(option.values, option.values.words) + " ;;\n";
        }
        Words operands = command.operands.words;
        for (const auto& [name, description] : command.children)
            operands.push_back(name);
        options += "        " + shellWord(command.name) + ") options=" + shellWord(joined(all, " ")) + " "
            + assignments(command.operands, operands) + " ;;\n";
    }
    if (names.empty())
        names = "''";
    return "    for word in " + std::string(shellWords)
        + "; do\n        case \"${command:+$command }$word\" in\n            " + names
        + ") command=\"${command:+$command }$word\" ;;\n        esac\n    done\n"
        + "    case \"$command\" in\n" + options + "    esac\n    case \"$command $previous\" in\n" + values
        + "    esac\n";
}

std::string bashScript(const std::string& program, const std::vector<Command>& commands)
{
    return "# Completion of " + program + " for bash, made from its own options.\n_" + program + R"bash(()
{
    # bash splits words at colons, as that of an event's name.
    local -a typed=()
    local i glue=
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} = : && i -gt 1 ]]; then
            typed[-1]+=:
            glue=1
        elif [[ -n $glue ]]; then
            typed[-1]+=${COMP_WORDS[i]}
            glue=
        else
            typed+=("${COMP_WORDS[i]}")
        fi
    done
    local current=${typed[-1]} previous=${typed[${#typed[@]} - 2]}
    local command= options= words= files= suffix= more= isvalue= word
)bash" + commonPart(commands, R"bash("${typed[@]:1:${#typed[@]} - 2}")bash")
        + R"bash(    [[ -z $isvalue && $current = -* ]] && words=$options files= more=
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    # compgen would expand what others have named.
    [[ -z $more ]] || while IFS= read -r word; do
        [[ $word = "$current"* ]] && COMPREPLY+=("$word")
    done < <(sh -c "$more")
    if [[ $current = *:* && $COMP_WORDBREAKS = *:* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${current%"${current##*:}"}"}")
    fi
    [[ -n $files ]] || return 0
    compopt -o filenames 2>/dev/null
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -X "!*$suffix" -- "$current")
    [[ -z $suffix ]] || mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$current")
}
complete -F _)bash"
        + program + " " + program + "\n";
}

std::string zshScript(const std::string& program, const std::vector<Command>& commands)
{
    return "#compdef " + program + "\n# Completion of " + program + " for zsh, made from its own options.\n_"
        + program
        + "() {\n    local previous=${words[CURRENT-1]} current=${words[CURRENT]}\n"
          "    local -a typed=(\"${(@)words[2,CURRENT-1]}\")\n"
          "    () {\n    local command= options= words= files= suffix= more= isvalue= word\n"
        + commonPart(commands, "\"${typed[@]}\"")
        + "    [[ -z $isvalue && $current = -* ]] && words=$options files= more=\n"
          "    [[ -z $more ]] || words+=\" $(sh -c $more)\"\n"
          "    compadd -- ${=words}\n    [[ -z $files ]] || _files -g \"*$suffix\"\n    }\n}\n_"
        + program + " \"$@\"\n";
}

/// What fish offers there: words, and commands in parentheses that print more of them.
std::string fishValues(const CompletionValues& values)
{
    Words all = values.words;
    if (!values.command.empty())
        all.push_back("(sh -c " + shellWord(values.command, "\\'") + ")");
    if (values.files && !values.suffix.empty())
        all.push_back("(__fish_complete_suffix " + values.suffix + ")");
    const std::string anyFile = values.files && values.suffix.empty() ? "-F " : "";
    return anyFile + (all.empty() ? "" : "-k -a " + shellWord(joined(all, " "), "\\'"));
}

std::string fishLine(const std::string& program, const std::string& condition, const std::string& what)
{
    return "complete -c " + program + " -n " + shellWord(condition, "\\'") + " " + what + "\n";
}

std::string fishOption(const Completed& option)
{
    std::string what;
    for (const std::string& spelling : option.spellings)
        what += (spelling.size() == 2 ? "-s " + spelling.substr(1) : "-l " + spelling.substr(2)) + " ";
    if (option.takesValue)
        what += option.values.files && option.values.suffix.empty() ? "-r " : "-x ";
    if (const std::string values = fishValues(option.values); !values.empty())
        what += values + " ";
    return what + "-d " + shellWord(firstSentence(option.description), "\\'");
}

std::string fishScript(const std::string& program, const std::vector<Command>& commands)
{
    const std::string at = "__" + program + "_at";
    Words names;
    for (const Command& command : commands)
        if (!command.name.empty())
            names.push_back(shellWord(command.name, "\\'"));
    std::string text = "# Completion of " + program + " for fish, made from its own options.\nfunction " + at
        + "\n    set -l command\n    for word in (commandline -opc)\n"
          "        contains -- (string join -- ' ' $command $word) "
        + joined(names, " ")
        + "; and set -a command $word\n    end\n    test \"$command\" = \"$argv\"\nend\ncomplete -c "
        + program + " -f\n";
    for (const Command& command : commands) {
        const std::string condition = at + " " + command.name;
        for (const auto& [name, description] : command.children)
            text += fishLine(
                program, condition, "-a " + name + " -d " + shellWord(firstSentence(description), "\\'"));
        if (const std::string operands = fishValues(command.operands); !operands.empty())
            text += fishLine(program, condition, operands);
        for (const Completed& option : command.options)
            text += fishLine(program, condition, fishOption(option));
    }
    return text;
}

} // namespace

Shell shellByName(std::string_view name)
{
    return name == "bash" ? Shell::Bash : name == "zsh" ? Shell::Zsh : Shell::Fish;
}

CompletionValues checkedValues(const CLI::Option& option)
{
    CompletionValues values;
    const std::string type = option.get_type_name();
    values.files = type.find("FILE") != std::string::npos;
    const auto open = type.find('{'), close = type.find('}');
    if (open == std::string::npos || close == std::string::npos)
        return values;
    for (std::size_t at = open + 1; at < close;) {
        const std::size_t end = std::min(type.find(',', at), close);
        values.words.push_back(type.substr(at, end - at));
        at = end + 1;
    }
    return values;
}

std::string completionScript(Shell shell, const CLI::App& app, const CompletionSource& values)
{
    std::vector<Command> commands;
    addCommands(commands, app, {}, values);
    switch (shell) {
    case Shell::Bash:
        return bashScript(app.get_name(), commands);
    case Shell::Zsh:
        return zshScript(app.get_name(), commands);
    case Shell::Fish:
        break;
    }
    return fishScript(app.get_name(), commands);
}

} // namespace pgtscope::app
