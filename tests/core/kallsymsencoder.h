// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "core/symbols/kallsyms.h"

namespace pgtscope::tests {

/// Which of the forms that kernels have had the tables take.
struct KallsymsShape {
    unsigned pointerBytes = 8;
    core::KallsymsAddresses form = core::KallsymsAddresses::AbsolutePerCpu;
    bool addressesLast = false; ///< Since 6.4.
    bool seqsOfNames = false; ///< 3 bytes a symbol: 6.2 on; before 6.4 between markers and tokens.
    unsigned markerBytes = 4; ///< Pointer size before 4.20.
    /// Where the image's first byte is linked, where places count (7.x); Xen's SYMBOLS_ORIGIN.
    std::uint64_t link = 0;

    /// Linux 7.2 and 7.3, as Debian's images have it: no base, and everything aligned to 4 bytes only.
    static KallsymsShape placeRelative(unsigned pointerBytes)
    {
        return {pointerBytes, core::KallsymsAddresses::PlaceRelative, true, true, 4,
            pointerBytes == 8 ? 0xffffffff81000000 : 0xc1000000};
    }
    /// Xen 4.17, as Debian's image has it.
    static KallsymsShape ofXen(std::uint64_t origin)
    {
        return {8, core::KallsymsAddresses::OriginRelative, false, false, 4, origin};
    }
    unsigned alignment() const
    {
        const bool narrow = form == core::KallsymsAddresses::PlaceRelative
            || form == core::KallsymsAddresses::OriginRelative;
        return narrow ? 4 : pointerBytes;
    }
};

/// Writes kallsyms tables as scripts/kallsyms.c lays them out, between filler that is not all zeros.
class KallsymsEncoder {
public:
    explicit KallsymsEncoder(KallsymsShape shape)
        : m_shape(shape)
    {
        makeTokens();
    }

    /// `symbols` must ascend. `fillerBytes` go before and behind the tables.
    std::vector<std::byte> image(const std::vector<core::Symbol>& symbols, std::size_t fillerBytes = 4096)
    {
        m_bytes.clear();
        filler(fillerBytes);
        if (!m_shape.addressesLast) {
            addresses(symbols);
        }
        names(symbols);
        if (m_shape.seqsOfNames && !m_shape.addressesLast) {
            seqs(symbols.size());
        }
        tokens();
        if (m_shape.addressesLast) {
            addresses(symbols);
            if (m_shape.seqsOfNames) {
                seqs(symbols.size());
            }
        }
        tablesEnd = m_bytes.size();
        filler(fillerBytes);
        return m_bytes;
    }

    std::size_t tablesEnd = 0; ///< Of the last image.

private:
    void makeTokens()
    {
        static const std::array<const char*, 6> common{"init_", "pgt_", "buf", "swapper", "_early", "T__"};
        for (unsigned i = 0; i < 256; ++i) {
            if (i > ' ' && i <= '~') {
                m_tokens[i] = std::string(1, static_cast<char>(i));
            } else if (i < common.size()) {
                m_tokens[i] = common[i];
            } else {
                m_tokens[i] = "k" + std::to_string(i) + "_";
            }
        }
    }

    void put(std::uint64_t value, unsigned bytes)
    {
        for (unsigned i = 0; i < bytes; ++i) {
            m_bytes.push_back(static_cast<std::byte>(value >> (8 * i)));
        }
    }

    void align()
    {
        while (m_bytes.size() % m_shape.alignment() != 0) {
            put(0, 1);
        }
    }

    void filler(std::size_t bytes)
    {
        std::mt19937 random(7);
        for (std::size_t i = 0; i < bytes; ++i) {
            put(random() % 4 == 0 ? random() : 0, 1);
        }
        align();
    }

