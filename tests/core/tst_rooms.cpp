// SPDX-License-Identifier: GPL-2.0-or-later
// The rooms of the house and their floors: who may include whom, and how large things may grow.
#include "tests/support/catch.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "testpaths.h"

namespace {

namespace fs = std::filesystem;

const fs::path project = pgtscope::test::projectDirectory;

std::vector<fs::path> sourcesOf(const std::string& room)
{
    std::vector<fs::path> sources;
    for (const auto& entry : fs::recursive_directory_iterator(project / room)) {
        const std::string extension = entry.path().extension().string();
        if (entry.is_regular_file() && (extension == ".cpp" || extension == ".h"))
            sources.push_back(entry.path());
    }
    return sources;
}

std::vector<std::string> linesOf(const fs::path& file)
{
    std::vector<std::string> lines;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

/// What stands between the quotes or angle brackets of an include; empty for other lines.
std::string included(const std::string& line)
{
    constexpr std::string_view directive = "#include ";
    if (!line.starts_with(directive) || line.size() < directive.size() + 2)
        return {};
    const auto end = line.find_first_of("\">", directive.size() + 1);
    return line.substr(directive.size() + 1, end - directive.size() - 1);
}

/// "file: include" for each include of a room that `forbidden` names.
template <class Forbidden>
std::vector<std::string> offences(const std::string& room, Forbidden forbidden)
{
    std::vector<std::string> found;
    for (const fs::path& file : sourcesOf(room))
        for (const std::string& line : linesOf(file))
            if (const std::string what = included(line); !what.empty() && forbidden(what))
                found.push_back(fs::relative(file, project).string() + ": " + what);
    return found;
}

std::string textOf(const fs::path& file)
{
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Of each folder of a room, in the order of CMakeLists.txt, the folders that it links.
using Floors = std::vector<std::pair<std::string, std::set<std::string>>>;

Floors floorsOf(const std::string& room)
{
    Floors floors;
    const std::string text = textOf(project / room / "CMakeLists.txt");
    static const std::regex call(R"((pgtscope_floor|add_subdirectory)\(([^()]*)\))");
    for (auto found = std::sregex_iterator(text.begin(), text.end(), call); found != std::sregex_iterator();
         ++found) {
        std::istringstream words((*found)[2]);
        std::string word;
        if ((*found)[1] == "pgtscope_floor")
            words >> word; // the room
        words >> word;
        auto& [folder, uses] = floors.emplace_back(word, std::set<std::string>{});
        while (words >> word && word != "LIBRARIES")
            if (word != "USES")
                uses.insert(word);
    }
    return floors;
}

/// What a target of a room links by name.
std::set<std::string> linksOf(const std::string& room, const std::string& target)
{
    std::set<std::string> links;
    const std::string text = textOf(project / room / "CMakeLists.txt");
    static const std::regex call(R"(target_link_libraries\(([^()]*)\))");
    for (auto found = std::sregex_iterator(text.begin(), text.end(), call); found != std::sregex_iterator();
         ++found) {
        std::istringstream words((*found)[1]);
        std::string word;
        words >> word;
        if (word == target)
            links.insert(std::istream_iterator<std::string>(words), {});
    }
    return links;
}

/// The folder of "ROOM/FOLDER/file"; empty for files of other rooms, and for those that are in no folder.
std::string folderOf(const std::string& file, const std::string& room)
{
    if (!file.starts_with(room + '/'))
        return {};
    const auto end = file.find('/', room.size() + 1);
    return end == std::string::npos ? std::string{} : file.substr(room.size() + 1, end - room.size() - 1);
}

std::vector<std::string> floorOffences(const std::string& room)
{
    const Floors floors = floorsOf(room);
    std::vector<std::string> found;
    for (const fs::path& file : sourcesOf(room)) {
        const std::string name = fs::relative(file, project).string();
        const auto floor = std::find_if(
            floors.begin(), floors.end(), [&](const auto& f) { return f.first == folderOf(name, room); });
        if (floor == floors.end()) {
            found.push_back(name + " is on no floor");
            continue;
        }
        for (const std::string& line : linesOf(file)) {
            const std::string folder = folderOf(included(line), room);
            if (!folder.empty() && folder != floor->first && !floor->second.contains(folder))
                found.push_back(name + ": " + included(line));
        }
    }
    return found;
}

/// A function of more lines than this does too much, and nine of ten are to be much shorter.
constexpr std::size_t longestFunction = 60;
constexpr std::size_t longestOfNineInTen = 25;

struct Function {
    std::string place; ///< "file:line"
    std::size_t lines = 0; ///< Between its braces.
};

/// The functions of more than one line. Our format puts the braces of functions, and of nothing else, on
/// lines of their own, indented alike.
std::vector<Function> functionsOf(const fs::path& file)
{
    std::vector<Function> found;
    const std::vector<std::string> lines = linesOf(file);
    std::map<std::size_t, std::size_t> begun; // line by indentation
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::size_t indent = lines[i].find_first_not_of(' ');
        if (indent == std::string::npos)
            continue;
        const std::string_view rest = std::string_view(lines[i]).substr(indent);
        if (rest == "{")
            begun[indent] = i;
        if (rest == "}" && begun.contains(indent)) {
            found.push_back({fs::relative(file, project).string() + ':' + std::to_string(begun[indent]),
                i - begun[indent] - 1});
            begun.erase(indent);
        }
    }
    return found;
}

std::vector<Function> allFunctions()
{
    std::vector<Function> all;
    for (const char* room : {"core", "gdb", "views", "app"})
        for (const fs::path& file : sourcesOf(room)) {
            const std::vector<Function> some = functionsOf(file);
            all.insert(all.end(), some.begin(), some.end());
        }
    return all;
}

/// Lines that are neither empty nor comments.
std::size_t linesOfCode(const fs::path& file)
{
    const auto lines = linesOf(file);
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
        const auto begin = line.find_first_not_of(' ');
        return begin != std::string::npos && line.compare(begin, 2, "//") != 0;
    }));
}

