// SPDX-License-Identifier: GPL-2.0-or-later
// Comments name who does what, in the words of the field.
#include "tests/support/catch.h"

#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
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

/// Words that this project once gave meanings of its own. Beside each: what to write.
std::vector<std::string> unclearWords(const std::string& comment)
{
    static const std::vector<std::pair<std::regex, const char*>> words = [] {
        const std::pair<const char*, const char*> list[]{
            {R"(\b(tells?|told)\b)", "reports, is reported, prints"},
            {R"(\bstands?\b(?! out| for))", "is, holds, is stored"},
            {R"(\b(nobody|somebody|whoever)\b)", "the function, the caller: name it"},
            {R"(\b(to|can) be had\b)", "available"},
            {R"(\blets? go\b)", "detach"},
            {R"(\b(lend|lends|lent)\b)", "share"},
            {R"(\bput away\b)", "dismiss, cancel"},
            {R"(\bthe (step|stop|capture) before\b)", "the previous one"},
        };
        std::vector<std::pair<std::regex, const char*>> made;
        for (const auto& [word, instead] : list)
            made.emplace_back(std::regex(word, std::regex::icase | std::regex::optimize), instead);
        return made;
    }();
    std::vector<std::string> found;
    for (const auto& [word, instead] : words)
        if (std::smatch match; std::regex_search(comment, match, word))
            found.push_back("\"" + match.str() + "\", better: " + instead);
    return found;
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

TEST_CASE("a word in a string, or a name in backticks, is no comment's")
{
    CHECK(unclearWords(commentOf(R"(    print("nobody told"); // a sentence)")).empty());
    CHECK(unclearWords(commentOf("/// Calls `told` for each stop.")).empty());
    CHECK(unclearWords(commentOf("    int value; ///< What the file tells.")).size() == 1);
}