    void addresses(const std::vector<core::Symbol>& symbols)
    {
        using Form = core::KallsymsAddresses;
        const bool perCpu = m_shape.form == Form::AbsolutePerCpu;
        const auto first = std::find_if(symbols.begin(), symbols.end(),
            [perCpu](const core::Symbol& s) { return !perCpu || (s.type != 'A' && s.type != 'a'); });
        const std::uint64_t base = first->address.value;
        for (const core::Symbol& symbol : symbols) {
            const std::uint64_t address = symbol.address.value;
            if (m_shape.form == Form::OriginRelative) {
                put(address - m_shape.link, 4);
            } else if (m_shape.form == Form::PlaceRelative) {
                put(address - (m_shape.link + m_bytes.size()), 4);
            } else if (m_shape.form == Form::Plain) {
                put(address, m_shape.pointerBytes);
            } else if (!perCpu) {
                put(address - base, 4);
            } else {
                put(symbol.type == 'A' ? address : base - 1 - address, 4);
            }
        }
        align();
        if (m_shape.form == Form::Relative || perCpu) {
            put(base, m_shape.pointerBytes);
        }
    }

    void names(const std::vector<core::Symbol>& symbols)
    {
        align();
        put(symbols.size(), 4);
        align();
        const std::size_t begin = m_bytes.size();
        std::vector<std::size_t> markers;
        for (std::size_t i = 0; i < symbols.size(); ++i) {
            if (i % 256 == 0) {
                markers.push_back(m_bytes.size() - begin);
            }
            name(symbols[i].type + symbols[i].name);
        }
        align();
        for (const std::size_t marker : markers) {
            put(marker, m_shape.markerBytes);
        }
        align();
    }

    void name(const std::string& text)
    {
        std::vector<unsigned> packed;
        for (std::size_t at = 0; at < text.size();) {
            unsigned best = static_cast<unsigned char>(text[at]);
            for (unsigned i = 0; i < 256; ++i) {
                if (m_tokens[i].size() > m_tokens[best].size()
                    && text.compare(at, m_tokens[i].size(), m_tokens[i]) == 0) {
                    best = i;
                }
            }
            packed.push_back(best);
            at += m_tokens[best].size();
        }
        if (packed.size() > 0x7f) {
            put((packed.size() & 0x7fU) | 0x80U, 1);
            put(packed.size() >> 7U, 1);
        } else {
            put(packed.size(), 1);
        }
        for (const unsigned token : packed) {
            put(token, 1);
        }
    }

    void seqs(std::size_t count)
    {
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t seq = (i * 7919) % count;
            put(seq >> 16U, 1);
            put(seq >> 8U, 1);
            put(seq, 1);
        }
        align();
    }

    void tokens()
    {
        const std::size_t begin = m_bytes.size();
        std::vector<std::size_t> index;
        for (const std::string& token : m_tokens) {
            index.push_back(m_bytes.size() - begin);
            for (const char c : token) {
                put(static_cast<unsigned char>(c), 1);
            }
            put(0, 1);
        }
        align();
        for (const std::size_t distance : index) {
            put(distance, 2);
        }
        align();
    }

    KallsymsShape m_shape;
    std::array<std::string, 256> m_tokens;
    std::vector<std::byte> m_bytes;
};

/// `count` symbols like a kernel's: per-CPU ones from 0 on for 64 bits, then text from the usual link
/// address, several at one address now and then, and one name longer than 127 characters.
inline std::vector<core::Symbol> kernelLikeSymbols(std::size_t count, unsigned pointerBytes)
{
    std::vector<core::Symbol> symbols;
    std::uint64_t address = pointerBytes == 8 ? 0xffffffff81000000 : 0xc1000000;
    const std::size_t perCpu = pointerBytes == 8 ? 40 : 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string number = std::to_string(i);
        if (i < perCpu) {
            symbols.push_back({core::LinearAddress(i * 64), "pcpu_" + number, 'A'});
        } else if (i == perCpu) {
            symbols.push_back({core::LinearAddress(address), "_text", 'T'});
        } else {
            address += i % 5 == 0 ? 0 : 16 + i % 300;
            std::string name = (i % 3 == 0 ? "init_pgt_buf" : "do_work.") + number;
            if (i == 700) {
                name += std::string(150, 'x');
            }
            symbols.push_back({core::LinearAddress(address), name, i % 4 == 0 ? 'd' : 't'});
        }
    }
    return symbols;
}

} // namespace pgtscope::tests
