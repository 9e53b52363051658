// SPDX-License-Identifier: GPL-2.0-or-later
// The rooms of the house: who may include whom, and how large a file may grow.
#include "tests/support/catch.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
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

TEST_CASE("the top level holds the rooms and nothing else")
{
    const std::set<std::string> allowed{"CMakeLists.txt", "CMakePresets.json", "README.md", "app", "core",
        "gdb", "views", "resources", "tests"};
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

TEST_CASE("no source file is longer than 800 lines")
{
    std::vector<std::string> tooLong;
    for (const char* room : {"core", "gdb", "views", "app", "tests", "resources"})
        for (const fs::path& file : sourcesOf(room))
            if (linesOf(file).size() > 800)
                tooLong.push_back(fs::relative(file, project).string());
    CHECK(tooLong == std::vector<std::string>{});
}
