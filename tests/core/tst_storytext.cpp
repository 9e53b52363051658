// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <set>

#include "core/report/annotationfile.h"
#include "core/report/glossary.h"
#include "core/report/markdown.h"
#include "core/report/pgtbufbar.h"
#include "core/report/showing.h"
#include "core/report/textwrap.h"

using namespace pgtscope::core;

TEST_CASE("lines are broken at spaces and keep their indentation")
{
    CHECK(wrapText("one two three four five\n", 20) == "one two three four\nfive\n");
    CHECK(wrapText("    one two three four\n", 20) == "    one two three\n    four\n");
    CHECK(wrapText("  - one two three four\n", 20) == "  - one two three\n    four\n");
    CHECK(wrapText("0123456789012345678901234567890 x\n", 20) == "0123456789012345678901234567890\nx\n");
    CHECK(wrapText("\n\nx", 20) == "\n\nx");
    CHECK(wrapText("", 20).empty());
}

TEST_CASE("a column is a character, not a byte")
{
    CHECK(wrapText("ääääääää ääääääää ä\n", 20) == "ääääääää ääääääää ä\n");
}

TEST_CASE("Markdown for a terminal loses its marks and keeps its words")
{
    CHECK(markdownPlain("# Title\n\nSome **strong** and *soft*\n`code` words.\n\n- one\n- two\n")
        == "Title\n\nSome strong and soft code words.\n\n  - one\n  - two\n");
    CHECK(markdownPlain("```\nx * y\n```\n") == "    x * y\n");
    CHECK(markdownPlain("2 * 3 * 4 and a ** b") == "2 * 3 * 4 and a ** b\n");
}

TEST_CASE("Markdown for a page cannot bring elements of its own")
{
    CHECK(markdownHtml("**<b>** & `<i>`")
        == "<p><strong>&lt;b&gt;</strong> &amp; <code>&lt;i&gt;</code></p>\n");
    CHECK(markdownHtml("```\n</pre><script>\n```") == "<pre>&lt;/pre&gt;&lt;script&gt;\n</pre>\n");
}

TEST_CASE("questions are quotations, and their answers wait for the reader")
{
    const std::string text
        = "> **Question.** Why\n> so?\n>\n> **Answer.** Because.\n>\n> And more.\n\nAfter.\n";
    CHECK(
        markdownPlain(text) == "    Question. Why so?\n\n    Answer. Because.\n\n    And more.\n\nAfter.\n");
    CHECK(markdownHtml(text)
        == "<blockquote>\n<p><strong>Question.</strong> Why so?</p>\n"
           "<details class=\"answer\"><summary>Show the answer</summary>\n"
           "<p><strong>Answer.</strong> Because.</p>\n<p>And more.</p>\n</details>\n</blockquote>\n"
           "<p>After.</p>\n");
    CHECK(beginsAnswer(" >**Answer.** Yes"));
    CHECK_FALSE(beginsAnswer("**Answer.** Yes"));
}

TEST_CASE("links lead to steps of the page, and nowhere else")
{
    CHECK(markdownHtml("[the *boom*](pgtscope:step/65)") == "<p><a href=\"#step-65\">the *boom*</a></p>\n");
    CHECK(markdownHtml("[frame](pgtscope:pfn/0x10)") == "<p>frame</p>\n");
    const auto known = [](std::string_view target) { return "#frame=" + std::string(target) + "&\"x\""; };
    CHECK(markdownHtml("[frame](pgtscope:pfn/1)", known)
        == "<p><a href=\"#frame=pfn/1&amp;&quot;x&quot;\">frame</a></p>\n");
    CHECK(markdownHtml("[x](pgtscope:step/1\"onclick=)") == "<p>x</p>\n");
    CHECK(markdownHtml("[x](https://example.org)") == "<p>[x](https://example.org)</p>\n");
    CHECK(markdownPlain("see [the boom](pgtscope:step/65), [a, b) and [") == "see the boom, [a, b) and [\n");
}

TEST_CASE("the bar shows how much of pgt_buf is handed out")
{
    PageTableBuffer buffer;
    CHECK(pgtBufBar(buffer, 40).empty());
    buffer.trust = PgtBufTrust::Live;
    buffer.epochs = {{GuestFrame(0x10), GuestFrame(0x13), GuestFrame(0x18), false}};
    CHECK(pgtBufBar(buffer, 40) == "[###.....]");
    buffer.trust = PgtBufTrust::HandedBack;
    CHECK(pgtBufBar(buffer, 40) == "[###-----]");
    buffer.trust = PgtBufTrust::Live;
    buffer.epochs.back().top = GuestFrame(0x10 + 1000);
    CHECK(pgtBufBar(buffer, 12) == "[..........]");
    buffer.epochs.back().end = buffer.epochs.back().top;
    CHECK(pgtBufBar(buffer, 12) == "[##########]");
    buffer.epochs.back().end = GuestFrame(1);
    CHECK(pgtBufBar(buffer, 12).empty());
}

