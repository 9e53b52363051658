// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <fcntl.h>
#include <unistd.h>

#include "gdb/memory/mappedram.h"
#include "tests/support/required.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using core::FrameNumber;
using core::PhysicalAddress;
using test::required;

namespace {

constexpr std::uint64_t page = core::frameBytes;
constexpr std::uint64_t pages = 64;

/// A RAM file of 64 pages, all holes at first.
class RamFile {
public:
    RamFile()
        : m_descriptor(::open(path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600))
    {
        REQUIRE(m_descriptor >= 0);
        REQUIRE(::ftruncate(m_descriptor, pages * page) == 0);
    }
    ~RamFile() { ::close(m_descriptor); }
    std::string path() const { return (m_directory / "ram").string(); }

    void fill(std::uint64_t first, std::uint64_t end)
    {
        const std::string bytes(page, 'x');
        for (std::uint64_t at = first; at < end; ++at)
            REQUIRE(::pwrite(m_descriptor, bytes.data(), page, static_cast<off_t>(at * page)) == off_t{page});
    }
    void punch(std::uint64_t first, std::uint64_t end)
    {
        REQUIRE(::fallocate(m_descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                    static_cast<off_t>(first * page), static_cast<off_t>((end - first) * page))
            == 0);
    }
    std::unique_ptr<gdb::MappedRam> map() const
    {
        gdb::RamPiece piece;
        piece.range = {PhysicalAddress(0), PhysicalAddress(pages * page)};
        return required(gdb::MappedRam::open(path(), {piece}));
    }

private:
    test::TemporaryDirectory m_directory;
    int m_descriptor;
};

std::uint64_t mappedPages(const gdb::MappedRam& ram, std::uint64_t first, std::uint64_t wanted)
{
    return ram.mappedRange(PhysicalAddress(first * page), wanted * page).size() / page;
}

} // namespace

TEST_CASE("a range of mapped RAM ends where the file's next hole begins")
{
    RamFile file;
    file.fill(4, 20);
    const auto ram = file.map();
    CHECK(mappedPages(*ram, 0, 8) == 0);
    CHECK(mappedPages(*ram, 4, 8) == 8);
    CHECK(mappedPages(*ram, 4, 8) == 8);
    CHECK(mappedPages(*ram, 10, 40) == 10);
    CHECK(mappedPages(*ram, 19, 1) == 1);
    CHECK(mappedPages(*ram, 20, 1) == 0);
}

TEST_CASE("ranges of mapped RAM are the same in whatever order they are asked for")
{
    RamFile file;
    file.fill(4, 20);
    file.fill(30, 50);
    const auto ram = file.map();
    // Backwards, so that each range reaches one that is known.
    for (std::uint64_t first = pages; first-- > 0;) {
        const std::uint64_t end = first >= 4 && first < 20 ? 20 : first >= 30 && first < 50 ? 50 : first;
        CHECK(mappedPages(*ram, first, pages) == end - first);
    }
    for (std::uint64_t first = 0; first < pages; ++first) {
        const bool data = (first >= 4 && first < 20) || (first >= 30 && first < 50);
        CHECK(mappedPages(*ram, first, 1) == (data ? 1 : 0));
    }
    file.fill(20, 30);
    CHECK(mappedPages(*ram, 4, pages) == 46);
    CHECK(mappedPages(*ram, 12, pages) == 38);
}

TEST_CASE("what the guest has written to since is found, and what was taken away is not")
{
    RamFile file;
    file.fill(4, 20);
    const auto ram = file.map();
    REQUIRE(mappedPages(*ram, 4, 60) == 16);
    SECTION("more data")
    {
        file.fill(20, 30);
        CHECK(mappedPages(*ram, 4, 60) == 26);
        CHECK(mappedPages(*ram, 25, 60) == 5);
    }
    SECTION("a hole within")
    {
        file.punch(8, 9);
        CHECK(mappedPages(*ram, 4, 60) == 4);
        CHECK(mappedPages(*ram, 8, 1) == 0);
        CHECK(mappedPages(*ram, 9, 60) == 11);
    }
    SECTION("a file that was cut short")
    {
        REQUIRE(::truncate(file.path().c_str(), 10 * page) == 0);
        CHECK(mappedPages(*ram, 4, 60) == 6);
        CHECK(ram->mappedFrame(FrameNumber(12)) == nullptr);
    }
}
