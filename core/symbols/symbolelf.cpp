// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/symbolelf.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <vector>

#include <elf.h>

namespace pgtscope::core {

namespace {

/// What follows the last symbol belongs to it; SymbolTable::at() has a limit of this kind.
constexpr std::uint64_t lastBytes = 0x10000;
/// A kernel has some ten runs of code and of data; a hostile table could have one a symbol. The rest is then
/// taken for what the last run holds.
constexpr std::size_t maxRuns = 4096;

/// A symbol of the file to be written.
struct Placed {
    std::uint64_t address;
    const Symbol* symbol;
    bool code;
};

/// Addresses up to the next run's that hold code, or data.
struct Run {
    std::uint64_t begin;
    bool code;
};

bool isTextLetter(char type) { return type == 'T' || type == 't'; }
bool isCodeLetter(char type) { return isTextLetter(type) || type == 'W' || type == 'w' || type == 'i'; }

/// The symbols that are places in memory, by run-time address.
std::vector<Placed> placedSymbols(const SymbolTable& table)
{
    const std::vector<Symbol>& all = table.symbols();
    const auto text = std::find_if(
        all.begin(), all.end(), [](const Symbol& symbol) { return isTextLetter(symbol.type); });
    std::vector<Placed> placed;
    if (all.empty() || text == all.end())
        return placed;
    constexpr std::uint64_t narrow = 0xffffffff;
    const std::uint64_t mask = all.back().address.value <= narrow ? narrow : ~std::uint64_t{0};
    for (auto symbol = text; symbol != all.end(); ++symbol)
        if (symbol->type != 'A' && symbol->type != 'a')
            placed.push_back(
                {(symbol->address.value + table.slide()) & mask, &*symbol, isCodeLetter(symbol->type)});
    std::stable_sort(
        placed.begin(), placed.end(), [](const Placed& a, const Placed& b) { return a.address < b.address; });
    return placed;
}

template <class Record>
void append(std::string& file, const Record& record)
{
    // Records of the ELF format are plain numbers; x86 is little-endian, as is every host of QEMU that we run
    // on.
    file.append(reinterpret_cast<const char*>(&record), sizeof record);
}

Elf64_Ehdr headerOf(std::uint64_t sectionsAt, std::size_t sections)
{
    Elf64_Ehdr header{};
    std::copy_n(ELFMAG, SELFMAG, header.e_ident);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_shoff = sectionsAt;
    header.e_ehsize = sizeof header;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<Elf64_Half>(sections);
    header.e_shstrndx = static_cast<Elf64_Half>(sections - 1);
    return header;
}

constexpr char sectionNames[] = "\0.text\0.data\0.symtab\0.strtab";
constexpr Elf64_Word textName = 1;
constexpr Elf64_Word dataName = 7;
constexpr Elf64_Word symtabName = 13;
constexpr Elf64_Word strtabName = 21;

struct Tables {
    std::vector<Run> runs;
    std::string symbols; ///< Elf64_Sym one after another, local ones first.
    std::string names;
    Elf64_Word locals = 1;
};

void addSymbols(Tables& tables, const std::vector<Placed>& placed, bool local)
{
    std::size_t run = 0;
    for (const Placed& one : placed) {
        while (run + 1 < tables.runs.size() && tables.runs[run + 1].begin <= one.address)
            ++run;
        if ((std::islower(static_cast<unsigned char>(one.symbol->type)) != 0) != local)
            continue;
        Elf64_Sym symbol{};
        symbol.st_name = static_cast<Elf64_Word>(tables.names.size());
        symbol.st_info = static_cast<unsigned char>(
            ELF64_ST_INFO(local ? STB_LOCAL : STB_GLOBAL, one.code ? STT_FUNC : STT_OBJECT));
        symbol.st_shndx = static_cast<Elf64_Half>(run + 1);
        symbol.st_value = one.address;
        append(tables.symbols, symbol);
        tables.names.append(one.symbol->name.c_str());
        tables.names += '\0';
        tables.locals += local ? 1U : 0U;
    }
}

Tables tablesOf(const std::vector<Placed>& placed)
{
    Tables tables;
    for (const Placed& one : placed)
        if (tables.runs.empty()
            || (one.code != tables.runs.back().code && one.address != tables.runs.back().begin
                && tables.runs.size() < maxRuns))
            tables.runs.push_back({one.address, one.code});
    tables.names += '\0';
    append(tables.symbols, Elf64_Sym{});
    addSymbols(tables, placed, true);
    addSymbols(tables, placed, false);
    return tables;
}

void appendSections(std::string& file, const Tables& tables, std::uint64_t end)
{
    append(file, Elf64_Shdr{});
    for (std::size_t i = 0; i < tables.runs.size(); ++i) {
        const Run& run = tables.runs[i];
        Elf64_Shdr section{};
        section.sh_name = run.code ? textName : dataName;
        section.sh_type = SHT_NOBITS;
        section.sh_flags = static_cast<Elf64_Xword>(SHF_ALLOC | (run.code ? SHF_EXECINSTR : SHF_WRITE));
        section.sh_addr = run.begin;
        section.sh_size = (i + 1 < tables.runs.size() ? tables.runs[i + 1].begin : end) - run.begin;
        section.sh_addralign = 1;
        append(file, section);
    }
    const auto strings = static_cast<Elf64_Word>(tables.runs.size() + 2);
    Elf64_Shdr symtab{};
    symtab.sh_name = symtabName;
    symtab.sh_type = SHT_SYMTAB;
    symtab.sh_offset = sizeof(Elf64_Ehdr);
    symtab.sh_size = tables.symbols.size();
    symtab.sh_link = strings;
    symtab.sh_info = tables.locals;
    symtab.sh_addralign = 8;
    symtab.sh_entsize = sizeof(Elf64_Sym);
    append(file, symtab);
    Elf64_Shdr strtab{};
    strtab.sh_name = strtabName;
    strtab.sh_type = SHT_STRTAB;
    strtab.sh_offset = symtab.sh_offset + symtab.sh_size;
    strtab.sh_size = tables.names.size();
    strtab.sh_addralign = 1;
    append(file, strtab);
    strtab.sh_offset += strtab.sh_size;
    strtab.sh_size = sizeof sectionNames;
    append(file, strtab);
}

} // namespace

std::string symbolElf(const SymbolTable& symbols)
{
    const std::vector<Placed> placed = placedSymbols(symbols);
    if (placed.empty())
        return {};
    const Tables tables = tablesOf(placed);
    const std::string sections(sectionNames, sizeof sectionNames);
    const std::uint64_t last = placed.back().address;
    const std::uint64_t end = last + std::min(lastBytes, ~std::uint64_t{0} - last);
    std::string file;
    append(file,
        headerOf(sizeof(Elf64_Ehdr) + tables.symbols.size() + tables.names.size() + sections.size(),
            tables.runs.size() + 4));
    file += tables.symbols + tables.names + sections;
    appendSections(file, tables, end);
    return file;
}

} // namespace pgtscope::core
