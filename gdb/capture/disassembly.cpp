// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/capture/disassembly.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "core/base/numbers.h"

namespace pgtscope::gdb {

namespace {

/// A function that begins further back is not disassembled from its begin, in bytes.
constexpr std::uint64_t maxBefore = 1024;
/// At 15 bytes at most an instruction (SDM vol. 2, 2.3.11) there are at least four of them, about 16 as a
/// rule.
constexpr std::uint64_t bytesBehind = 64;
constexpr std::ptrdiff_t linesBefore = 12;
constexpr std::size_t maxLines = 400;
constexpr int maxSourceLines = 200'000;

/// gdb writes tabs for the columns of a terminal, which are not wanted here.
std::string withoutTabs(std::string_view text)
{
    std::string plain;
    for (const char c : text)
        if (c != '\t' || plain.empty() || plain.back() != ' ')
            plain += c == '\t' ? ' ' : c;
    return plain;
}

/// Debug information is as good as the file that it came from: only what is named like source is opened.
std::string sourceLine(const std::string& path, std::uint64_t line)
{
    const std::filesystem::path name(path);
    const std::set<std::string> suffixes{".c", ".h", ".S", ".s", ".cpp", ".rs"};
    if (!suffixes.contains(name.extension().string()) || line == 0 || line > maxSourceLines)
        return {};
    std::error_code error;
    if (!std::filesystem::is_regular_file(name, error))
        return {};
    std::ifstream file(name);
    std::string text;
    for (std::uint64_t i = 0; i < line; ++i)
        if (!std::getline(file, text))
            return {};
    const auto begin = text.find_first_not_of(" \t");
    return begin == std::string::npos ? std::string() : withoutTabs(text.substr(begin));
}

void addInstructions(const MiValue& list, std::string source, std::vector<core::CodeLine>& lines)
{
    for (const MiResult& item : list.items) {
        const auto address = item.value.numberOf("address");
        if (!address || lines.size() >= maxLines)
            continue;
        core::CodeLine line;
        line.address = core::LinearAddress(*address);
        line.bytes = item.value.textOf("opcodes");
        line.text = withoutTabs(item.value.textOf("inst"));
        line.source = std::exchange(source, {});
        lines.push_back(std::move(line));
    }
}

core::Result<MiRecord> ask(Target& target, const std::string& command)
{
    core::Result<MiRecord> answer = core::failure("disassemble", "gdb gave no answer");
    target.submit(
        command, [&](core::Result<MiRecord> result, const std::string&) { answer = std::move(result); });
    RETURN_IF_ERROR(target.awaitAll());
    return answer;
}

std::vector<core::CodeLine> disassemble(
    Target& target, core::LinearAddress begin, core::LinearAddress end, bool source)
{
    // Modes of gdb's -data-disassemble: 2 shows the bytes, 5 also the source, both in the order of addresses.
    const auto answer = ask(target,
        "-data-disassemble -s " + core::hexText(begin.value) + " -e " + core::hexText(end.value)
            + (source ? " -- 5" : " -- 2"));
    return answer ? codeLinesOf(*answer) : std::vector<core::CodeLine>();
}

} // namespace

std::vector<core::CodeLine> codeLinesOf(const MiRecord& record)
{
    std::vector<core::CodeLine> lines;
    const MiValue* list = record.results.find("asm_insns");
    if (!list)
        return lines;
    addInstructions(*list, {}, lines);
    for (const MiResult& item : list->items) {
        const MiValue* instructions = item.value.find("line_asm_insn");
        if (!instructions)
            continue;
        const std::uint64_t number = item.value.numberOf("line").value_or(0);
        std::string source = std::string(item.value.textOf("file")) + ":" + std::to_string(number);
        const std::string text = sourceLine(std::string(item.value.textOf("fullname")), number);
        addInstructions(*instructions, text.empty() ? source : source + "  " + text, lines);
    }
    return lines;
}

std::vector<core::CodeLine> disassembleAround(
    Target& target, const core::Snapshot& snapshot, const core::SymbolTable* symbols, bool source)
{
    const core::CpuState& cpu = snapshot.cpu();
    if ((cpu.control.efer & core::eferLma) == 0)
        return {};
    const auto symbol = symbols ? symbols->at(cpu.rip) : std::nullopt;
    const std::uint64_t before = symbol && symbol->offset <= maxBefore ? symbol->offset : 0;
    const core::LinearAddress end(cpu.rip.value + bytesBehind);
    auto lines = disassemble(target, core::LinearAddress(cpu.rip.value - before), end, source);
    const auto atRip = [&] {
        return std::find_if(
            lines.begin(), lines.end(), [&](const auto& line) { return line.address == cpu.rip; });
    };
    // A symbol in the middle of data, or code that jumps into an instruction: RIP itself is beyond doubt.
    if (before != 0 && atRip() == lines.end())
        lines = disassemble(target, cpu.rip, end, source);
    const auto here = atRip();
    if (here == lines.end())
        return {};
    if (here - lines.begin() > linesBefore)
        lines.erase(lines.begin(), here - linesBefore);
    return lines;
}

std::vector<core::CodeLine> codeAt(GuestSession& session, const core::Snapshot& snapshot)
{
    return disassembleAround(session.target(), snapshot, session.placed() ? &session.symbols() : nullptr,
        session.kernel().knowsInlined());
}

} // namespace pgtscope::gdb
