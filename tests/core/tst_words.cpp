// SPDX-License-Identifier: GPL-2.0-or-later
// Comments and the texts that a person reads name who does what, in the words of the field.
#include "tests/support/catch.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "testpaths.h"

namespace {

namespace fs = std::filesystem;

/// The comment of a line without names of the code, which are in backticks; empty if the line has none.
std::string commentOf(const std::string& line)
{
    static const std::regex comment(R"re((?:^|[\s;,{}()])//[/<]*\s(.*)$)re");
    static const std::regex name("`[^`]*`");
    std::smatch found;
    return std::regex_search(line, found, comment) ? std::regex_replace(found[1].str(), name, "")
                                                   : std::string();
}

/// A word that this project once gave a meaning of its own, and what to write.
struct WordRule {
    const char* word;
    const char* instead;
};

constexpr WordRule everywhere[]{
    {R"(\b(tells?|told)\b)", "reports, is reported, prints"},
    {R"(\bstands?\b(?! out| for))", "is, holds, is stored"},
    {R"(\b(nobody|somebody|whoever)\b)", "the function, the caller: name it"},
    {R"(\b(to|can) be had\b)", "available"},
    {R"(\blets? go\b)", "detach"},
    {R"(\b(lend|lends|lent)\b)", "share"},
    {R"(\bput away\b)", "dismiss, cancel"},
    {R"(\bthe (step|stop|capture) before\b)", "the previous one"},
};

/// More of them, which only texts for a person avoid.
constexpr WordRule inTexts[]{
    {R"(\bstood\b)", "was, held"},
    {R"(\bsomeone else\b)", "another program, another user"},
    {R"(\bletting go\b)", "detaching"},
    {R"(\bthe (record|view|place|write|one) before\b)", "the previous one"},
    {R"(\b(take|takes|taken|took)( it| them)? back\b)", "undo, end the sharing"},
    {R"(\banew\b)", "again"},
    {R"(\b(go|goes|going) on\b)", "continue"},
    {R"(\bno way on\b)", "cannot continue"},
    {R"(\bwent past\b)", "bypassed"},
    {R"(\bcame and went\b)", "appeared and resolved"},
    {R"(\bfindings that went\b)", "findings resolved"},
    {R"(\bbooks\b)", "frame_table"},
    {R"(\bjust now\b)", "the current"},
    {R"(\blook(s|ing|ed)? through\b)", "search"},
    {R"(\bin force\b)", "in use"},
    {R"(\bXD\b(?! in the SDM))", "NX"},
    {R"(\b(RW|RO) supervisor\b)", "sup, as rightsText() spells it"},
    {R"(\bours\b)", "pgtscope's"},
};

using Words = std::vector<std::pair<std::regex, const char*>>;

void addWords(Words& words, std::span<const WordRule> rules)
{
    for (const WordRule& rule : rules)
        words.emplace_back(std::regex(rule.word, std::regex::icase | std::regex::optimize), rule.instead);
}

std::vector<std::string> wordsIn(const std::string& text, const Words& words)
{
    std::vector<std::string> found;
    for (const auto& [word, instead] : words)
        if (std::smatch match; std::regex_search(text, match, word))
            found.push_back("\"" + match.str() + "\", better: " + instead);
    return found;
}

std::vector<std::string> unclearWords(const std::string& comment)
{
    static const Words words = [] {
        Words made;
        addWords(made, everywhere);
        return made;
    }();
    return wordsIn(comment, words);
}

std::vector<std::string> unclearTexts(const std::string& text)
{
    static const Words words = [] {
        Words made;
        addWords(made, everywhere);
        addWords(made, inTexts);
        return made;
    }();
    return wordsIn(text, words);
}

/// A text, and the line that it begins at, from 1.
struct Text {
    long line = 0;
    std::string words;
};

bool isDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool isWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Where the token of C++ at `at` ends: a comment, a literal, a word, a number or one character.
std::size_t tokenEnd(const std::string& source, std::size_t at)
{
    const auto starts = [&](std::string_view with) { return source.compare(at, with.size(), with) == 0; };
    const auto after = [&](const std::string& end, std::size_t from) {
        const std::size_t found = source.find(end, from);
        return found == std::string::npos ? source.size() : found + end.size();
    };
    if (starts("//"))
        return after("\n", at);
    if (starts("/*"))
        return after("*/", at + 2);
    if (starts("R\"")) {
        const std::size_t open = source.find('(', at);
        return open == std::string::npos ? source.size()
                                         : after(')' + source.substr(at + 2, open - at - 2) + '"', open);
    }
    std::size_t end = at + 1;
    if (const char quote = source[at]; quote == '"' || quote == '\'') {
        while (end < source.size() && source[end] != quote)
            end += source[end] == '\\' ? 2U : 1U;
        return std::min(end + 1, source.size());
    }
    // The ' of 100'000 belongs to the number.
    const bool number = isDigit(source[at]);
    if (isWord(source[at]))
        while (end < source.size() && (isWord(source[end]) || (number && source[end] == '\'')))
            ++end;
    return end;
}

/// A name of the code with a word of which the table has a better one: as a whole, or as a part of camelCase.
bool isUnclearName(const std::string& name)
{
    static const std::regex unclear(
        "(^|_)(most(?=[A-Z])|here$|keep$)"
        "|(^|_|[a-z])([tT]ell(s|ings?)?|[tT]old|[nN]obody|[sS]omebody|[wW]hoever|[lL]ends?|"
        "[lL]ent|[wW]ent|[gG]rains?|[lL]etGo|[tT]akeBack|[pP]utAway|[tT]eller)(?=$|_|[A-Z])");
    static const std::regex partOf("[a-z](tell|told|nobody|somebody|whoever|lend|lent|went|grain)");
    return std::regex_search(name, unclear) && !std::regex_search(name, partOf);
}

/// What a literal shows: without its quotes, the marks of keys (&) and escapes, each of which parts words.
std::string shownBy(std::string_view literal)
{
    std::string shown;
    for (std::size_t at = literal.find('"') + 1; at + 1 < literal.size(); ++at) {
        if (literal[at] == '\\') {
            shown += ' ';
            ++at;
        } else if (literal[at] != '&') {
            shown += literal[at];
        }
    }
    return shown;
}

/// The texts in C++ source; neighbours that the compiler joins are one. A text has a space: what has none is
/// a key or a name.
std::vector<Text> textsOfCode(const std::string& source)
{
    std::vector<Text> found;
    bool joins = false;
    long line = 1;
    for (std::size_t at = 0; at < source.size();) {
        const std::size_t end = tokenEnd(source, at);
        const std::string_view token = std::string_view(source).substr(at, end - at);
        if (token.front() == '"' || token.starts_with("R\"")) {
            if (!std::exchange(joins, true))
                found.push_back({line, {}});
            found.back().words += shownBy(token);
        } else if (!token.starts_with("//") && !token.starts_with("/*") && token != " " && token != "\n") {
            joins = false;
        }
        line += std::count(token.begin(), token.end(), '\n');
        at = end;
    }
    std::erase_if(found, [](const Text& text) { return text.words.find(' ') == std::string::npos; });
    return found;
}

/// The paragraphs of a page, each as one line, without code in backticks.
std::vector<Text> textsOfPage(const std::string& page)
{
    static const std::regex code("`[^`\n]*`");
    std::vector<Text> found;
    std::istringstream lines(page);
    bool begun = false;
    long number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        if (line.starts_with("> "))
            line.erase(0, 2);
        if (!std::exchange(begun, !line.empty()) && begun)
            found.push_back({number, {}});
        if (begun)
            found.back().words += std::regex_replace(line, code, "") + ' ';
    }
    return found;
}

