// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/stub/promptcommand.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string_view>

namespace pgtscope::gdb {

namespace {

std::vector<std::string> wordsOf(const std::string& text)
{
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; in >> word;)
        words.push_back(word);
    return words;
}

/// Whether `word` is `whole`, or what gdb takes for it: its first letters, `least` of them at least.
bool isShort(std::string_view word, std::string_view whole, std::size_t least)
{
    return word.size() >= least && whole.starts_with(word);
}

std::optional<unsigned> leadingNumber(std::string_view text)
{
    unsigned number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

/// The numbers that a word like "3", "3.1" or "3-5" names, hostile ranges left to gdb.
std::vector<unsigned> numbersIn(const std::string& word)
{
    constexpr unsigned maxRange = 10'000;
    const auto first = leadingNumber(word);
    if (!first)
        return {};
    std::vector<unsigned> numbers{*first};
    const std::size_t dash = word.find('-');
    const auto last
        = dash == std::string::npos ? std::nullopt : leadingNumber(std::string_view(word).substr(dash + 1));
    for (std::uint64_t next = std::uint64_t{*first} + 1; last && next <= *last && numbers.size() < maxRange;
         ++next)
        numbers.push_back(static_cast<unsigned>(next));
    return numbers;
}

/// How many words of a command that acts on breakpoints come before their numbers; nullopt: it is none.
std::optional<std::size_t> breakpointCommand(const std::vector<std::string>& words)
{
    if (words.empty())
        return std::nullopt;
    const bool acts = words[0] == "d" || isShort(words[0], "delete", 3) || isShort(words[0], "disable", 3)
        || isShort(words[0], "enable", 2);
    if (!acts)
        return std::nullopt;
    const bool named = words.size() > 1 && std::isalpha(static_cast<unsigned char>(words[1][0])) != 0;
    if (!named)
        return 1;
    // "delete display 1" and the like are about other things.
    const bool once = isShort(words[0], "enable", 2) && (words[1] == "once" || words[1] == "delete");
    return once || isShort(words[1], "breakpoints", 1) ? std::optional<std::size_t>(2) : std::nullopt;
}

} // namespace

PromptCommand promptCommand(
    const std::string& typed, const std::vector<unsigned>& users, const OwnBreakpoint& own)
{
    const std::vector<std::string> words = wordsOf(typed);
    PromptCommand command{typed, {}, false};
    command.listsBreakpoints = words.size() > 1 && isShort(words[0], "info", 1)
        && (isShort(words[1], "breakpoints", 1) || isShort(words[1], "watchpoints", 2));
    const auto numbersAt = breakpointCommand(words);
    if (!numbersAt)
        return command;
    if (words.size() <= *numbersAt) {
        if (users.empty())
            return {{}, "You have set no breakpoints or watchpoints.\n", false};
        for (const unsigned number : users)
            command.command += " " + std::to_string(number);
        return command;
    }
    for (std::size_t i = *numbersAt; i < words.size(); ++i)
        for (const unsigned number : numbersIn(words[i]))
            if (own(number))
                return {{},
                    "Number " + std::to_string(number)
                        + " belongs to pgtscope, which follows the boot with it; it was not changed.\n",
                    false};
    return command;
}

std::string withoutOwnBreakpoints(const std::string& list, const OwnBreakpoint& own)
{
    std::istringstream in(list);
    std::string kept;
    unsigned hidden = 0;
    unsigned shown = 0;
    bool hides = false;
    for (std::string line; std::getline(in, line);) {
        // What a breakpoint has beside its line, places and hits, is indented or begins with "N.M".
        const auto number = leadingNumber(line);
        const std::size_t digits = line.find_first_not_of("0123456789");
        if (number && digits != std::string::npos && line[digits] == ' ') {
            hides = own(*number);
            ++(hides ? hidden : shown);
        }
        if (!hides)
            kept += line + "\n";
    }
    if (hidden == 0)
        return list;
    const std::string more = std::to_string(hidden) + (hidden == 1 ? " more belongs" : " more belong")
        + " to pgtscope, for boot events and pgt_buf;\n\"maintenance info breakpoints\" lists all.\n";
    return (shown == 0 ? std::string("You have set no breakpoints or watchpoints.\n") : kept) + more;
}

namespace {

constexpr std::string_view noteBegin = "Note: breakpoint";
constexpr std::string_view noteEnd = " also set at pc ";

/// Of "3, 27 (disabled) and 28" what begins with a number that is not pgtscope's.
std::vector<std::string> othersIn(std::string_view list, const OwnBreakpoint& own)
{
    std::vector<std::string> others;
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(", "), list.size());
        const std::size_t last = std::min(list.find(" and "), list.size());
        const std::size_t end = std::min(comma, last);
        const auto number = leadingNumber(list.substr(0, end));
        if (!number || !own(*number))
            others.emplace_back(list.substr(0, end));
        list.remove_prefix(std::min(list.size(), end + (comma < last ? 2 : 5)));
    }
    return others;
}

/// The line of a note, or nothing where only pgtscope's breakpoints are at that place.
std::string noteOfOthers(const std::string& line, std::size_t listBegin, const OwnBreakpoint& own)
{
    const std::size_t end = line.find(noteEnd);
    const auto others = othersIn(std::string_view(line).substr(listBegin, end - listBegin), own);
    if (others.empty())
        return {};
    std::string note = std::string(noteBegin) + (others.size() > 1 ? "s " : " ");
    for (std::size_t i = 0; i < others.size(); ++i)
        note += (i == 0 ? "" : i + 1 == others.size() ? " and " : ", ") + others[i];
    return note + line.substr(end) + '\n';
}

} // namespace

std::string withoutOwnNotes(const std::string& printed, const OwnBreakpoint& own)
{
    if (printed.find(noteBegin) == std::string::npos)
        return printed;
    std::istringstream in(printed);
    std::string kept;
    for (std::string line; std::getline(in, line);) {
        const bool note = line.starts_with(noteBegin) && line.find(noteEnd) != std::string::npos;
        const std::size_t list = note ? line.find(' ', noteBegin.size()) : std::string::npos;
        kept += list == std::string::npos ? line + '\n' : noteOfOthers(line, list + 1, own);
    }
    return kept;
}

std::string withUsersNumber(const std::string& printed, unsigned own, unsigned users)
{
    const std::string from = "Breakpoint " + std::to_string(own) + ", ";
    std::string text = printed;
    const std::size_t at = text.find(from);
    const bool wholeLine = at == 0 || (at != std::string::npos && text[at - 1] == '\n');
    if (wholeLine)
        text.replace(at, from.size(), "Breakpoint " + std::to_string(users) + ", ");
    return text;
}

bool isContinue(const std::string& command)
{
    const std::vector<std::string> words = wordsOf(command);
    return !words.empty() && (words[0] == "c" || words[0] == "fg" || isShort(words[0], "continue", 4));
}

} // namespace pgtscope::gdb
