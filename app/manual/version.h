// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace pgtscope::app {

/// "0.2.0 (e9e9ca6)": the version and the commit that the program was built from; without the latter if the
/// sources were no checkout and no tarball of one.
std::string_view versionText();

} // namespace pgtscope::app
