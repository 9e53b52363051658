// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/symbolstore.h"

#include "core/recording/compression.h"

namespace pgtscope::core {

Bytes packSymbols(std::span<const Symbol> symbols)
{
    Packer out;
    out.number(symbols.size());
    std::uint64_t last = 0;
    for (const Symbol& symbol : symbols) {
        out.difference(last, symbol.address.value);
        last = symbol.address.value;
        out.byte(static_cast<std::uint8_t>(symbol.type));
        out.text(symbol.name);
    }
    return out.take();
}

Result<std::vector<Symbol>> unpackSymbols(ByteView packed)
{
    Unpacker in(packed);
    const std::size_t count = in.count(3);
    if (count > maxRecordedSymbols)
        return failure("read the recording's symbols", "there are too many");
    std::vector<Symbol> symbols(count);
    std::uint64_t last = 0;
    for (Symbol& symbol : symbols) {
        symbol.address = LinearAddress(last = in.difference(last));
        symbol.type = static_cast<char>(in.byte());
        symbol.name = in.text();
    }
    if (!in.good() || !in.atEnd())
        return failure("read the recording's symbols", "they are damaged");
    return symbols;
}

Result<void> writeSymbols(Database& database, std::span<const Symbol> symbols, std::uint64_t slide)
{
    const Bytes packed = packSymbols(symbols);
    if (symbols.size() > maxRecordedSymbols || packed.size() > maxUnpackedBytes)
        return failure("store the symbols in " + database.path(), "there are too many");
    const Bytes data = compress(packed, slowCompression);
    ASSIGN_OR_RETURN(auto insert, database.prepare("INSERT OR REPLACE INTO symbols VALUES(1, ?, ?, ?, ?)"));
    return insert.bind(0, slide).bind(1, packed.size()).bind(2, contentHash(data)).bind(3, data).run();
}

} // namespace pgtscope::core