std::string contentOf(const fs::path& path)
{
    std::ifstream stream(path);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void addUnclear(std::vector<std::string>& found, const std::string& name, const std::vector<Text>& texts)
{
    for (const Text& text : texts)
        for (const std::string& word : unclearTexts(text.words))
            found.push_back(name + ":" + std::to_string(text.line) + ": " + word);
}

} // namespace

TEST_CASE("comments use plain words, and the field's")
{
    const fs::path project = pgtscope::test::projectDirectory;
    std::vector<std::string> found;
    for (const char* room : {"core", "gdb", "views", "app"}) {
        for (const auto& entry : fs::recursive_directory_iterator(project / room)) {
            const std::string extension = entry.path().extension().string();
            if (extension != ".cpp" && extension != ".h")
                continue;
            std::ifstream stream(entry.path());
            int number = 0;
            for (std::string line; std::getline(stream, line);) {
                ++number;
                for (const std::string& word : unclearWords(commentOf(line)))
                    found.push_back(fs::relative(entry.path(), project).string() + ":"
                        + std::to_string(number) + ": " + word);
            }
        }
    }
    CHECK(found == std::vector<std::string>{});
}

TEST_CASE("names in the code use plain words, and the field's")
{
    CHECK(isUnclearName("mostBytes"));
    CHECK(isUnclearName("m_told"));
    CHECK(isUnclearName("recordGrains"));
    CHECK_FALSE(isUnclearName("almostFull"));
    CHECK_FALSE(isUnclearName("isEquivalent"));
    CHECK_FALSE(isUnclearName("silent"));
    const fs::path project = pgtscope::test::projectDirectory;
    std::set<std::string> found;
    for (const char* room : {"core", "gdb", "views", "app"})
        for (const auto& entry : fs::recursive_directory_iterator(project / room))
            if (entry.path().extension() == ".cpp" || entry.path().extension() == ".h") {
                const std::string source = contentOf(entry.path());
                for (std::size_t at = 0, end = 0; at < source.size(); at = end) {
                    end = tokenEnd(source, at);
                    const std::string token = source.substr(at, end - at);
                    // A local variable may be called "here"; a function may not.
                    const bool called = end < source.size() && source[end] == '(';
                    const bool local = (token == "here" || token == "keep") && !called;
                    if (isWord(token[0]) && !local && isUnclearName(token))
                        found.insert(fs::relative(entry.path(), project).string() + ": " + token);
                }
            }
    CHECK(found == std::set<std::string>{});
}

