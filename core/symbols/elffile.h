// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/address.h"
#include "core/base/error.h"

struct Elf;

namespace pgtscope::core {

/// One loadable segment of a kernel as linked.
struct KernelSegment {
    LinearAddress link; ///< Link-time linear address of its first byte.
    PhysicalAddress physical; ///< Physical address it is linked for, before physical KASLR.
    std::uint64_t memoryBytes = 0; ///< Size in memory; what lies after `fileBytes` is zero at start (bss).
    std::uint64_t fileBytes = 0; ///< Bytes that the file holds.
    std::uint64_t offset = 0; ///< Where they begin in the bytes that the segment came from.

    bool operator==(const KernelSegment&) const = default;
};

/// An x86 ELF file, 32 or 64 bits, on disk or in memory. Only what is asked for is read, so a vmlinux with a
/// gigabyte of DWARF costs no more than its symbol table.
class ElfFile {
public:
    /// Fails for a file that cannot be opened or is no little-endian x86 ELF file.
    static Result<ElfFile> open(const std::string& path);
    /// `bytes` must outlive the object and are not changed. `name` is what errors call it.
    static Result<ElfFile> fromMemory(std::span<const std::byte> bytes, const std::string& name);

    /// 4 or 8.
    unsigned pointerBytes() const { return m_pointerBytes; }
    /// PT_LOAD segments whose file part lies inside the file, in the file's order.
    std::vector<KernelSegment> segments() const;
    bool hasSection(std::string_view name) const;
    /// What it is if it is surely no kernel: "a kernel module …", "a program …"; empty otherwise.
    std::string_view foreignKind() const;
    /// Reads from the file; false unless all bytes are there.
    bool read(std::uint64_t offset, std::span<std::byte> into) const;
    /// For the other uses of libelf in this folder.
    Elf* handle() const { return m_elf.get(); }

private:
    struct CloseElf {
        void operator()(Elf* elf) const;
    };
    struct Descriptor;
    struct CloseDescriptor {
        void operator()(Descriptor* descriptor) const;
    };

    ElfFile() = default;
    Result<void> identify(const std::string& name);

    std::unique_ptr<Descriptor, CloseDescriptor> m_descriptor;
    std::span<const std::byte> m_memory;
    std::unique_ptr<Elf, CloseElf> m_elf; // closed before the descriptor it reads from
    std::uint64_t m_bytes = 0;
    unsigned m_pointerBytes = 0;
};

} // namespace pgtscope::core
