// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/base/lastresort.h"

#include <cerrno>
#include <exception>
#include <iostream>
#include <new>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "core/base/error.h"

namespace pgtscope::core {

int lastResort(std::string_view program, const std::function<int()>& work)
{
    try {
        return work();
    } catch (const std::bad_alloc&) {
        std::cerr << program << ": out of memory\n";
    } catch (const std::exception& error) {
        std::cerr << program << ": internal error: " << error.what() << '\n';
    } catch (...) {
        std::cerr << program << ": internal error\n";
    }
    return 2;
}

int statusWithOutput(std::string_view program, int status, int error)
{
    if (error == 0 || error == EPIPE)
        return status;
    const Error failed{"write to standard output", std::generic_category().message(error), ""};
    std::cerr << program << ": " + failed.message() + '\n';
    return 2;
}

void occupyStandardStreams()
{
    // open() gives the lowest number that is free.
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream)
        if (::fcntl(stream, F_GETFD) < 0 && ::open("/dev/null", O_RDONLY) < 0)
            return;
}

} // namespace pgtscope::core
