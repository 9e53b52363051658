// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/symbols/symbolsource.h"

namespace pgtscope::core {

/// $XDG_CACHE_HOME/pgtscope/symbols, by default ~/.cache/pgtscope/symbols.
std::filesystem::path defaultSymbolCache();

/// Decoded symbols of kernel files, so that a kernel is unpacked once and not at every start. An entry's name
/// is the hash of the kernel file's content; what it holds is checked before it is believed, and a damaged or
/// foreign entry is as good as none. Entries are written whole or not at all.
class SymbolCache {
public:
    explicit SymbolCache(std::filesystem::path directory = defaultSymbolCache())
        : m_directory(std::move(directory))
    {
    }

    /// As the other loadKernelSymbols(), from the cache if available there. Failing to store them is no
    /// error.
    Result<KernelSymbols> load(const std::string& path) const;
    /// As loadKernelFile(), likewise.
    Result<KernelSymbols> loadFile(const std::string& path) const;

    /// The entry for a file of that content; for tests.
    std::filesystem::path entryOf(std::span<const std::byte> content) const;

private:
    void store(const std::filesystem::path& entry, const KernelSymbols& symbols) const;
    void prune() const;

    std::filesystem::path m_directory;
};

/// Everything of `symbols` but its path, with a hash over it.
std::vector<std::byte> packKernelSymbols(const KernelSymbols& symbols);
/// nullopt for bytes that packKernelSymbols() did not write, or not in this form.
std::optional<KernelSymbols> unpackKernelSymbols(std::span<const std::byte> packed);

} // namespace pgtscope::core
