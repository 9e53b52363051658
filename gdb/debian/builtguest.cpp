// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/debian/labguest.h"

#include <array>

namespace pgtscope::gdb {

namespace fs = std::filesystem;

core::Result<fs::path> findLabGuest()
{
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    if (error)
        return core::failure("find the lab guest", "the program's own place is unknown: " + error.message());
    return findLabGuest(self.parent_path());
}

core::Result<fs::path> findLabGuest(const fs::path& program)
{
    // Programs lie one or two directories below the top of the build tree.
    const std::array places{program / "../share/pgtscope/guests/lab.elf",
        program / "../resources/guests/lab/lab.elf", program / "../../resources/guests/lab/lab.elf"};
    std::error_code ignored;
    for (const fs::path& place : places)
        if (fs::is_regular_file(place, ignored))
            return place.lexically_normal();
    return core::failure("find the lab guest", "there is no " + places[0].lexically_normal().string(),
        "build the target lab_guest, or install the program whole");
}

} // namespace pgtscope::gdb
