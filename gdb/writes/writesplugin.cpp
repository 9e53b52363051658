// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/writes/writesplugin.h"

#include <array>

namespace pgtscope::gdb {

namespace fs = std::filesystem;

core::Result<fs::path> findWritesPlugin()
{
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error).parent_path();
    // Programs lie one or two directories below the top of the build tree.
    const std::array places{self / "../lib/pgtscope/pgtwrites.so", self / "../gdb/tcgplugin/pgtwrites.so",
        self / "../../gdb/tcgplugin/pgtwrites.so"};
    for (const fs::path& place : places)
        if (fs::is_regular_file(place, error))
            return place.lexically_normal();
    return core::failure("find the plugin that QEMU loads to report every write",
        "there is no " + places[0].lexically_normal().string(),
        "build the target pgtwrites, or install all of the program");
}

} // namespace pgtscope::gdb