/// Classes that have a header of their own, and the lines of code of it and of every source that defines a
/// member.
std::map<std::string, std::size_t> classSizes()
{
    std::map<std::string, std::size_t> sizes;
    std::map<std::string, std::string> stems; // class by file name
    static const std::regex definition(R"(^(?:class|struct) (\w+)(?: final)?(?: : .*)? ?\{$)");
    static const std::regex member(R"(^(?:[^ #/(={][^(={]*[ *&>])?(\w+)::(?:\w+::)*~?\w+\()");
    std::vector<fs::path> sources;
    for (const char* room : {"core", "gdb", "views", "app"})
        for (const fs::path& file : sourcesOf(room)) {
            if (file.extension() == ".cpp")
                sources.push_back(file);
            else
                for (const std::string& line : linesOf(file))
                    if (std::smatch match; line.ends_with('{') && std::regex_match(line, match, definition)) {
                        std::string name = match[1];
                        std::transform(name.begin(), name.end(), name.begin(),
                            [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
                        if (name == file.stem().string())
                            sizes[match[1]] = linesOfCode(file);
                    }
        }
    for (const fs::path& file : sources) {
        std::set<std::string> owners;
        for (const std::string& line : linesOf(file))
            if (std::smatch match; line.find("::") != std::string::npos
                && std::regex_search(line, match, member) && sizes.contains(match[1]))
                owners.insert(match[1]);
        for (const std::string& owner : owners)
            sizes[owner] += linesOfCode(file);
    }
    return sizes;
}

bool isQt(const std::string& what)
{
    return what.size() > 1 && what[0] == 'Q' && std::isupper(static_cast<unsigned char>(what[1])) != 0;
}

bool inRoom(const std::string& what, std::initializer_list<const char*> rooms)
{
    return std::any_of(rooms.begin(), rooms.end(),
        [&](const char* room) { return what.starts_with(std::string(room) + "/"); });
}

} // namespace

TEST_CASE("core knows neither Qt nor any other room")
{
    CHECK(offences("core", isQt) == std::vector<std::string>{});
    CHECK(offences("core", [](auto& what) {
        return inRoom(what, {"gdb", "views", "app", "tests"});
    }) == std::vector<std::string>{});
}

TEST_CASE("gdb knows core and nothing above it")
{
    CHECK(offences("gdb", [](auto& what) {
        return inRoom(what, {"views", "app", "tests"});
    }) == std::vector<std::string>{});
}

TEST_CASE("views never see gdb")
{
    CHECK(offences("views", [](auto& what) {
        return inRoom(what, {"gdb", "app", "tests"});
    }) == std::vector<std::string>{});
}

TEST_CASE("a folder includes what its floor links, and floors have no circles")
{
    const std::string room = GENERATE("core", "gdb", "views");
    CAPTURE(room);
    const Floors floors = floorsOf(room);
    REQUIRE(floors.size() > 10);
    std::set<std::string> before;
    for (const auto& [folder, uses] : floors) {
        CAPTURE(folder);
        CHECK(std::includes(before.begin(), before.end(), uses.begin(), uses.end()));
        before.insert(folder);
    }
    CHECK(floorOffences(room) == std::vector<std::string>{});
}

TEST_CASE("tests include Catch2 by way of our own header, which takes the version that there is")
{
    std::vector<std::string> own = offences("tests", [](auto& what) { return what.starts_with("catch2/"); });
    std::erase_if(own, [](const std::string& line) { return line.starts_with("tests/support/catch.h"); });
    CHECK(own == std::vector<std::string>{});
}

TEST_CASE("neither program is part of the other")
{
    CHECK(offences("app/pgtscope", [](auto& what) { return inRoom(what, {"app/pgt"}); })
        == std::vector<std::string>{});
    CHECK(offences("app/pgt", [](auto& what) {
        return inRoom(what, {"app/pgtscope", "views"});
    }) == std::vector<std::string>{});
    CHECK(offences("app/manual", [](auto& what) {
        return inRoom(what, {"app/pgt", "app/pgtscope", "gdb", "views"});
    }) == std::vector<std::string>{});
    CHECK_FALSE(linksOf("app", "pgtscope_window").contains("pgtscope_pgt"));
    CHECK(linksOf("app", "pgtscope_window").contains("pgtscope_gdb"));
}

TEST_CASE("the top level holds the rooms and nothing else")
{
    const std::set<std::string> allowed{"CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "app",
        "core", "gdb", "views", "resources", "tests"};
    std::vector<std::string> strays;
    for (const auto& entry : fs::directory_iterator(project)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with('.') && !allowed.contains(name))
            strays.push_back(name);
    }
    CHECK(strays == std::vector<std::string>{});
}

