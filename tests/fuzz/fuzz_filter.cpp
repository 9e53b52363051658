// SPDX-License-Identifier: GPL-2.0-or-later
// The filter language.
#include <string>
#include <vector>

#include "core/filter/filter.h"
#include "tests/fuzz/input.h"

using namespace pgtscope::core;
using pgtscope::fuzz::Input;
using pgtscope::fuzz::require;

namespace {

/// Has every property, or none for some fields.
class AnySubject : public FilterSubject {
public:
    explicit AnySubject(std::uint64_t value)
        : m_value(value)
    {
    }
    std::optional<ValueSpan> number(Field field) const override
    {
        if (static_cast<unsigned>(field) % 5 == m_value % 5)
            return std::nullopt;
        return ValueSpan{m_value, m_value + static_cast<unsigned>(field)};
    }
    bool anyText(Field, const TextPattern& pattern) const override
    {
        return pattern.matches("xen-ro.violation") || pattern.matches(std::string(m_value % 64, 'a'));
    }

private:
    std::uint64_t m_value;
};

SymbolLookup someSymbols()
{
    SymbolLookup lookup;
    lookup.find = [](std::string_view name, Field) -> std::optional<std::uint64_t> {
        return name.starts_with('_') ? std::optional<std::uint64_t>(0xffffffff81000000) : std::nullopt;
    };
    lookup.near = [](std::string_view) { return std::vector<std::string>{"_text", "_etext"}; };
    return lookup;
}

} // namespace

/// The first byte is the value that the filter meets, and the place where a user asks for words.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const std::vector<std::string> regions{"low", "vmalloc", "a b"};
    Input input(data, size);
    const std::uint8_t first = input.byte();
    const std::string_view text = input.rest();
    for (const std::string& word : completeFilter(text, first % (text.size() + 1), regions))
        require(!word.empty());
    const auto filter = Filter::parse(text, someSymbols());
    if (!filter) {
        const FilterError& error = filter.error();
        require(error.position <= text.size() && error.length <= text.size() - error.position);
        require(!error.happened.empty() && !error.caretText(text).empty());
        return 0;
    }
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{first}, ~std::uint64_t{0} - 64})
        (void)filter->matches(AnySubject(value));
    if (const auto borders = filter->frameBorders())
        require(std::is_sorted(borders->begin(), borders->end()));
    return 0;
}
