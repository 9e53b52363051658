// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/manual/version.h"

namespace pgtscope::app {

std::string_view versionText()
{
    constexpr std::string_view commit = PGTSCOPE_COMMIT;
    return commit.empty() ? PGTSCOPE_VERSION : PGTSCOPE_VERSION " (" PGTSCOPE_COMMIT ")";
}

} // namespace pgtscope::app