TEST_CASE("a line of a chapter says what the window shows, and no reader sees it")
{
    const std::string text = "First.\n\n:::show view=frames select=pfn/0x437eb zoom=2M\n\nSecond.\n";
    CHECK(showingOf(text).value() == Showing{"frames", "pfn/0x437eb", "2M"});
    CHECK(markdownPlain(text) == "First.\n\nSecond.\n");
    CHECK(markdownHtml(text) == "<p>First.</p>\n<p>Second.</p>\n");
    CHECK(showingOf("nothing of it").value() == std::nullopt);
    CHECK(showingOf(":::show").value() == Showing{});
    CHECK(showingOf("```\n:::show view=cpu\n```\n").value() == std::nullopt);
    CHECK(showingOf(":::showing view=cpu").value() == std::nullopt);
    for (const char* wrong : {":::show frames", ":::show view=", ":::show size=1", ":::show view=a view=b",
             ":::show select=0x437eb", ":::show zoom=2", ":::show zoom=0K", ":::show zoom=16777216T",
             ":::show view=a\n:::show view=b"}) {
        CAPTURE(wrong);
        CHECK_FALSE(showingOf(wrong));
    }
    CHECK(zoomBytes("64K") == 65536U);
    CHECK(zoomBytes("2M") == 2U << 20);
    CHECK_FALSE(zoomBytes("all"));
    const auto refused = annotationsFromMarkdown("# [0] The title\n\n:::show nonsense\n");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message().find("The title") != std::string::npos);
}

TEST_CASE("a heading may name the next step after an event")
{
    const StepResolver steps = [](std::string_view name, std::uint64_t) -> std::optional<StepNumber> {
        if (name == "mark_rodata_ro")
            return 48;
        return name == "to_come" ? std::optional(std::numeric_limits<StepNumber>::max()) : std::nullopt;
    };
    const auto found = annotationsFromMarkdown(
        "# [mark_rodata_ro:after] One\n# [7:after] Two\n# [to_come:after] Three\n", steps);
    REQUIRE(found);
    CHECK((*found)[0].step == 49);
    CHECK((*found)[1].step == 8);
    CHECK((*found)[2].step == std::numeric_limits<StepNumber>::max());
    CHECK_FALSE(annotationsFromMarkdown("# [:after] None\n", steps));
    CHECK_FALSE(annotationsFromMarkdown("# [mark_rodata_ro:after:after] None\n", steps));
}

TEST_CASE("the glossary explains each word once, in order, and no form means two of them")
{
    std::set<std::string> forms;
    std::string last;
    const auto lower = [](std::string_view text) {
        std::string low(text);
        std::transform(low.begin(), low.end(), low.begin(),
            [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        return low;
    };
    for (const GlossaryTerm& term : glossary()) {
        CAPTURE(term.word);
        CHECK(last < lower(term.word));
        last = lower(term.word);
        CHECK(term.meaning.ends_with('.'));
        std::set<std::string> own{last};
        for (std::size_t at = 0; at < term.forms.size();) {
            const std::size_t end = std::min(term.forms.find('|', at), term.forms.size());
            own.insert(lower(term.forms.substr(at, end - at)));
            at = end + 1;
        }
        for (const std::string& form : own)
            CHECK(forms.insert(form).second);
    }
    for (const char* word : {"pgt_buf", "epoch", "detached", "pinned", "pending"})
        CHECK(forms.contains(word));
}

TEST_CASE("annotations survive the way to Markdown and back")
{
    const Annotations annotations{{0, AnnotationKind::Chapter, "Begin", "a\n\n# own heading\n\nb"},
        {3, AnnotationKind::Note, "", "# [4] looks like one\n\\# [5] and escaped"},
        {12, AnnotationKind::Chapter, "End [1]", ""}};
    CHECK(annotationsFromMarkdown(annotationsToMarkdown(annotations)).value() == annotations);
    CHECK_FALSE(annotationsFromMarkdown("# [x] Title\n"));
    CHECK_FALSE(annotationsFromMarkdown("# [12 Title\n"));
    CHECK_FALSE(annotationsFromMarkdown("words\n"));
    CHECK(annotationsFromMarkdown("\n\n").value().empty());

    // However an editor ends its lines, what it wrote does not change from one saving to the next.
    const auto once = annotationsFromMarkdown("# [1] Title\r\r\ntext\r\r\n").value();
    CHECK(once == Annotations{{1, AnnotationKind::Chapter, "Title", "text"}});
    CHECK(annotationsFromMarkdown(annotationsToMarkdown(once)).value() == once);
}

TEST_CASE("A heading may name an event instead of a step")
{
    const StepResolver steps
        = [](std::string_view event, std::uint64_t occurrence) -> std::optional<StepNumber> {
        return event == "pgt_buf" && occurrence < 3 ? std::optional<StepNumber>(10 * occurrence)
                                                    : std::nullopt;
    };
    const auto found = annotationsFromMarkdown("# [pgt_buf] One\n# [pgt_buf#2] Two\n## [7] Seven\n", steps);
    REQUIRE(found);
    CHECK((*found)[0].step == 10);
    CHECK((*found)[1].step == 20);
    CHECK((*found)[2].step == 7);
    CHECK_FALSE(annotationsFromMarkdown("# [pgt_buf#3] Three\n", steps));
    CHECK_FALSE(annotationsFromMarkdown("# [pgt_buf#0] None\n", steps));
    CHECK_FALSE(annotationsFromMarkdown("# [pgt_buf] Nobody knows the steps\n"));
}
