// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <unistd.h>

namespace pgtscope::tests {

using Bytes = std::vector<std::byte>;

inline void append(Bytes& to, const void* from, std::size_t bytes)
{
    const auto* start = static_cast<const std::byte*>(from);
    to.insert(to.end(), start, start + bytes);
}

inline Bytes bytesOf(const std::string& text)
{
    Bytes bytes;
    append(bytes, text.data(), text.size());
    return bytes;
}

template <class T>
void putAt(Bytes& bytes, std::size_t offset, T value)
{
    std::memcpy(bytes.data() + offset, &value, sizeof value);
}

struct Elf64 {
    using Header = Elf64_Ehdr;
    using Segment = Elf64_Phdr;
    using Section = Elf64_Shdr;
    using Symbol = Elf64_Sym;
    using Word = std::uint64_t;
    static constexpr unsigned char elfClass = ELFCLASS64;
    static constexpr std::uint16_t machine = EM_X86_64;
};

struct Elf32 {
    using Header = Elf32_Ehdr;
    using Segment = Elf32_Phdr;
    using Section = Elf32_Shdr;
    using Symbol = Elf32_Sym;
    using Word = std::uint32_t;
    static constexpr unsigned char elfClass = ELFCLASS32;
    static constexpr std::uint16_t machine = EM_386;
};

/// A small vmlinux: one text segment whose content the test gives, and on demand a symbol table.
template <class Elf>
class VmlinuxBuilder {
public:
    static constexpr std::size_t contentAt = 4096;

    std::uint64_t link = 0xffffffff81000000;
    std::uint64_t physical = 0x1000000;
    std::uint64_t bssBytes = 0;
    Bytes content;
    std::vector<typename Elf::Symbol> symbols{{}};
    std::string names = std::string(1, '\0');
    bool stripped = true;
    bool dwarf = false;

    /// `section`: 1 = .text, 2 = .bss, or a reserved index such as SHN_ABS.
    void add(const std::string& name, std::uint64_t value, unsigned char info, std::uint16_t section)
    {
        typename Elf::Symbol symbol{};
        symbol.st_name = static_cast<Elf32_Word>(names.size());
        symbol.st_value = static_cast<typename Elf::Word>(value);
        symbol.st_info = info;
        symbol.st_shndx = section;
        symbols.push_back(symbol);
        names += name + '\0';
        stripped = false;
    }

    Bytes build() const
    {
        Bytes file(contentAt);
        file.insert(file.end(), content.begin(), content.end());
        typename Elf::Header header{};
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = Elf::elfClass;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_ident[EI_VERSION] = EV_CURRENT;
        header.e_type = ET_EXEC;
        header.e_machine = Elf::machine;
        header.e_version = EV_CURRENT;
        header.e_ehsize = sizeof(typename Elf::Header);
        header.e_phoff = sizeof header;
        header.e_phentsize = sizeof(typename Elf::Segment);
        header.e_phnum = 1;
        if (!stripped || dwarf) {
            addSections(file, header);
        }
        putAt(file, 0, header);
        putAt(file, sizeof header, segment());
        return file;
    }

private:
    using Word = typename Elf::Word;

    typename Elf::Segment segment() const
    {
        typename Elf::Segment segment{};
        segment.p_type = PT_LOAD;
        segment.p_offset = contentAt;
        segment.p_vaddr = static_cast<Word>(link);
        segment.p_paddr = static_cast<Word>(physical);
        segment.p_filesz = static_cast<Word>(content.size());
        segment.p_memsz = static_cast<Word>(content.size() + bssBytes);
        return segment;
    }

