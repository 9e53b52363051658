// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

namespace pgtscope::core {

/// Random numbers that are the same for a seed on every machine: SplitMix64 (Steele, Lea and Flood, "Fast
/// splittable pseudorandom number generators", OOPSLA 2014). Those of the C++ library's distributions differ
/// from library to library.
class Dice {
public:
    explicit Dice(std::uint64_t seed)
        : m_state(seed)
    {
    }

    std::uint64_t next()
    {
        m_state += 0x9e3779b97f4a7c15ULL;
        std::uint64_t mixed = m_state;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
        return mixed ^ (mixed >> 31);
    }
    /// 0 to `limit` - 1; `limit` is not 0.
    unsigned below(unsigned limit) { return static_cast<unsigned>(next() % limit); }
    bool percent(unsigned chance) { return below(100) < chance; }
    /// One of several; there is at least one.
    template <class T>
    const T& of(const std::vector<T>& choices)
    {
        return choices[below(static_cast<unsigned>(choices.size()))];
    }

private:
    std::uint64_t m_state;
};

} // namespace pgtscope::core
