// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/terminal.h"

#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/numbers.h"

namespace pgtscope::pgt {

std::size_t terminalWidth()
{
    winsize size{};
    if (isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0)
        return size.ws_col;
    const char* columns = std::getenv("COLUMNS");
    const auto number = core::parseNumber(columns != nullptr ? columns : "");
    return number && *number >= 20 && *number <= 1000 ? static_cast<std::size_t>(*number) : 80;
}

} // namespace pgtscope::pgt
