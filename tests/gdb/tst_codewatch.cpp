// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "gdb/qemu/codewatch.h"
#include "gdb/qemu/sharedfile.h"
#include "gdb/tcgplugin/instructionwatch.h"
#include "gdb/tcgplugin/placewatch.h"
#include "gdb/tcgplugin/storewatch.h"
#include "tests/support/catch/run.h"
#include "tests/support/required.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using namespace std::chrono_literals;
using core::LinearAddress;
using test::required;

namespace {

constexpr LinearAddress function(0xffffffff81001000);
constexpr LinearAddress other(0xffffffff81002000);

/// Both ends of the shared memory, in one process: its main thread is that of QEMU.
class Ends {
public:
    Ends()
    {
        if (!places::PlaceWatch::possible())
            tests::skipCase("/proc/PID/syscall cannot be read here");
        required(gdb::CodeWatch::create(m_directory / "code.watch"));
        void* place = required(gdb::mapSharedFile(
            m_directory / "code.watch", sizeof(places::Places), gdb::SharedFile::Existing));
        shared = static_cast<places::Places*>(place);
        shared->attached = 1;
        watch = required(gdb::CodeWatch::open(m_directory / "code.watch"));
    }

    std::unique_ptr<gdb::CodeWatch> again() const
    {
        return required(gdb::CodeWatch::open(m_directory / "code.watch"));
    }

private:
    test::TemporaryDirectory m_directory;

public:
    places::Places* shared = nullptr;
    std::unique_ptr<gdb::CodeWatch> watch;
};

} // namespace

TEST_CASE(
    "a CPU is held before code that runs for the first time, until the main thread waits for it to stop")
{
    Ends ends;
    places::PlaceWatch plugin(*ends.shared);
    REQUIRE(ends.watch->add(function));
    REQUIRE(ends.watch->add(other));
    ends.watch->hold(true);
    std::atomic<bool> ran = false;
    std::thread cpu([&] {
        plugin.translating(0x1000, 0x1010);
        plugin.translating(function.value, function.value + 9);
        ran = true;
    });
    while (!ends.watch->held())
        std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(20ms);
    CHECK_FALSE(ran);
    cpu.join(); // a wait on a futex
    CHECK_FALSE(ends.watch->held());
    const auto met = ends.watch->takeMet();
    CHECK(met.places == std::vector{function});
    CHECK(met.block == function);

    SECTION("what was met is met once")
    {
        plugin.translating(function.value, function.value + 9);
        CHECK(ends.watch->takeMet().places.empty());
    }
    SECTION("code that is translated already cannot be waited for; the rest can")
    {
        CHECK_FALSE(ends.watch->add(function));
        CHECK(ends.watch->add(other + 0x1000));
    }
}

TEST_CASE("a place in the middle of a block is told apart from its begin")
{
    Ends ends;
    places::PlaceWatch plugin(*ends.shared);
    REQUIRE(ends.watch->add(function));
    ends.watch->hold(true);
    std::thread cpu([&] { plugin.translating(function.value - 4, function.value + 5); });
    cpu.join();
    const auto met = ends.watch->takeMet();
    CHECK(met.places == std::vector{function});
    CHECK(met.block == LinearAddress(function.value - 4));
}

TEST_CASE("where nobody wants a CPU held, what is met is noted only")
{
    Ends ends;
    places::PlaceWatch plugin(*ends.shared);
    REQUIRE(ends.watch->add(function));
    REQUIRE(ends.watch->add(other));
    ends.watch->remove(other);
    plugin.translating(function.value, other.value + 1);
    const auto met = ends.watch->takeMet();
    CHECK(met.places == std::vector{function});
    CHECK(met.block == LinearAddress());
}

TEST_CASE("a CPU is held no longer than somebody wants that")
{
    Ends ends;
    places::PlaceWatch plugin(*ends.shared);
    REQUIRE(ends.watch->add(function));
    ends.watch->hold(true);
    std::atomic<bool> ran = false;
    std::thread cpu([&] {
        plugin.translating(function.value, function.value + 9);
        ran = true;
    });
    while (!ends.watch->held())
        std::this_thread::sleep_for(1ms);
    ends.watch->hold(false);
    while (!ran)
        std::this_thread::sleep_for(1ms); // on no futex
    cpu.join();
}

