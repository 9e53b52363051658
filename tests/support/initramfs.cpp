// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/initramfs.h"

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "tests/support/catch.h"

namespace pgtscope::test {

namespace {

/// A file of a newc archive (Documentation/driver-api/early-userspace/buffer-format.rst, Linux 6.1).
std::string newcFile(const std::string& name, unsigned mode, const std::string& content)
{
    std::array<char, 111> header{};
    std::snprintf(header.data(), header.size(), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
        0U, mode, 0U, 0U, 1U, 0U, static_cast<unsigned>(content.size()), 0U, 0U, 0U, 0U,
        static_cast<unsigned>(name.size() + 1), 0U);
    const auto padded = [](std::string text) {
        text.resize((text.size() + 3) / 4 * 4);
        return text;
    };
    return padded(header.data() + name + '\0') + padded(content);
}

} // namespace

std::filesystem::path initramfsThatRuns(
    const std::string& script, const std::filesystem::path& ours, const std::filesystem::path& destination)
{
    std::ifstream in(ours, std::ios::binary);
    std::string archive{std::istreambuf_iterator<char>(in), {}};
    REQUIRE_FALSE(archive.empty());
    archive.resize((archive.size() + 3) / 4 * 4);
    std::ofstream out(destination, std::ios::binary);
    // The kernel unpacks archives one after another, and a later file replaces one of its name.
    out << archive << newcFile("init", 0100755, script) << newcFile("TRAILER!!!", 0, {});
    REQUIRE(out.flush());
    return destination;
}

} // namespace pgtscope::test
