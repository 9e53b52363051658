// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "testpaths.h"

using namespace pgtscope::core;

TEST_CASE("JSON is valid whatever bytes a text holds")
{
    for (unsigned byte = 0; byte < 256; ++byte) {
        const std::string text{'a', static_cast<char>(byte), 'z'};
        const nlohmann::json json{{"key", text}, {text, 1}};
        nlohmann::ordered_json ordered;
        ordered["key"] = text;
        for (const std::string& written :
            {jsonLine(json), jsonBlock(json), jsonAscii(json), jsonOrdered(ordered, 2)}) {
            const auto read = nlohmann::json::parse(written, nullptr, false);
            REQUIRE(read.is_object());
            CHECK(read["key"] == (byte < 0x80 ? text : "a\xef\xbf\xbdz"));
        }
        CHECK(nlohmann::json::parse(jsonText(text), nullptr, false).is_string());
        CHECK(jsonText(text).find('\n') == std::string::npos);
    }
}

TEST_CASE("JSON that is written piece by piece has its commas and lines where they belong")
{
    std::string text;
    JsonStream stream(text);
    stream.open('{');
    stream.key("none");
    stream.null();
    stream.key("list");
    stream.open('[');
    for (const unsigned number : {7U, 31U}) {
        stream.newLine();
        stream.open('{');
        stream.key("hex");
        stream.hex(number);
        stream.key("number");
        stream.number(number);
        stream.close('}');
    }
    stream.newLine();
    stream.close(']');
    stream.key("empty");
    stream.open('[');
    stream.close(']');
    stream.key("text");
    stream.text("a\"\xff");
    stream.key("flag");
    stream.flag(true);
    stream.close('}');
    CHECK(text
        == "{\"none\":null,\"list\":[\n{\"hex\":\"0x7\",\"number\":7},\n{\"hex\":\"0x1f\",\"number\":31}\n],"
           "\"empty\":[],\"text\":\"a\\\"\xef\xbf\xbd\",\"flag\":true}");
    CHECK(nlohmann::json::parse(text, nullptr, false).is_object());
}

TEST_CASE("JSON that a person reads has blanks, but for what begins a line")
{
    std::string text;
    JsonStream stream(text, JsonStream::Blanks::One);
    stream.open('{');
    stream.key("a");
    stream.number(1);
    stream.key("b");
    stream.number(2);
    stream.newLine();
    stream.key("list");
    stream.open('[');
    for (const unsigned number : {3U, 4U}) {
        stream.newLine();
        stream.number(number);
    }
    stream.newLine();
    stream.close(']');
    stream.close('}');
    CHECK(text == "{\"a\": 1, \"b\": 2,\n\"list\": [\n3,\n4\n]}");
}

TEST_CASE("JSON of a page is ASCII") { CHECK(jsonAscii("\xc3\xa4\xff") == R"("\u00e4\ufffd")"); }

TEST_CASE("nothing but the one writer makes text of JSON")
{
    namespace fs = std::filesystem;
    std::vector<std::string> others;
    for (const char* room : {"core", "gdb", "views", "app"})
        for (const auto& file :
            fs::recursive_directory_iterator(fs::path(pgtscope::test::projectDirectory) / room)) {
            if (!file.is_regular_file() || file.path().filename() == "json.cpp")
                continue;
            std::ifstream source(file.path(), std::ios::binary);
            const std::string text{std::istreambuf_iterator<char>(source), {}};
            for (const char* call : {".dump(", "->dump(", "std::setw(2) << json", R"({\")"})
                if (text.find(call) != std::string::npos)
                    others.push_back(file.path().string());
        }
    CHECK(others == std::vector<std::string>{});
}
