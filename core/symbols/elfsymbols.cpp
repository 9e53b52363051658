// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/elfsymbols.h"

#include <algorithm>
#include <cctype>
#include <climits>
#include <cstring>

#include <gelf.h>

namespace pgtscope::core {

namespace {

/// Longer than any kernel symbol; ends a name in a damaged string table.
constexpr std::size_t maxNameBytes = 4096;

/// nm's letter for what a section holds, from its flags alone.
char sectionLetter(const GElf_Shdr& header)
{
    if ((header.sh_flags & SHF_ALLOC) == 0) {
        return 'N';
    }
    if ((header.sh_flags & SHF_EXECINSTR) != 0) {
        return 'T';
    }
    if (header.sh_type == SHT_NOBITS) {
        return 'B';
    }
    return (header.sh_flags & SHF_WRITE) != 0 ? 'D' : 'R';
}

/// Letters by section index, so that a symbol costs no section look-up.
std::vector<char> sectionLetters(Elf* elf)
{
    std::vector<char> letters;
    for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
         section = elf_nextscn(elf, section)) {
        GElf_Shdr header = {};
        const std::size_t index = elf_ndxscn(section);
        letters.resize(std::max(letters.size(), index + 1), '?');
        if (gelf_getshdr(section, &header) != nullptr) {
            letters[index] = sectionLetter(header);
        }
    }
    return letters;
}

char typeLetter(const GElf_Sym& symbol, const std::vector<char>& letters)
{
    const unsigned char binding = GELF_ST_BIND(symbol.st_info);
    if (binding == STB_WEAK) {
        return GELF_ST_TYPE(symbol.st_info) == STT_OBJECT ? 'V' : 'W';
    }
    char letter = '?';
    if (symbol.st_shndx == SHN_ABS) {
        letter = 'A';
    } else if (symbol.st_shndx < letters.size()) {
        letter = letters[symbol.st_shndx];
    }
    return binding == STB_LOCAL ? static_cast<char>(std::tolower(letter)) : letter;
}

bool isWanted(const GElf_Sym& symbol)
{
    const unsigned char type = GELF_ST_TYPE(symbol.st_info);
    return symbol.st_shndx != SHN_UNDEF && type != STT_SECTION && type != STT_FILE;
}

/// The symbol table's section, if it is one that libelf can index.
Elf_Scn* symbolSection(Elf* elf, GElf_Shdr& header)
{
    for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
         section = elf_nextscn(elf, section)) {
        if (gelf_getshdr(section, &header) != nullptr && header.sh_type == SHT_SYMTAB) {
            return section;
        }
    }
    return nullptr;
}

} // namespace

Result<std::vector<Symbol>> readElfSymbols(const ElfFile& file, const std::string& name)
{
    Elf* elf = file.handle();
    GElf_Shdr header = {};
    Elf_Scn* section = symbolSection(elf, header);
    Elf_Data* data = section != nullptr ? elf_getdata(section, nullptr) : nullptr;
    if (data == nullptr || data->d_type != ELF_T_SYM) {
        return failure("read the symbols of " + name, "it has no symbol table",
            "give a vmlinux that has not been stripped");
    }
    const std::vector<char> letters = sectionLetters(elf);
    const std::size_t entryBytes = gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT);
    const std::size_t count = std::min<std::size_t>(data->d_size / entryBytes, INT_MAX);
    std::vector<Symbol> symbols;
    symbols.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Sym symbol = {};
        if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr || !isWanted(symbol)) {
            continue;
        }
        const char* text = elf_strptr(elf, header.sh_link, symbol.st_name);
        const std::size_t length = text != nullptr ? strnlen(text, maxNameBytes) : 0;
        if (length > 0) {
            symbols.push_back(
                {LinearAddress(symbol.st_value), std::string(text, length), typeLetter(symbol, letters)});
        }
    }
    return symbols;
}

} // namespace pgtscope::core
