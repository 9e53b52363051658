// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "gdb/mi/miparser.h"

using namespace pgtscope::gdb;

namespace {

MiRecord parsed(std::string_view line)
{
    auto record = parseMiLine(line);
    INFO(line);
    REQUIRE(record);
    return *record;
}

} // namespace

TEST_CASE("A result record carries its token, its class and its results")
{
    const MiRecord record = parsed(R"(42^done,value="0x10",frame={level="0",args=[]})");
    CHECK(record.kind == MiRecord::Kind::Result);
    CHECK(record.token == 42U);
    CHECK(record.name == "done");
    CHECK(record.results.numberOf("value") == 0x10U);
    REQUIRE(record.results.find("frame") != nullptr);
    CHECK(record.results.find("frame")->numberOf("level") == 0U);
    CHECK(record.results.find("frame")->find("args")->kind == MiValue::Kind::List);
}

TEST_CASE("Each first character selects a kind of record")
{
    using Kind = MiRecord::Kind;
    CHECK(parsed("^done").kind == Kind::Result);
    CHECK(parsed("*running,thread-id=\"all\"").kind == Kind::Exec);
    CHECK(parsed("+download,{section=\".text\"}").kind == Kind::Status);
    CHECK(parsed("=thread-created,id=\"1\",group-id=\"i1\"").kind == Kind::Notify);
    CHECK(parsed("~\"a\"").kind == Kind::Console);
    CHECK(parsed("@\"a\"").kind == Kind::Target);
    CHECK(parsed("&\"a\"").kind == Kind::Log);
    CHECK(parsed("(gdb) ").kind == Kind::Prompt);
    CHECK(parsed("(gdb)").kind == Kind::Prompt);
}

TEST_CASE("Strings are decoded to bytes")
{
    CHECK(parsed(R"(~"a\tb\n\"\\\033[0m")").text == "a\tb\n\"\\\033[0m");
    CHECK(parsed(R"(~"\303\274\xe9\0")").text == std::string("\303\274\xe9\0", 4));
    CHECK(parsed(R"(~"\1012")").text == "A2");
    CHECK(parsed(R"(~"\x414")").text == "A4");
    CHECK(parsed("~\"raw \xff byte\"").text == "raw \xff byte");
}

TEST_CASE("Lists hold values or results, and nest")
{
    const MiRecord record = parsed(R"(^done,a=["x","y"],b=[frame={n="1"},frame={n="2"}],c=[[],[{}]])");
    const MiValue* a = record.results.find("a");
    REQUIRE(a->items.size() == 2);
    CHECK(a->items[1].value.text == "y");
    CHECK(a->items[1].name.empty());
    const MiValue* b = record.results.find("b");
    REQUIRE(b->items.size() == 2);
    CHECK(b->items[1].name == "frame");
    CHECK(b->items[1].value.numberOf("n") == 2U);
    CHECK(record.results.find("c")->items[1].value.items[0].value.kind == MiValue::Kind::Tuple);
}

TEST_CASE("Values without a name are accepted where gdb leaves the name out")
{
    const MiRecord many = parsed(R"(^done,bkpt={number="1"},{number="1.1"},{number="1.2"})");
    CHECK(many.results.items.size() == 3);
    CHECK(many.results.items[2].value.textOf("number") == "1.2");
    CHECK(parsed(R"(^done,script={"silent","continue"})").results.find("script")->items.size() == 2);
}

TEST_CASE("Numbers are read in decimal and hexadecimal, and only numbers")
{
    const MiValue results
        = parsed(R"(^done,d="12",h="0xffffffffffffffff",t="12abc",n="",x="0x",l=["1"])").results;
    CHECK(results.numberOf("d") == 12U);
    CHECK(results.numberOf("h") == 0xffffffffffffffffU);
    CHECK(results.numberOf("t") == 12U);
    CHECK_FALSE(results.numberOf("n"));
    CHECK_FALSE(results.numberOf("x"));
    CHECK_FALSE(results.numberOf("l"));
    CHECK_FALSE(results.numberOf("missing"));
}

TEST_CASE("What is not a record gives an error that says where")
{
    for (const char* line :
        {"", "hello", "12", "^", "^done,", "^done,a", "^done,a=", "^done,a=\"x", "^done,a={",
            "^done,a={b=\"1\"", "^done,a=[\"1\",]", "^done,a=\"1\"]", "~", "~\"", "~\"a\\", "~\"\\q\"",
            "~\"\\x\"", "~\"a\"b", "99999999999999999999999^done", "^done,a={b=\"1\"]", "(gdb) x"}) {
        INFO(line);
        auto record = parseMiLine(line);
        REQUIRE_FALSE(record);
        CHECK(record.error().happened.find("at byte ") != std::string::npos);
    }
}

TEST_CASE("Every truncation of a good line is refused or shorter, never more")
{
    const std::string line
        = R"(7*stopped,reason="breakpoint-hit",frame={args=[{name="a",value="\"1\\"}]},core="0")";
    REQUIRE(parseMiLine(line));
    for (std::size_t length = 0; length < line.size(); ++length) {
        auto record = parseMiLine(std::string_view(line).substr(0, length));
        if (record)
            CHECK(record->results.items.size() <= 2);
    }
}

TEST_CASE("Nesting is bounded")
{
    const auto nested
        = [](std::size_t depth) { return "^done,a=" + std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(parseMiLine(nested(miMaxDepth)));
    CHECK_FALSE(parseMiLine(nested(miMaxDepth + 1)));
    CHECK_FALSE(parseMiLine(nested(1000000)));
}

TEST_CASE("The number of values is bounded")
{
    std::string line = "^done,a=[";
    for (std::size_t count = 0; count < miMaxValues + 1; ++count)
        line += "{},";
    line.back() = ']';
    auto record = parseMiLine(line);
    REQUIRE_FALSE(record);
    CHECK(record.error().happened.find("too many values") != std::string::npos);
}
