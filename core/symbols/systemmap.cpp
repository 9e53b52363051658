// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/systemmap.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace pgtscope::core {

namespace {

constexpr std::string_view debianStub = "The real System.map is in";

/// "ADDRESS TYPE NAME"; the name may hold anything here, the caller judges it.
std::optional<Symbol> parseLine(std::string_view line)
{
    std::uint64_t address = 0;
    const char* const end = line.data() + line.size();
    const auto [rest, problem] = std::from_chars(line.data(), end, address, 16);
    if (problem != std::errc{} || rest - line.data() < 8 || end - rest < 4 || rest[0] != ' '
        || rest[2] != ' ') {
        return std::nullopt;
    }
    std::string_view name(rest + 3, static_cast<std::size_t>(end - rest - 3));
    // /proc/kallsyms names the module, or "bpf", "__builtin__ftrace" and the like.
    if (const std::size_t module = name.find("\t[");
        module != std::string_view::npos && name.ends_with(']')) {
        name = name.substr(0, module);
    }
    if (name.empty()) {
        return std::nullopt;
    }
    return Symbol{LinearAddress(address), std::string(name), rest[1]};
}

std::string_view takeLine(std::string_view& text)
{
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

} // namespace

bool looksLikeSystemMap(std::string_view text) { return parseLine(takeLine(text)).has_value(); }

Result<std::vector<Symbol>> parseSystemMap(std::string_view text, const std::string& name)
{
    const std::string tried = "read the symbols of " + name;
    std::vector<Symbol> symbols;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::string_view line = takeLine(text);
        if (line.empty() && text.empty()) {
            break;
        }
        auto symbol = parseLine(line);
        if (symbol && symbol->name.find(debianStub) != std::string::npos) {
            return failure(tried, "it is the stub that Debian ships in place of the real System.map",
                "give the kernel image itself (/boot/vmlinuz-…): its symbols are read from there");
        }
        if (!symbol || symbol->name.find_first_of(" \t") != std::string::npos) {
            return failure(tried, "line " + std::to_string(number) + " is not of the form ADDRESS TYPE NAME",
                "check that it is a System.map");
        }
        symbols.push_back(std::move(*symbol));
    }
    if (symbols.empty()) {
        return failure(tried, "it is empty", "check that it is a System.map");
    }
    if (std::all_of(symbols.begin(), symbols.end(), [](const Symbol& s) { return s.address.value == 0; })) {
        return failure(tried,
            "every address in it is 0, as the kernel shows /proc/kallsyms to users that may not see them",
            "save it again as root: sudo cat /proc/kallsyms");
    }
    return symbols;
}

} // namespace pgtscope::core
