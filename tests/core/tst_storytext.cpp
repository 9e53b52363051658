// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "core/report/annotationfile.h"
#include "core/report/markdown.h"
#include "core/report/pgtbufbar.h"
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
    CHECK(markdownHtml(":::answer\nYes\n:::\nNo\n")
        == "<details class=\"answer\"><summary>Show the "
           "answer</summary>\n<p>Yes</p>\n</details>\n<p>No</p>\n");
}

TEST_CASE("links lead to steps of the page, and nowhere else")
{
    CHECK(markdownHtml("[the *boom*](pgtscope:step/65)") == "<p><a href=\"#step-65\">the *boom*</a></p>\n");
    CHECK(markdownHtml("[frame](pgtscope:pfn/0x10)") == "<p>frame</p>\n");
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
