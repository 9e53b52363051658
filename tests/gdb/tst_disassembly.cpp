// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <fstream>

#include "gdb/capture/disassembly.h"
#include "gdb/mi/miparser.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;

namespace {

std::vector<core::CodeLine> linesOf(const std::string& answer)
{
    const auto record = gdb::parseMiLine(answer);
    REQUIRE(record.has_value());
    return gdb::codeLinesOf(*record);
}

} // namespace

TEST_CASE("instructions with their bytes")
{
    const auto lines
        = linesOf(R"(1^done,asm_insns=[{address="0xffffffff81000000",func-name="startup_64",offset="0",)"
                  R"(opcodes="48 8d 25 51",inst="lea\t0x151(%rip),%rsp"},)"
                  R"({address="0xffffffff81000007",opcodes="c3",inst="ret    "}])");
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].address == core::LinearAddress(0xffffffff81000000));
    CHECK(lines[0].bytes == "48 8d 25 51");
    CHECK(lines[0].text == "lea 0x151(%rip),%rsp");
    CHECK(lines[1].address == core::LinearAddress(0xffffffff81000007));
}

TEST_CASE("a line of source stands at the first instruction that it became, if its file can be read")
{
    const test::TemporaryDirectory directory;
    const std::string file = (directory.path() / "init.c").string();
    std::ofstream(file) << "int\nmain()\n{\n\treturn f();\n}\n";
    const auto answer = [&](const std::string& name) {
        return R"(1^done,asm_insns=[src_and_asm_line={line="4",file="init.c",fullname=")" + name
            + R"(",line_asm_insn=[{address="0x10",inst="call 0x20"},{address="0x15",inst="ret"}]}])";
    };
    const auto lines = linesOf(answer(file));
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].source == "init.c:4  return f();");
    CHECK(lines[1].source.empty());
    CHECK(linesOf(answer("/nowhere/init.c")).front().source == "init.c:4");
    CHECK(linesOf(answer("/etc/hostname")).front().source == "init.c:4");
}

TEST_CASE("an answer that is something else gives no lines")
{
    CHECK(linesOf("1^done").empty());
    CHECK(linesOf(R"(1^done,asm_insns="no")").empty());
    CHECK(linesOf(R"(1^done,asm_insns=[{inst="nop"},{address="x",inst="nop"}])").empty());
}
