// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "core/base/address.h"
#include "core/base/error.h"
#include "core/filter/fields.h"
#include "core/filter/textpattern.h"

namespace pgtscope::core {

/// The values [first, last] of one property: a page's addresses or frames, or twice the same number.
struct ValueSpan {
    std::uint64_t first = 0;
    std::uint64_t last = 0;

    static constexpr ValueSpan single(std::uint64_t value) { return {value, value}; }
};

/// What a filter is asked about: a page, a table, a frame, a finding. It is asked only for the fields that
/// the filter names, so costly answers can be found on demand.
class FilterSubject {
public:
    virtual ~FilterSubject() = default;

    /// A number, a stretch of addresses, or a flag as 0 or 1. nullopt where the subject has no such property
    /// or its value is unknown: then every comparison of it is false.
    virtual std::optional<ValueSpan> number(Field field) const = 0;
    /// Whether any text of that field passes; false where there is none.
    virtual bool anyText(Field field, const TextPattern& pattern) const = 0;
};

/// Symbols as values. `field` is what the symbol is compared with, so that a name can mean an address for
/// `va` and what it points to for `pa`. Either function may be empty.
struct SymbolLookup {
    std::function<std::optional<std::uint64_t>(std::string_view name, Field field)> find;
    /// Names that a user who typed `name` may have meant; at most a few.
    std::function<std::vector<std::string>(std::string_view name)> near;
};

/// Why a filter's text was refused.
struct FilterError {
    std::size_t position = 0; ///< First byte of the offending place, at most the text's size.
    std::size_t length = 0; ///< Bytes of the place; 0 at the end of the text.
    std::string happened;
    std::string advice;

    /// The line of `text` around the place, and below it carets under the place.
    std::string caretText(std::string_view text) const;
    Error error(std::string_view text) const;
    bool operator==(const FilterError&) const = default;
};

/// A compiled filter expression.
///
///     or      := and { ("or" | "||") and }
///     and     := not { ("and" | "&&") not }
///     not     := { "not" | "!" } primary
///     primary := "(" or ")" | test
///     test    := FIELD                                  is set, not zero, not empty
///              | FIELD ["&" value] ("==" | "!=" | "<" | "<=" | ">" | ">=") value
///              | FIELD "&" value                        any of these bits is set
///              | FIELD "in" value ".." value            the second value itself is outside
///              | FIELD "~" text                         see TextPattern
///     value   := NUMBER | SYMBOL [("+" | "-") NUMBER]
///
/// Numbers are decimal or hexadecimal, with K, M, G, T or P after them; a text is a word or in quotes;
/// levels have their names too (pte, pmd, l2 …). `va`, `pa`, `pfn` and `mfn` are all addresses of a page:
/// `==` means that the page holds the address, `in` that it overlaps the range, and `<`, `>` that some
/// address of it does;
/// `!=` is the opposite of `==`. A number that a subject does not have fails every comparison. On a text,
/// `==` is exact and holds if any of the subject's texts is equal, and `!=` is its opposite.
class Filter {
public:
    /// Matches everything.
    Filter() = default;
    static tl::expected<Filter, FilterError> parse(std::string_view text, const SymbolLookup& symbols = {});

    bool matches(const FilterSubject& subject) const;
    bool empty() const { return m_code.empty(); }
    /// Values of physical addresses, in frames, at which an outcome may change: between two of them every
    /// frame passes or none does. nullopt if masks are used on them, so that any frame may differ from the
    /// next.
    std::optional<std::vector<FrameNumber>> frameBorders() const;
    bool uses(Field field) const { return (m_uses >> static_cast<unsigned>(field) & 1) != 0; }

private:
    friend class FilterParser;
    enum class Op : std::uint8_t {
        Set,
        Equal,
        NotEqual,
        Less,
        LessEqual,
        Greater,
        GreaterEqual,
        In,
        TextMatch,
        TextNoMatch,
        Not, ///< Inverts the outcome so far.
        JumpIfFalse, ///< Goes on at `target` with the outcome as it is.
        JumpIfTrue,
    };
    /// A test sets the outcome; the others act on it. There is no stack: each operator's left side has been
    /// decided by a jump before its right side sets the outcome anew.
    struct Instruction {
        Op op = Op::Set;
        Field field = Field::Kind;
        std::uint32_t target = 0; ///< Of a jump, or index of the pattern.
        std::uint64_t value = 0;
        std::uint64_t end = 0; ///< In: the first value outside.
        std::uint64_t mask = ~0ULL;
    };

    bool test(const Instruction& instruction, const FilterSubject& subject) const;

    std::vector<Instruction> m_code;
    std::vector<TextPattern> m_texts;
    std::uint64_t m_uses = 0;
};

/// Words that fit at `cursor` and begin with what is typed there: fields, operators, or values that
/// `regions` and the language know. Sorted by how the language lists them.
std::vector<std::string> completeFilter(
    std::string_view text, std::size_t cursor, std::span<const std::string> regions);

} // namespace pgtscope::core
