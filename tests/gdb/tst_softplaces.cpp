// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <vector>

#include "gdb/boot/eventbreakpoints.h"

using namespace pgtscope;

namespace {

constexpr core::LinearAddress function(0xffffffff81001000);
constexpr core::LinearAddress fentry(0xffffffff81002000);

/// How far behind the function's start the breakpoint is.
std::uint64_t distance(const std::vector<unsigned>& bytes, bool knowsFentry = true)
{
    std::vector<std::byte> code;
    for (const unsigned byte : bytes)
        code.push_back(std::byte(byte));
    code.resize(16);
    return gdb::behindPatchedCode(function, code, knowsFentry ? std::optional(fentry) : std::nullopt)
        - function;
}

} // namespace

TEST_CASE("a software breakpoint is behind what ftrace patches at the start of a function")
{
    CHECK(distance({0x55, 0x48, 0x89, 0xe5}) == 0);
    CHECK(distance({0xe8, 0xfb, 0x0f, 0x00, 0x00}) == 5); // call __fentry__
    CHECK(distance({0x0f, 0x1f, 0x44, 0x00, 0x00}) == 5); // what it becomes
    CHECK(distance({0xf3, 0x0f, 0x1e, 0xfa, 0xe8, 0xf7, 0x0f, 0x00, 0x00}) == 9);
    CHECK(distance({0xf3, 0x0f, 0x1e, 0xfa, 0x0f, 0x1f, 0x44, 0x00, 0x00}) == 9);
    CHECK(distance({0xf3, 0x0f, 0x1e, 0xfa, 0x55}) == 4);
    // Any other call is code like any other.
    CHECK(distance({0xe8, 0x00, 0x01, 0x00, 0x00}) == 0);
    CHECK(distance({0xe8, 0xfb, 0x0f, 0x00, 0x00}, false) == 0);
}
