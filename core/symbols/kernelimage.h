// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/address.h"
#include "core/base/error.h"
#include "core/symbols/elffile.h"

namespace pgtscope::core {

/// The text of `linux_banner` ("Linux version 6.1.0 … \n") and where it is linked. It is in .rodata and never
/// changes, so it shows a running kernel's place and identity.
struct KernelBanner {
    LinearAddress link;
    std::string text;

    bool operator==(const KernelBanner&) const = default;
};

enum class KernelFileKind {
    BzImage, ///< Boot image with a packed vmlinux inside.
    Elf, ///< vmlinux on disk; bytes() holds its loadable part only.
    PackedElf, ///< vmlinux that was inside another file; bytes() holds all of it.
    Raw, ///< Unpacked bytes without headers: no segments, no link addresses.
};

/// The bytes of an x86 Linux kernel as linked, whatever file they came in. Immutable.
class KernelImage {
public:
    /// Opens a bzImage, an ELF vmlinux, a unified kernel image, a Debian package, one of these packed by
    /// gzip, xz, zstd, lz4 or bzip2, or raw unpacked bytes. Of a vmlinux on disk only the loadable part is
    /// read; every kind is bounded by maxUnpackedBytes. A file that is surely no kernel is refused with what
    /// it is.
    static Result<KernelImage> open(const std::string& path);
    /// The same from bytes that hold the whole file; `name` is what errors call it.
    static Result<KernelImage> fromBytes(std::vector<std::byte> file, const std::string& name);

    KernelFileKind kind() const { return m_kind; }
    /// 4 or 8; 0 if unknown (raw).
    unsigned pointerBytes() const { return m_pointerBytes; }
    /// True if the file itself carries .debug_info, so that gdb gains by reading it.
    bool hasDwarf() const { return m_hasDwarf; }
    /// Bytes that KASLR's slide is a multiple of (CONFIG_PHYSICAL_ALIGN, from the setup header); 0 = unknown.
    std::uint64_t alignment() const { return m_alignment; }
    /// Loadable segments; their `offset` is an index into bytes().
    const std::vector<KernelSegment>& segments() const { return m_segments; }
    std::span<const std::byte> bytes() const { return m_bytes; }

    /// Reads at a link-time address; bss reads as zeros. False if not all of it lies in one segment.
    bool read(LinearAddress link, std::span<std::byte> into) const;
    /// Link-time address of the byte at `offset` in bytes(); nullopt outside every segment.
    std::optional<LinearAddress> linkAddress(std::uint64_t offset) const;
    /// The banner at `symbol` if the symbol table has linux_banner; else found by its text, for kernels that
    /// list no data symbols (CONFIG_KALLSYMS_ALL off, as in Debian's i386 ones).
    std::optional<KernelBanner> banner(std::optional<LinearAddress> symbol) const;

private:
    static Result<KernelImage> unwrap(std::vector<std::byte> file, const std::string& name, unsigned depth);
    static Result<KernelImage> fromBzImage(std::span<const std::byte> file, const std::string& name);
    static Result<KernelImage> fromElfBytes(std::vector<std::byte> bytes, const std::string& name);
    static Result<KernelImage> fromElfFile(const std::string& path);
    void describe(const ElfFile& elf);
    std::optional<std::string> bannerTextAt(std::uint64_t offset) const;
    std::optional<std::uint64_t> offsetOf(LinearAddress link) const;

    KernelFileKind m_kind = KernelFileKind::Raw;
    unsigned m_pointerBytes = 0;
    bool m_hasDwarf = false;
    std::uint64_t m_alignment = 0;
    std::vector<std::byte> m_bytes;
    std::vector<KernelSegment> m_segments;
};

} // namespace pgtscope::core