TEST_CASE("bits of entries are known in core/paging alone, and in the plugin, which links no core")
{
    std::vector<std::string> found;
    for (const char* room : {"core", "gdb", "views", "app"}) {
        for (const fs::path& file : sourcesOf(room)) {
            const std::string name = fs::relative(file, project).string();
            if (name.starts_with("core/paging/") || name.starts_with("gdb/tcgplugin/"))
                continue;
            for (const std::string& line : linesOf(file))
                if (line.find("bit::") != std::string::npos)
                    found.push_back(name + ": " + line);
        }
    }
    CHECK(found == std::vector<std::string>{});
}

TEST_CASE("names of an entry's bits are in core/paging alone, where they are in one table")
{
    // Those that are nothing else: "A" and "D" are, for instance, letters of other things too.
    static const std::regex name(R"re("(R/W|U/S|PWT|PCD|PKEY|PAT|XD|RW|RO|NX)")re");
    std::vector<std::string> found;
    for (const char* room : {"core", "gdb", "views", "app"})
        for (const fs::path& file : sourcesOf(room)) {
            const std::string path = fs::relative(file, project).string();
            if (path.starts_with("core/paging/"))
                continue;
            for (const std::string& line : linesOf(file))
                if (std::regex_search(line.substr(0, line.find("//")), name))
                    found.push_back(path + ": " + line);
        }
    CHECK(found == std::vector<std::string>{});
}

