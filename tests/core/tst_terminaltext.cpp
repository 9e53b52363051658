// SPDX-License-Identifier: GPL-2.0-or-later
#include <cerrno>
#include <fstream>
#include <sstream>

#include "tests/support/catch.h"

#include "core/base/terminaltext.h"

using namespace pgtscope::core;

TEST_CASE("nothing that others wrote reaches the terminal as a command")
{
    CHECK(terminalText("a\x1b[2Jb\r\x7f\tc\n") == "a?[2Jb??\tc\n");
    CHECK(terminalText(std::string_view("\0\b\x1f", 3)) == "???");
    SECTION("nor as one of the eight-bit controls, in UTF-8 or raw")
    {
        CHECK(terminalText("\xc2\x9b"
                           "2J \xc3\xa4")
            == "?2J \xc3\xa4");
        CHECK(terminalText("\x9b"
                           "2J\x90")
            == "?2J?");
        CHECK(terminalText("\xc2\xa0") == "\xc2\xa0");
    }
}

TEST_CASE("UTF-8 reaches the terminal, other bytes do not")
{
    for (const std::string_view text :
        {"\xc3\xa4", "\xe2\x86\x92", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
        CHECK(terminalText(text) == text);
    CHECK(terminalText("\xff\xfe") == "??");
    CHECK(terminalText("\xc0\x9b") == "??"); // U+001B in more bytes than it takes
    CHECK(terminalText("\xe0\x82\x9b") == "???"); // U+009B likewise
    CHECK(terminalText("\xed\xa0\x80") == "???"); // a surrogate
    CHECK(terminalText("\xf4\x90\x80\x80") == "????"); // beyond U+10FFFF
    CHECK(terminalText("\xe2\x86") == "??");
    CHECK(terminalText("\xe2\x86x\xe2\x1b") == "??x??");
}

TEST_CASE("where writes are parted does not matter")
{
    const std::string text = "\xe2\x86\x92\xc2\x9b\x9b\xf0\x9f\x98\x80\xf0\x9f\x1b[m\xc3";
    for (std::size_t first = 0; first <= text.size(); ++first)
        for (std::size_t second = first; second <= text.size(); ++second) {
            TerminalFilter filter;
            std::string safe = filter.filter(std::string_view(text).substr(0, first));
            safe += filter.filter(std::string_view(text).substr(first, second - first));
            safe += filter.filter(std::string_view(text).substr(second));
            safe += filter.finish();
            REQUIRE(safe == terminalText(text));
        }
}

TEST_CASE("a stream is filtered where it leads to a terminal, and only there")
{
    std::ostringstream stream;
    {
        const OutputGuard guard(stream, true);
        stream << "a\x1b" << 'b' << "\xc3" << std::flush << "\xa4\xc3";
    }
    CHECK(stream.str() == "a?b\xc3\xa4?");
    stream.str("");
    {
        const OutputGuard guard(stream, false);
        stream << "a\x1b\xff";
    }
    stream << "\x1b";
    CHECK(stream.str() == "a\x1b\xff\x1b");
}

TEST_CASE("a write that failed is known, also where the stream's state was cleared")
{
    std::ofstream full("/dev/full");
    OutputGuard guard(full, false);
    CHECK(guard.flush() == 0);
    full << "lost" << std::flush;
    CHECK_FALSE(full);
    full.clear();
    CHECK(guard.flush() == ENOSPC);
}
