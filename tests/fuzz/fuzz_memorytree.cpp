// SPDX-License-Identifier: GPL-2.0-or-later
// What QEMU's monitor prints: `info mtree -f`, and the connections of `info chardev`.
#include "gdb/qemu/rammap.h"
#include "gdb/stub/listener.h"
#include "tests/fuzz/input.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using pgtscope::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)hasPeer(text, "127.0.0.1:45276");
    const auto pieces = parseMemoryTree(text);
    if (!pieces)
        return 0;
    const core::RamMap ram = ramMapOf(*pieces);
    bool any = false;
    for (std::size_t at = 0; at < pieces->size(); ++at) {
        const RamPiece& piece = (*pieces)[at];
        require(piece.range.begin < piece.range.end);
        require(at == 0 || (*pieces)[at - 1].range.end <= piece.range.begin);
        require(pieceAt(*pieces, piece.range.begin, piece.range.bytes()) == &piece);
        require(pieceAt(*pieces, piece.range.begin, piece.range.bytes() + 1) == nullptr);
        require(piece.rom || ram.contains(piece.range.begin, piece.range.bytes()));
        any = any || !piece.rom;
    }
    require(any);
    return 0;
}