TEST_CASE("views are asked by what they publish: none is found and cast")
{
    static const std::regex cast(R"(dynamic_cast|qobject_cast<(const )?\w*View\*>)");
    std::vector<std::string> found;
    for (const char* room : {"views", "app"})
        for (const fs::path& file : sourcesOf(room))
            for (const std::string& line : linesOf(file))
                if (std::regex_search(line, cast) && line.find("QAbstractItemView") == std::string::npos
                    && line.find("QTreeView") == std::string::npos
                    && line.find("QHeaderView") == std::string::npos)
                    found.push_back(fs::relative(file, project).string() + ": " + line);
    CHECK(found == std::vector<std::string>{});
}

TEST_CASE("threads are made in one way, core::Task")
{
    static const std::regex other(R"(std::j?thread\b|std::async\b|QThread\b|QtConcurrent)");
    std::vector<std::string> found;
    for (const char* room : {"core", "gdb", "views", "app"})
        for (const fs::path& file : sourcesOf(room)) {
            if (file.stem() == "task")
                continue;
            for (const std::string& line : linesOf(file))
                if (std::regex_search(line, other))
                    found.push_back(fs::relative(file, project).string() + ": " + line);
        }
    CHECK(found == std::vector<std::string>{});
}

TEST_CASE("no source file is longer than 800 lines")
{
    std::vector<std::string> tooLong;
    for (const char* room : {"core", "gdb", "views", "app", "tests", "resources"})
        for (const fs::path& file : sourcesOf(room))
            if (linesOf(file).size() > 800)
                tooLong.push_back(fs::relative(file, project).string());
    CHECK(tooLong == std::vector<std::string>{});
}

TEST_CASE("no function is longer than 60 lines, and nine of ten have 25 at most")
{
    std::vector<std::string> tooLong;
    std::vector<std::size_t> sizes;
    for (const Function& function : allFunctions()) {
        sizes.push_back(function.lines);
        if (function.lines > longestFunction)
            tooLong.push_back(function.place + ": " + std::to_string(function.lines));
    }
    CHECK(tooLong == std::vector<std::string>{});
    REQUIRE(sizes.size() > 1000);
    std::sort(sizes.begin(), sizes.end());
    const std::size_t ninetieth = sizes[sizes.size() * 9 / 10];
    WARN(sizes.size() << " functions, lines: median " << sizes[sizes.size() / 2] << ", 90th percentile "
                      << ninetieth << ", longest " << sizes.back());
    CHECK(ninetieth <= longestOfNineInTen);
}

TEST_CASE("an error is passed on by the macro, not by hand")
{
    // What has work to do first, or decides by the error, may.
    static const std::regex passed(
        R"(if \(!(\w+)\)\s*return tl::unexpected\((std::move\()?\1\.error\(\)|; !(\w+)\)\s*return \3;)"
        R"(|return (\w+) \? [^;]*: tl::unexpected\(\4\.error\(\)\);)");
    std::vector<std::string> found;
    for (const char* room : {"core", "gdb", "views", "app"})
        for (const fs::path& file : sourcesOf(room)) {
            const std::vector<std::string> lines = linesOf(file);
            for (std::size_t i = 1; i < lines.size(); ++i) {
                const std::string two = lines[i - 1] + ' ' + lines[i];
                if (lines[i].find("return ") != std::string::npos
                    || lines[i].find(": tl::unexpected(") != std::string::npos)
                    if (std::regex_search(two, passed) && file.filename() != "error.h")
                        found.push_back(fs::relative(file, project).string() + ": " + two);
            }
        }
    CHECK(found == std::vector<std::string>{});
}

TEST_CASE("no class is longer than 500 lines of code over all its files")
{
    std::set<std::string> tooLong;
    for (const auto& [name, lines] : classSizes())
        if (lines > 500)
            tooLong.insert(name);
    CHECK(tooLong == std::set<std::string>{});
}