    void addSections(Bytes& file, typename Elf::Header& header) const
    {
        static const std::string sectionNames(
            "\0.text\0.bss\0.symtab\0.strtab\0.shstrtab\0.debug_info\0", 51);
        std::vector<typename Elf::Section> sections(1);
        sections.push_back(section(1, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, contentAt, content.size()));
        sections.push_back(section(7, SHT_NOBITS, SHF_ALLOC | SHF_WRITE, file.size(), bssBytes));
        sections.push_back(section(12, SHT_SYMTAB, 0, file.size(), symbols.size() * sizeof symbols[0]));
        sections.back().sh_link = 4;
        sections.back().sh_entsize = sizeof symbols[0];
        append(file, symbols.data(), symbols.size() * sizeof symbols[0]);
        sections.push_back(section(20, SHT_STRTAB, 0, file.size(), names.size()));
        append(file, names.data(), names.size());
        sections.push_back(section(28, SHT_STRTAB, 0, file.size(), sectionNames.size()));
        append(file, sectionNames.data(), sectionNames.size());
        if (dwarf) {
            sections.push_back(section(38, SHT_PROGBITS, 0, file.size(), 0));
        }
        if (stripped) {
            sections[3].sh_type = SHT_NOTE;
        }
        file.resize((file.size() + 7) / 8 * 8);
        header.e_shoff = static_cast<Word>(file.size());
        header.e_shentsize = sizeof(typename Elf::Section);
        header.e_shnum = static_cast<std::uint16_t>(sections.size());
        header.e_shstrndx = 5;
        append(file, sections.data(), sections.size() * sizeof sections[0]);
    }