TEST_CASE("a CPU is held for no process that is gone")
{
    Ends ends;
    places::PlaceWatch plugin(*ends.shared);
    REQUIRE(ends.watch->add(function));
    ends.watch->hold(true);
    ends.shared->consumer = 0x7fff'fffe; // above any pid_max
    const auto begin = std::chrono::steady_clock::now();
    plugin.translating(function.value, function.value + 1); // would hold the main thread itself
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("what an earlier debugger waited for holds no CPU of the next one's")
{
    Ends ends;
    places::PlaceWatch plugin(*ends.shared);
    REQUIRE(ends.watch->add(function));
    ends.watch = ends.again();
    ends.watch->hold(true);
    plugin.translating(function.value, function.value + 1); // would hold the main thread itself
    CHECK(ends.watch->takeMet().places.empty());
}

TEST_CASE("there is room for so many places and no more")
{
    Ends ends;
    for (std::uint64_t i = 0; i < places::maxPlaces; ++i)
        REQUIRE(ends.watch->add(function + 16 * i));
    CHECK_FALSE(ends.watch->add(other + 0x10000));
    CHECK(ends.watch->add(function)); // is there
    ends.watch->remove(function);
    CHECK(ends.watch->add(other + 0x10000));
}

namespace {

/// Memory of a guest with one entry that instructions store.
struct Memory {
    std::array<std::uint64_t, 512> words{};
    static constexpr std::uint64_t entry = 24; ///< Offset in bytes.

    static constexpr std::uint64_t base = 0x1'0000'0000; ///< Physical address of the first byte.
    bool physical = GENERATE(false, true); ///< What QEMU says of a store.

    places::StoreWatch watched(Ends& ends) const
    {
        return {*ends.shared, reinterpret_cast<const std::byte*>(words.data()), sizeof words, physical};
    }
    static gdb::StoreSequence sequence(std::vector<LinearAddress> writers, std::vector<std::uint64_t> values)
    {
        return {core::PhysicalAddress(base + entry), entry, 8, std::move(writers), std::move(values)};
    }
    void store(places::StoreWatch& plugin, std::uint64_t value, std::uint64_t offset = entry)
    {
        words[offset / 8] = value;
        plugin.stored(physical ? base + offset : offset);
    }
};

} // namespace

TEST_CASE("a CPU is held after the last of a sequence of stores into one entry, and after no other")
{
    Ends ends;
    Memory memory;
    places::StoreWatch plugin = memory.watched(ends);
    CHECK_FALSE(plugin.looksAt(function.value));
    REQUIRE(ends.watch->watchStores(Memory::sequence({function, other}, {0x1063, 0, 0x1063})));
    CHECK(plugin.looksAt(other.value));
    CHECK_FALSE(plugin.looksAt(other.value + 1));
    ends.watch->hold(true);
    for (const std::uint64_t value : {0x1063U, 0U, 0x1063U})
        memory.store(plugin, value); // before it counts: would hold the main thread itself
    ends.watch->countStores(true);
    memory.store(plugin, 0x1063);
    memory.store(plugin, 0x1063); // the same again
    memory.store(plugin, 0, Memory::entry + 8); // another entry
    CHECK_FALSE(ends.watch->storesDone());
    memory.store(plugin, 0);
    std::atomic<bool> ran = false;
    std::thread cpu([&] {
        memory.store(plugin, 0x1063);
        ran = true;
    });
    while (!ends.watch->held())
        std::this_thread::sleep_for(1ms);
    CHECK_FALSE(ran);
    cpu.join(); // a wait on a futex
    CHECK(ends.watch->storesDone());
    memory.store(plugin, 0);
    memory.store(plugin, 0x1063); // it was the last
    ends.watch->countStores(false);
    CHECK_FALSE(ends.watch->storesDone());
}

TEST_CASE("stores that are too many, or outside RAM, are not waited for")
{
    Ends ends;
    Memory memory;
    places::StoreWatch plugin = memory.watched(ends);
    CHECK_FALSE(ends.watch->watchStores(Memory::sequence({}, {1})));
    CHECK_FALSE(ends.watch->watchStores(Memory::sequence({function}, {})));
    CHECK_FALSE(ends.watch->watchStores(
        Memory::sequence(std::vector<LinearAddress>(places::maxWriters + 1, function), {1})));
    CHECK_FALSE(ends.watch->watchStores(
        Memory::sequence({function}, std::vector<std::uint64_t>(places::maxValues + 1, 1))));
    auto outside = Memory::sequence({function}, {0});
    outside.ramOffset = sizeof memory.words;
    outside.entry = core::PhysicalAddress(Memory::base + sizeof memory.words);
    REQUIRE(ends.watch->watchStores(outside));
    ends.watch->hold(true);
    ends.watch->countStores(true);
    plugin.stored(memory.physical ? Memory::base + sizeof memory.words : sizeof memory.words);
    CHECK_FALSE(ends.watch->storesDone());
}

TEST_CASE("a CPU is held before the block with which so many instructions have begun")
{
    Ends ends;
    places::InstructionWatch plugin(*ends.shared);
    CHECK_FALSE(plugin.looks());
    ends.watch->lookAtInstructions(true);
    CHECK(plugin.looks());
    ends.watch->hold(true);
    plugin.begins({0x1000, 100}); // before it counts: would hold the main thread itself
    CHECK(ends.watch->lastBlock() == LinearAddress(0x1000));
    CHECK_FALSE(ends.watch->instructionsDone());
    ends.watch->countInstructions(10);
    plugin.begins({0x2000, 4});
    plugin.begins({0x3000, 5});
    CHECK_FALSE(ends.watch->instructionsDone());
    std::atomic<bool> ran = false;
    std::thread cpu([&] {
        plugin.begins({0x4000, 2});
        ran = true;
    });
    while (!ends.watch->held())
        std::this_thread::sleep_for(1ms);
    CHECK_FALSE(ran);
    cpu.join(); // a wait on a futex
    CHECK(ends.watch->instructionsDone());
    CHECK(ends.watch->lastBlock() == LinearAddress(0x4000));
    plugin.begins({0x5000, 20}); // it was held
    ends.watch->countInstructions(0);
    CHECK_FALSE(ends.watch->instructionsDone());
    ends.watch->lookAtInstructions(false);
    CHECK_FALSE(plugin.looks());
}

TEST_CASE("a file of another kind is no watch")
{
    Ends ends;
    const test::TemporaryDirectory directory;
    const auto file = directory / "x";
    SECTION("of another size")
    {
        (void)required(gdb::mapSharedFile(file, 4096, gdb::SharedFile::New));
        CHECK(gdb::CodeWatch::open(file).error().happened == "it has the wrong size");
    }
    SECTION("of another format")
    {
        (void)required(gdb::mapSharedFile(file, sizeof(places::Places), gdb::SharedFile::New));
        CHECK(gdb::CodeWatch::open(file).error().message().find("format") != std::string::npos);
    }
    SECTION("that no plugin has opened")
    {
        required(gdb::CodeWatch::create(file));
        CHECK(gdb::CodeWatch::open(file).error().message().find("plugin") != std::string::npos);
    }
}
