// SPDX-License-Identifier: GPL-2.0-or-later
// The folder of a recording's checkpoints: what is written, and what others may have written.
#include "tests/support/catch.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "gdb/boot/bootstate.h"
#include "gdb/checkpoint/checkpointindex.h"
#include "gdb/checkpoint/devicestate.h"
#include "gdb/checkpoint/livefolder.h"
#include "gdb/checkpoint/pagemap.h"
#include "gdb/checkpoint/ramfile.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using gdb::LiveFolder;
using gdb::PageMap;

namespace {

namespace fs = std::filesystem;

core::Bytes bytesOf(std::string_view text)
{
    const auto view = std::as_bytes(std::span(text.data(), text.size()));
    return {view.begin(), view.end()};
}

/// A recording's name, with nothing there.
struct Place {
    test::TemporaryDirectory directory;
    std::string recording = (directory / "a.pgtrec").string();
    fs::path folder = LiveFolder::pathFor(recording);
};

PageMap sampleMap()
{
    PageMap map;
    map.groups = {{std::string(64, 'a'), 64}, {std::string(64, 'b'), 3}};
    map.runs = {{0, 5, 0, 59}, {5, 1, 0, 2}, {100, 3, 1, 0}, {262143, 1, 1, 2}};
    return map;
}

gdb::CheckpointIndex sampleIndex()
{
    gdb::CheckpointIndex index{"r", {}};
    for (const core::StepNumber step : {3U, 9U})
        index.checkpoints.push_back({step, {std::string(64, '1'), 287'000}, {std::string(64, '2'), 40},
            gdb::toJson(gdb::BootState())});
    return index;
}

} // namespace

TEST_CASE("An index whose chunks are lost is read, and each of them is missed by its name")
{
    const Place place;
    auto folder = LiveFolder::create(place.recording).value();
    const std::string name = folder.store(bytesOf("abc")).value();
    REQUIRE(folder.storeIndex(name));
    // As a loss of power can leave it: nothing is synced.
    fs::remove(place.folder / name);
    const auto again = LiveFolder::open(place.recording).value();
    CHECK(again.loadIndex().value() == name);
    const auto lost = again.load(name, 100);
    REQUIRE_FALSE(lost);
    CHECK(lost.error().message().find(name) != std::string::npos);
}

TEST_CASE("A chunk has the hash of its bytes for a name, and is stored once")
{
    const Place place;
    auto folder = LiveFolder::create(place.recording).value();
    const std::string name = folder.store(bytesOf("abc")).value();
    CHECK(name == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); // FIPS 180-2, B.1
    CHECK(folder.store(bytesOf("abc")).value() == name);
    CHECK(folder.load(name, 3).value() == bytesOf("abc"));
    CHECK(gdb::liveBytes(place.recording) == 3);
    CHECK_FALSE(folder.load(name, 2));
    CHECK_FALSE(folder.load(std::string(64, '0'), 100));
    folder.drop(name);
    CHECK_FALSE(folder.load(name, 3));
}

TEST_CASE("A chunk that is changed, a link or no file is not read")
{
    const Place place;
    auto folder = LiveFolder::create(place.recording).value();
    const std::string name = folder.store(bytesOf("abc")).value();
    const fs::path file = place.folder / name;
    SECTION("changed") { std::ofstream(file) << "abd"; }
    SECTION("a link to what its name says")
    {
        fs::rename(file, place.directory / "elsewhere");
        fs::create_symlink(place.directory / "elsewhere", file);
    }
    SECTION("a pipe")
    {
        fs::remove(file);
        REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    }
    SECTION("a folder")
    {
        fs::remove(file);
        fs::create_directory(file);
    }
    const auto loaded = folder.load(name, 100);
    REQUIRE_FALSE(loaded);
    CHECK_FALSE(loaded.error().happened.empty());
}

TEST_CASE("No name of a chunk leads out of the folder")
{
    const Place place;
    const auto folder = LiveFolder::create(place.recording).value();
    std::ofstream(place.directory / "secret") << "abc";
    for (const std::string& name : {std::string("../secret"), std::string("index"), std::string(),
             std::string(63, 'a'), std::string(64, 'A'), "../" + std::string(61, 'a'), std::string(64, '\0')})
        CHECK_FALSE(folder.load(name, 100));
}

TEST_CASE("A folder that is a link is neither read, filled nor emptied")
{
    const Place place;
    fs::create_directory(place.directory / "target");
    std::ofstream(place.directory / "target" / "index") << "x";
    fs::create_directory_symlink(place.directory / "target", place.folder);
    CHECK_FALSE(LiveFolder::open(place.recording));
    CHECK_FALSE(LiveFolder::create(place.recording));
    CHECK_FALSE(gdb::forgetLive(place.recording));
    CHECK(fs::exists(place.directory / "target" / "index"));
}

TEST_CASE("Checkpoints are forgotten with what a killed program left, and with nothing else")
{
    const Place place;
    auto folder = LiveFolder::create(place.recording).value();
    const std::string name = folder.store(bytesOf("abc")).value();
    REQUIRE(folder.storeIndex("index"));
    std::ofstream(place.folder / (name + ".new")) << "ab";
    SECTION("all of it is ours")
    {
        CHECK(gdb::forgetLive(place.recording).value() == 10);
        CHECK_FALSE(fs::exists(place.folder));
        const auto again = gdb::forgetLive(place.recording);
        REQUIRE_FALSE(again);
        CHECK(again.error().happened == "there are none");
    }
    SECTION("something is not")
    {
        std::ofstream(place.folder / "thesis.tex") << "x";
        CHECK_FALSE(gdb::forgetLive(place.recording));
        CHECK(fs::exists(place.folder / "thesis.tex"));
        CHECK_FALSE(fs::exists(place.folder / name));
        CHECK_FALSE(LiveFolder::create(place.recording));
    }
    SECTION("another recording of that name begins with an empty one")
    {
        const auto empty = LiveFolder::create(place.recording).value();
        CHECK_FALSE(empty.loadIndex());
        CHECK(gdb::liveBytes(place.recording) == 0);
    }
}

TEST_CASE("Checkpoints move beside a copy of their recording, in place of an earlier file's")
{
    const Place place;
    const std::string copy = place.recording + "-copy";
    CHECK_FALSE(gdb::moveLive(place.recording, copy)); // there are none
    auto folder = LiveFolder::create(place.recording).value();
    const std::string name = folder.store(bytesOf("abc")).value();
    REQUIRE(folder.storeIndex("index"));
    SECTION("that had none") { }
    SECTION("that had some")
    {
        auto earlier = LiveFolder::create(copy).value();
        (void)earlier.store(bytesOf("defg")).value();
    }
    REQUIRE(gdb::moveLive(place.recording, copy));
    CHECK_FALSE(fs::exists(place.folder));
    CHECK(gdb::liveBytes(copy) == 8);
    CHECK(LiveFolder::open(copy).value().load(name, 100).value() == bytesOf("abc"));
}

TEST_CASE("A list of pages is read as it was written, and no damaged one leads out of RAM or of a group")
{
    constexpr std::uint64_t pages = 262'144;
    const core::Bytes packed = gdb::pack(sampleMap());
    CHECK(gdb::unpackPageMap(packed, pages).value() == sampleMap());
    CHECK_FALSE(gdb::unpackPageMap(packed, pages - 1));
    std::mt19937 random(23);
    for (int i = 0; i < 20'000; ++i) {
        core::Bytes damaged = packed;
        damaged.resize(damaged.size() - random() % 3);
        for (int n = 0; n < 2; ++n)
            damaged[random() % damaged.size()] = std::byte(random());
        const auto map = gdb::unpackPageMap(damaged, pages);
        if (!map)
            continue;
        const std::vector<PageMap::Run>& runs = map->runs;
        const bool inside = std::all_of(runs.begin(), runs.end(), [&](const PageMap::Run& run) {
            return run.page <= pages && run.count <= pages - run.page && run.group < map->groups.size()
                && run.slot + run.count <= map->groups[run.group].pages;
        });
        REQUIRE(inside);
    }
}

TEST_CASE("An index is believed with the key that it was written with, and not after a change")
{
    const std::string key(32, 'k');
    const std::string text = gdb::indexText(sampleIndex(), key);
    const auto index = gdb::indexFrom(text, key).value();
    CHECK(index.checkpoints == sampleIndex().checkpoints);
    CHECK(index.nearest(2) == nullptr);
    CHECK(index.nearest(3)->step == 3);
    CHECK(index.nearest(8)->step == 3);
    CHECK(index.nearest(4'000)->step == 9);
    CHECK_FALSE(gdb::indexFrom(text, std::string(32, 'l')));
    CHECK_FALSE(gdb::indexFrom(std::string_view(text).substr(0, text.size() - 1), key));
    CHECK_FALSE(gdb::indexFrom("", key));
    std::mt19937 random(23);
    for (int i = 0; i < 500; ++i) {
        std::string damaged = text;
        char& one = damaged[random() % damaged.size()];
        one = static_cast<char>(one ^ static_cast<int>(1 + random() % 255));
        REQUIRE_FALSE(gdb::indexFrom(damaged, key));
    }
    gdb::CheckpointIndex back = sampleIndex();
    std::reverse(back.checkpoints.begin(), back.checkpoints.end());
    CHECK_FALSE(gdb::indexFrom(gdb::indexText(back, key), key));
}

TEST_CASE("Another time or another recipe is another recording")
{
    core::GuestDescription guest;
    guest.started = "2026-11-30T01:00:00Z";
    guest.recipe = "{}";
    core::GuestDescription later = guest;
    later.started = "2026-11-30T01:00:01Z";
    core::GuestDescription other = guest;
    other.recipe = "{ }";
    CHECK(gdb::recordingId(guest) == gdb::recordingId(guest));
    CHECK(gdb::recordingId(guest) != gdb::recordingId(later));
    CHECK(gdb::recordingId(guest) != gdb::recordingId(other));
}

TEST_CASE("The state of a machine at a debugger's stop becomes that of a paused one")
{
    using namespace std::string_literals;
    const std::string name = "\x0bglobalstate\0\0\0\0\0\0\0\1"s;
    core::Bytes state
        = bytesOf("globalstate in a description " + name + "\0\0\0\6debug"s + std::string(95, '\0'));
    const core::Bytes paused
        = bytesOf("globalstate in a description " + name + "\0\0\0\7paused"s + std::string(94, '\0'));
    CHECK(gdb::pauseState(state));
    CHECK(state == paused);
    CHECK(gdb::pauseState(state));
    CHECK(state == paused);
    core::Bytes running = bytesOf(name + "\0\0\0\10running"s + std::string(93, '\0'));
    CHECK_FALSE(gdb::pauseState(running));
    core::Bytes cut = bytesOf("globalstate\0\0"s);
    CHECK_FALSE(gdb::pauseState(cut));
}

TEST_CASE("What was known of a boot is read as it was written; nonsense is refused")
{
    gdb::BootState state;
    state.waiting = {{"mem_init", "", core::LinearAddress(0xffffffff81000000), 3, true}};
    state.later = {"start_kernel"};
    state.spent = {{"start_kernel", "", core::LinearAddress(0xffffffff81000000), 0, false}};
    state.switches = {{core::LinearAddress(0x1000), 2, 1}};
    state.switchPlaces = {core::LinearAddress(0x1000), core::LinearAddress(0x2000)};
    state.knowsWriters = state.pgtBufWatched = state.allocatorSeen = state.skipWaits = true;
    state.allocations = 7;
    state.skipCalls = 2;
    CHECK(gdb::bootStateFrom(gdb::toJson(state)) == state);
    nlohmann::json json = gdb::toJson(state);
    SECTION("an event that does not exist") { json["waiting"][0]["event"] = "make_coffee"; }
    SECTION("a breakpoint for nothing") { json["waiting"][0]["event"] = ""; }
    SECTION("a place outside the catalogue") { json["switches"][0]["place"] = 4'000'000'000U; }
    SECTION("something missing") { json.erase("later"); }
    SECTION("another type") { json["skipCalls"] = "two"; }
    SECTION("nothing at all") { json = nullptr; }
    CHECK(gdb::bootStateFrom(json) == std::nullopt);
}

TEST_CASE("Pages of RAM that were never written are neither read nor allocated")
{
    const test::TemporaryDirectory directory;
    const fs::path file = directory / "ram";
    std::ofstream(file).close();
    fs::resize_file(file, 1000 * gdb::pageBytes);
    auto ram = gdb::RamFile::open(file, gdb::RamFile::For::Writing).value();
    CHECK(ram.pages() == 1000);
    const core::Bytes content(2 * gdb::pageBytes, std::byte{7});
    REQUIRE(ram.write(500, content));
    std::vector<std::uint64_t> pages;
    const auto note = [&](std::uint64_t page, core::ByteView bytes) -> core::Result<void> {
        CHECK(bytes.size() == gdb::pageBytes);
        if (bytes.front() == std::byte{7})
            pages.push_back(page);
        return {};
    };
    REQUIRE(ram.forEachPage(note));
    CHECK(pages == std::vector<std::uint64_t>{500, 501});
    CHECK(ram.allocated() < 100 * gdb::pageBytes);
    REQUIRE(ram.clear());
    pages.clear();
    REQUIRE(ram.forEachPage(note));
    CHECK(pages.empty());
}
