// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/symbols/kernelimage.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::core {

enum class SymbolOrigin {
    Kallsyms, ///< The tables inside the kernel image.
    ElfSymbols, ///< The .symtab of a vmlinux.
    SystemMap,
};

/// The symbols of a kernel and what else its file holds.
struct KernelSymbols {
    std::string path; ///< The file as given.
    SymbolOrigin origin = SymbolOrigin::Kallsyms;
    SymbolTable table; ///< Slide 0 until it is set. C++ and Rust symbols have both their names, see
                       ///< plainName().
    unsigned pointerBytes = 8; ///< 4 or 8.
    /// Link address of `_text`, the first byte of the kernel. A kernel's symbols need not list it, then it is
    /// the start of its first segment.
    std::optional<LinearAddress> text;
    std::optional<KernelBanner> banner; ///< Nothing for a System.map, which holds no bytes.
    std::uint64_t alignment = 0; ///< KASLR moves by multiples of this many bytes; 0 = unknown.
    std::vector<KernelSegment> segments; ///< As linked; empty for a System.map.
    std::string gdbFile; ///< What gdb can load: the path of an ELF vmlinux; empty otherwise.
    bool hasDwarf = false; ///< `gdbFile` has types and lines.
    /// Why `table` is empty although the file is a kernel: its tables can be walked without names.
    std::optional<Error> undecoded;
};

/// Reads a kernel, however it is packed (KernelImage::open(): the .symtab of an ELF file, or kallsyms), or a
/// System.map or saved /proc/kallsyms: the content decides which it is, not the name. A kernel that is
/// stripped or whose symbols cannot be decoded is no Error: `undecoded` says so.
Result<KernelSymbols> loadKernelFile(const std::string& path);
/// The same for who needs symbols: a kernel without is an Error.
Result<KernelSymbols> loadKernelSymbols(const std::string& path);

} // namespace pgtscope::core
