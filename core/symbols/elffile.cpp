// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/elffile.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pgtscope::core {

namespace {

/// More program headers than any kernel has; a damaged count ends here.
constexpr std::size_t maxSegments = 64;

std::string elfProblem()
{
    const char* message = elf_errmsg(-1);
    return message != nullptr ? message : "unknown libelf error";
}

} // namespace

struct ElfFile::Descriptor {
    int fd = -1;
};

void ElfFile::CloseElf::operator()(Elf* elf) const { elf_end(elf); }

void ElfFile::CloseDescriptor::operator()(Descriptor* descriptor) const
{
    if (descriptor->fd >= 0) {
        ::close(descriptor->fd);
    }
    delete descriptor;
}

Result<ElfFile> ElfFile::open(const std::string& path)
{
    elf_version(EV_CURRENT);
    ElfFile file;
    file.m_descriptor.reset(new Descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)});
    struct stat status = {};
    if (file.m_descriptor->fd < 0 || ::fstat(file.m_descriptor->fd, &status) != 0) {
        return failure("open " + path, std::strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return failure("open " + path, "it is not a regular file");
    }
    file.m_bytes = static_cast<std::uint64_t>(status.st_size);
    file.m_elf.reset(elf_begin(file.m_descriptor->fd, ELF_C_READ, nullptr));
    RETURN_IF_ERROR(file.identify(path));
    return file;
}

Result<ElfFile> ElfFile::fromMemory(std::span<const std::byte> bytes, const std::string& name)
{
    elf_version(EV_CURRENT);
    ElfFile file;
    file.m_memory = bytes;
    file.m_bytes = bytes.size();
    // libelf takes char* for callers that write; nothing here does.
    auto* start = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
    file.m_elf.reset(elf_memory(start, bytes.size()));
    RETURN_IF_ERROR(file.identify(name));
    return file;
}

Result<void> ElfFile::identify(const std::string& name)
{
    const std::string tried = "read " + name + " as an ELF file";
    GElf_Ehdr header = {};
    if (!m_elf || elf_kind(m_elf.get()) != ELF_K_ELF || gelf_getehdr(m_elf.get(), &header) == nullptr) {
        return failure(tried, elfProblem());
    }
    const bool wide = header.e_machine == EM_X86_64 && header.e_ident[EI_CLASS] == ELFCLASS64;
    const bool narrow = header.e_machine == EM_386 && header.e_ident[EI_CLASS] == ELFCLASS32;
    if ((!wide && !narrow) || header.e_ident[EI_DATA] != ELFDATA2LSB) {
        return failure(tried, "it is not made for x86", "give the vmlinux or bzImage of an x86 kernel");
    }
    m_pointerBytes = wide ? 8 : 4;
    return {};
}

std::vector<KernelSegment> ElfFile::segments() const
{
    std::vector<KernelSegment> found;
    std::size_t count = 0;
    if (elf_getphdrnum(m_elf.get(), &count) != 0) {
        return found;
    }
    for (std::size_t i = 0; i < std::min(count, maxSegments); ++i) {
        GElf_Phdr header = {};
        if (gelf_getphdr(m_elf.get(), static_cast<int>(i), &header) == nullptr || header.p_type != PT_LOAD) {
            continue;
        }
        const bool inFile = header.p_offset <= m_bytes && header.p_filesz <= m_bytes - header.p_offset;
        if (inFile && header.p_filesz <= header.p_memsz) {
            found.push_back({LinearAddress(header.p_vaddr), PhysicalAddress(header.p_paddr), header.p_memsz,
                header.p_filesz, header.p_offset});
        }
    }
    return found;
}

std::string_view ElfFile::foreignKind() const
{
    GElf_Ehdr header = {};
    if (gelf_getehdr(m_elf.get(), &header) == nullptr) {
        return {};
    }
    if (header.e_type == ET_REL) {
        return "a kernel module or another object file";
    }
    if (header.e_type == ET_CORE) {
        return "a core dump";
    }
    std::size_t count = 0;
    elf_getphdrnum(m_elf.get(), &count);
    for (std::size_t i = 0; i < std::min(count, maxSegments); ++i) {
        GElf_Phdr segment = {};
        if (gelf_getphdr(m_elf.get(), static_cast<int>(i), &segment) != nullptr
            && segment.p_type == PT_INTERP) {
            return "a program of userspace";
        }
    }
    return {};
}

bool ElfFile::hasSection(std::string_view name) const
{
    std::size_t names = 0;
    if (elf_getshdrstrndx(m_elf.get(), &names) != 0) {
        return false;
    }
    for (Elf_Scn* section = elf_nextscn(m_elf.get(), nullptr); section != nullptr;
         section = elf_nextscn(m_elf.get(), section)) {
        GElf_Shdr header = {};
        if (gelf_getshdr(section, &header) == nullptr) {
            continue;
        }
        const char* text = elf_strptr(m_elf.get(), names, header.sh_name);
        if (text != nullptr && name == text) {
            return true;
        }
    }
    return false;
}

bool ElfFile::read(std::uint64_t offset, std::span<std::byte> into) const
{
    if (offset > m_bytes || into.size() > m_bytes - offset) {
        return false;
    }
    if (!m_descriptor) {
        std::memcpy(into.data(), m_memory.data() + offset, into.size());
        return true;
    }
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t got = ::pread(
            m_descriptor->fd, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        done += static_cast<std::size_t>(got);
    }
    return true;
}

} // namespace pgtscope::core