    static typename Elf::Section section(std::uint32_t name, std::uint32_t type, std::uint64_t flags,
        std::uint64_t offset, std::uint64_t bytes)
    {
        typename Elf::Section section{};
        section.sh_name = name;
        section.sh_type = type;
        section.sh_flags = static_cast<Word>(flags);
        section.sh_offset = static_cast<Word>(offset);
        section.sh_size = static_cast<Word>(bytes);
        section.sh_addralign = 1;
        return section;
    }
};

/// Packs with one of libarchive's filters: "gzip", "xz" ….
inline Bytes packed(const Bytes& plain, const char* filter)
{
    Bytes result(plain.size() * 2 + 65536);
    std::size_t used = 0;
    archive* writer = archive_write_new();
    archive_write_set_format_raw(writer);
    archive_write_add_filter_by_name(writer, filter);
    // Without this the last block would be padded with zeros.
    archive_write_set_bytes_in_last_block(writer, 1);
    archive_write_open_memory(writer, result.data(), result.size(), &used);
    archive_entry* entry = archive_entry_new();
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_write_header(writer, entry);
    archive_write_data(writer, plain.data(), plain.size());
    archive_entry_free(entry);
    archive_write_close(writer);
    archive_write_free(writer);
    result.resize(used);
    return result;
}

/// The legacy LZ4 frame that kernels use, with literals only: blocks of at most 8 MiB, each after its size.
inline Bytes packedLegacyLz4(const Bytes& plain)
{
    Bytes result;
    append(result, "\x02\x21\x4c\x18", 4);
    Bytes block{std::byte{0xf0}};
    std::size_t rest = plain.size() - 15;
    for (; rest >= 255; rest -= 255) {
        block.push_back(std::byte{255});
    }
    block.push_back(static_cast<std::byte>(rest));
    block.insert(block.end(), plain.begin(), plain.end());
    const auto size = static_cast<std::uint32_t>(block.size());
    append(result, &size, sizeof size);
    result.insert(result.end(), block.begin(), block.end());
    return result;
}

inline Bytes withSizeAppended(Bytes payload, std::size_t unpackedBytes)
{
    const auto size = static_cast<std::uint32_t>(unpackedBytes);
    append(payload, &size, sizeof size);
    return payload;
}

/// A boot image with one setup sector, and the payload 64 bytes into the protected-mode part.
inline Bytes bzImage(const Bytes& payload)
{
    Bytes file(2 * 512 + 64);
    putAt<std::uint8_t>(file, 0x1f1, 1);
    putAt<std::uint16_t>(file, 0x1fe, 0xaa55);
    putAt<std::uint32_t>(file, 0x202, 0x53726448);
    putAt<std::uint16_t>(file, 0x206, 0x20f);
    putAt<std::uint32_t>(file, 0x230, 0x200000);
    putAt<std::uint32_t>(file, 0x248, 64);
    putAt<std::uint32_t>(file, 0x24c, static_cast<std::uint32_t>(payload.size()));
    file.insert(file.end(), payload.begin(), payload.end());
    return file;
}

/// A unified kernel image: a PE file whose sections are padded, with the kernel in ".linux".
inline Bytes unifiedKernelImage(const Bytes& kernel)
{
    constexpr std::size_t header = 0x80;
    constexpr std::size_t optionalBytes = 0xf0;
    constexpr std::size_t first = header + 24 + optionalBytes;
    constexpr std::size_t osrelAt = 0x400;
    constexpr std::size_t kernelAt = 0x600;
    Bytes file(kernelAt);
    std::memcpy(file.data(), "MZ", 2);
    putAt<std::uint32_t>(file, 0x3c, header);
    std::memcpy(file.data() + header, "PE\0\0", 4);
    putAt<std::uint16_t>(file, header + 6, 2);
    putAt<std::uint16_t>(file, header + 20, optionalBytes);
    const auto section = [&](std::size_t at, const char* name, std::size_t bytes, std::size_t offset) {
        std::memcpy(file.data() + at, name, std::strlen(name));
        putAt<std::uint32_t>(file, at + 8, static_cast<std::uint32_t>(bytes));
        putAt<std::uint32_t>(file, at + 16, static_cast<std::uint32_t>((bytes + 511) / 512 * 512));
        putAt<std::uint32_t>(file, at + 20, static_cast<std::uint32_t>(offset));
    };
    section(first, ".osrel", 20, osrelAt);
    section(first + 40, ".linux", kernel.size(), kernelAt);
    file.insert(file.end(), kernel.begin(), kernel.end());
    file.resize((file.size() + 511) / 512 * 512);
    return file;
}

/// A member of an archive of ar(1), as deb(5) has it.
inline void appendMember(Bytes& archive, const std::string& name, const Bytes& content)
{
    char header[61];
    std::snprintf(header, sizeof header, "%-16s%-12d%-6d%-6d%-8s%-10zu`\n", name.c_str(), 0, 0, 0, "100644",
        content.size());
    append(archive, header, 60);
    archive.insert(archive.end(), content.begin(), content.end());
    archive.resize((archive.size() + 1) / 2 * 2, std::byte{'\n'});
}

/// A Debian package with one file in it.
inline Bytes debPackage(const std::string& path, const Bytes& content)
{
    Bytes tar(content.size() + 65536);
    std::size_t used = 0;
    archive* writer = archive_write_new();
    archive_write_set_format_gnutar(writer);
    archive_write_open_memory(writer, tar.data(), tar.size(), &used);
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, ("./" + path).c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_write_header(writer, entry);
    archive_write_data(writer, content.data(), content.size());
    archive_entry_free(entry);
    archive_write_close(writer);
    archive_write_free(writer);
    tar.resize(used);
    Bytes package = bytesOf("!<arch>\n");
    appendMember(package, "debian-binary", bytesOf("2.0\n"));
    appendMember(package, "control.tar.xz", bytesOf("not looked at"));
    appendMember(package, "data.tar.xz", packed(tar, "xz"));
    return package;
}

/// A file that is gone with the object.
class TemporaryFile {
public:
    explicit TemporaryFile(const Bytes& content)
        : m_path((std::filesystem::temp_directory_path()
            / ("pgtscope-test-" + std::to_string(::getpid()) + "-" + std::to_string(next())))
                     .string())
    {
        std::ofstream(m_path, std::ios::binary)
            .write(
                reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { std::remove(m_path.c_str()); }

    const std::string& path() const { return m_path; }

private:
    static int next()
    {
        static int count = 0;
        return ++count;
    }
    std::string m_path;
};

} // namespace pgtscope::tests
