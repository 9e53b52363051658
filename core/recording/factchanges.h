// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/model/facts.h"

namespace pgtscope::core {

/// The facts that differ from the previous state, each by its place in SnapshotFacts. What is not set did not
/// change.
class FactChanges {
public:
    template <class T>
    std::optional<T>& operator[](T SnapshotFacts::*member)
    {
        return *find<std::optional<T>>(m_values, member);
    }
    template <class T>
    const std::optional<T>& operator[](T SnapshotFacts::*member) const
    {
        return *find<const std::optional<T>>(m_values, member);
    }

private:
    template <class... T>
    static std::tuple<std::optional<T>...> valuesFor(const std::tuple<FactRow<T>...>&);
    using Values = decltype(valuesFor(factRows));

    /// Each member has a row.
    template <class Value, class From, class T>
    static Value* find(From& values, T SnapshotFacts::*member)
    {
        Value* found = nullptr;
        const auto look = [&](const auto& row, auto& value) {
            if constexpr (std::is_same_v<decltype(value), Value&>)
                if (row.member == member)
                    found = &value;
        };
        [&]<std::size_t... i>(std::index_sequence<i...>)
        {
            (look(std::get<i>(factRows), std::get<i>(values)), ...);
        }
        (std::make_index_sequence<std::tuple_size_v<Values>>());
        return found;
    }

    Values m_values;
};

} // namespace pgtscope::core
