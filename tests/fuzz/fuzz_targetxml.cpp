// SPDX-License-Identifier: GPL-2.0-or-later
// A stub's description of its registers.
#include <string>
#include <vector>

#include "gdb/stub/stubregisters.h"
#include "tests/fuzz/input.h"

using namespace pgtscope;
using pgtscope::fuzz::Input;
using pgtscope::fuzz::require;

/// Documents in the order in which they are fetched, a line of "---" between them; then from the first again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Input input(data, size);
    std::vector<std::string> documents;
    do
        documents.emplace_back(input.until("\n---\n"));
    while (!input.empty());
    std::size_t fetched = 0;
    (void)gdb::StubRegisters::describe([&](std::string_view) -> core::Result<std::string> {
        require(fetched < 1000);
        return documents[fetched++ % documents.size()];
    });
    return 0;
}
