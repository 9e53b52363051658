// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/debian/builtguest.h"

#include <array>
#include <string>

namespace pgtscope::gdb {

namespace fs = std::filesystem;

core::Result<fs::path> findBuiltGuest(std::string_view name)
{
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    if (error)
        return core::failure(
            "find the guest " + std::string(name), "the program's own path is unknown: " + error.message());
    return findBuiltGuest(name, self.parent_path());
}

core::Result<fs::path> findBuiltGuest(std::string_view name, const fs::path& program)
{
    const std::string file = std::string(name) + ".elf";
    const fs::path inTree = fs::path("resources/guests") / name / file;
    // Programs lie one or two directories below the top of the build tree.
    const std::array places{
        program / "../share/pgtscope/guests" / file, program / ".." / inTree, program / "../.." / inTree};
    std::error_code ignored;
    for (const fs::path& place : places)
        if (fs::is_regular_file(place, ignored))
            return place.lexically_normal();
    return core::failure("find the guest " + std::string(name),
        "there is no " + places[0].lexically_normal().string(),
        "build the program with its guests, or install all of it");
}

} // namespace pgtscope::gdb
