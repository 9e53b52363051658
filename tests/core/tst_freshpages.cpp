// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <cstring>
#include <map>

#include "core/linux/freshpages.h"

using namespace pgtscope::core;

namespace {

constexpr FrameNumber first(0x100);

/// Sixteen frames of RAM from `first` on, filled with one word.
class Ram : public PhysicalMemory {
public:
    Result<void> read(std::span<PhysicalRead> batch) override
    {
        for (PhysicalRead& read : batch) {
            const auto page = m_pages.find(frameOf(read.address));
            read.ok = page != m_pages.end();
            if (read.ok)
                std::memcpy(read.bytes.data(), page->second.words.data(), read.bytes.size());
        }
        return {};
    }
    const RamMap& ramMap() const override { return m_map; }
    std::string name() const override { return "test"; }
    void fill(FrameNumber frame, std::uint64_t word) { m_pages[frame].words.fill(word); }
    std::uint64_t& word(FrameNumber frame, std::size_t index) { return m_pages[frame].words.at(index); }

private:
    std::map<FrameNumber, TablePage> m_pages;
    RamMap m_map;
};

/// Frames of a machine without Xen.
std::vector<FramePiece> piece(FrameNumber begin, FrameNumber end)
{
    return {{GuestFrame(begin.value), {begin, end}}};
}

} // namespace

TEST_CASE("a page with old content is not cleared until none of it is left")
{
    Ram ram;
    ram.fill(first, 0x1063);
    FreshPages pages;
    REQUIRE(pages.handedOut(piece(first, first + 1), ram));
    CHECK(pages.notCleared() == std::vector{first});

    SECTION("half cleared is not cleared")
    {
        for (std::size_t i = 0; i < 256; ++i)
            ram.word(first, i) = 0;
        REQUIRE(pages.look(ram));
        CHECK(pages.notCleared().size() == 1);
    }
    SECTION("all zero is cleared, and what is written later is believed")
    {
        ram.fill(first, 0);
        REQUIRE(pages.look(ram));
        CHECK(pages.notCleared().empty());
        ram.fill(first, 0x1063);
        REQUIRE(pages.look(ram));
        CHECK(pages.notCleared().empty());
    }
    SECTION("cleared and filled between two stops is believed too")
    {
        ram.fill(first, 0x2063);
        REQUIRE(pages.look(ram));
        CHECK(pages.notCleared().empty());
    }
    SECTION("a newer page is handed out only when this one is clean")
    {
        ram.fill(first + 1, 0x5063);
        REQUIRE(pages.handedOut(piece(first + 1, first + 2), ram));
        CHECK(pages.notCleared() == std::vector{first + 1});
    }
}

TEST_CASE("a page that held zeros, or cannot be read, has nothing old in it")
{
    Ram ram;
    ram.fill(first, 0);
    FreshPages pages;
    REQUIRE(pages.handedOut(piece(first, first + 2), ram));
    CHECK(pages.notCleared().empty());
}

TEST_CASE("a range of any length is looked at in bounded time")
{
    Ram ram;
    ram.fill(first, 1);
    FreshPages pages;
    REQUIRE(pages.handedOut(piece(first, FrameNumber(~std::uint64_t{0})), ram));
    CHECK(pages.notCleared() == std::vector{first});
}