TEST_CASE("texts in the code use plain words, and the field's")
{
    const fs::path project = pgtscope::test::projectDirectory;
    std::vector<std::string> found;
    std::size_t texts = 0;
    for (const char* room : {"core", "gdb", "views", "app"})
        for (const auto& entry : fs::recursive_directory_iterator(project / room))
            if (entry.path().extension() == ".cpp" || entry.path().extension() == ".h") {
                const auto inFile = textsOfCode(contentOf(entry.path()));
                addUnclear(found, fs::relative(entry.path(), project).string(), inFile);
                texts += inFile.size();
            }
    CHECK(found == std::vector<std::string>{});
    CHECK(texts > 2000);
}

TEST_CASE("pages that a person reads use plain words, and the field's")
{
    const fs::path project = pgtscope::test::projectDirectory;
    std::vector<fs::path> pages{project / "README.md", project / "resources/README.md"};
    for (const char* folder : {"help", "walkthroughs", "exercises"})
        for (const auto& entry : fs::directory_iterator(project / "resources" / folder))
            if (entry.path().extension() == ".md" || entry.path().extension() == ".txt")
                pages.push_back(entry.path());
    std::vector<std::string> found;
    for (const fs::path& page : pages)
        addUnclear(found, fs::relative(page, project).string(), textsOfPage(contentOf(page)));
    CHECK(found == std::vector<std::string>{});
    CHECK(pages.size() > 15);
}

TEST_CASE("a text in the code is what the compiler joins, without keys, comments and characters")
{
    const std::string source = R"code(
#include "told/it.h"
const char quote = '"';
const int many = 100'000; // "nobody told"
fail("the step " /* told */
     "before\n&Lend it", "told");
print(R"(no way
on)");
)code";
    const std::vector<Text> texts = textsOfCode(source);
    REQUIRE(texts.size() == 2);
    CHECK(texts[0].line == 5);
    CHECK(texts[0].words == "the step before Lend it");
    CHECK(unclearTexts(texts[0].words).size() == 2);
    CHECK(texts[1].line == 7);
    CHECK(textsOfPage("one\n> two `told`\n\nthree\n").size() == 2);
    CHECK(unclearTexts(textsOfPage("the\n> step before\n").at(0).words).size() == 1);
    CHECK(unclearTexts("NX (XD in the SDM)").empty());
}

TEST_CASE("a word in a string, or a name in backticks, is no comment's")
{
    CHECK(unclearWords(commentOf(R"(    print("nobody told"); // a sentence)")).empty());
    CHECK(unclearWords(commentOf("/// Calls `told` for each stop.")).empty());
    CHECK(unclearWords(commentOf("    int value; ///< What the file tells.")).size() == 1);
}
