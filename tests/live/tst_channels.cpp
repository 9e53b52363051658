// SPDX-License-Identifier: GPL-2.0-or-later
#include "firmwareguest.h"

#include <cstring>
#include <iostream>

#include <QFile>
#include <unistd.h>

#include "core/steps/diff.h"
#include "gdb/capture/guestsession.h"
#include "gdb/memory/choosechannel.h"
#include "tests/support/liveguest.h"
#include "tests/support/required.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using namespace std::chrono_literals;

namespace {

const core::CancelFlag never;

constexpr std::uint64_t patternBytes = 9U << 20U;
constexpr std::uint64_t lowPattern = 0x2000000;
constexpr std::uint64_t highPattern = 0x110000000;
constexpr std::uint64_t guestBytes = 5ULL << 30U;
/// q35 moves what does not fit below 2 GiB to above 4 GiB.
constexpr std::uint64_t endOfRam = (4ULL << 30U) + guestBytes - (2ULL << 30U);

/// No two words are equal, so that a page in the wrong place cannot look right.
std::uint64_t patternWord(std::uint64_t index) { return (index + 1) * 0x9e3779b97f4a7c15ULL; }

/// A target and a channel to its memory.
struct Reader {
    Reader(
        const ConnectOptions& options, const ChannelRequest& request, const core::CancelFlag& cancel = never)
    {
        auto attached = Target::attach(options, &cancel);
        if (!attached)
            FAIL(attached.error().message());
        target = std::move(*attached);
        auto channel = chooseChannel(*target, target.get(), request);
        if (!channel)
            FAIL(channel.error().message());
        chosen = std::move(*channel);
    }
    core::PhysicalMemory& memory() const { return *chosen.channel; }

    std::unique_ptr<Target> target;
    ChosenChannel chosen;
};

/// A guest held at reset, whose RAM holds the pattern in two places and is a shared file.
struct PatternGuest {
    explicit PatternGuest(int tcpPort = 0)
        : guest(arguments(files), tcpPort)
    {
    }

    static QStringList arguments(const QTemporaryDir& files)
    {
        QFile pattern(files.filePath("pattern"));
        REQUIRE(pattern.open(QIODevice::WriteOnly));
        std::vector<std::uint64_t> words;
        for (std::uint64_t index = 0; index < patternBytes / sizeof(std::uint64_t); ++index)
            words.push_back(patternWord(index));
        pattern.write(reinterpret_cast<const char*>(words.data()), static_cast<qint64>(patternBytes));
        const auto loader = [&](std::uint64_t address) {
            return "loader,force-raw=on,addr=" + QString::number(address) + ",file=" + pattern.fileName();
        };
        return {"-S", "-m", "5G", "-machine", "memory-backend=ram", "-object",
            "memory-backend-file,id=ram,share=on,size=5G,mem-path=" + ramFile(files), "-device",
            loader(lowPattern), "-device", loader(highPattern)};
    }
    static QString ramFile(const QTemporaryDir& files) { return files.filePath("ram"); }

    std::unique_ptr<Reader> attach(const std::string& channel, const core::CancelFlag& cancel = never)
    {
        return std::make_unique<Reader>(
            guest.options(), ChannelRequest{channel, ramFile(files).toStdString(), std::nullopt}, cancel);
    }

    QTemporaryDir files{"/dev/shm/pgtscope-test-XXXXXX"};
    FirmwareGuest guest;
};

std::string anyChannel()
{
    return GENERATE(as<std::string>{}, "mapped", "procmem", "rsp", "pmemsave", "gdb");
}

bool isPattern(std::uint64_t offset, std::span<const std::byte> bytes)
{
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        const std::uint64_t word = patternWord((offset + at) / 8);
        if (bytes[at] != static_cast<std::byte>(word >> (8 * ((offset + at) % 8))))
            return false;
    }
    return true;
}

/// One read of the pattern and where in the pattern it lies.
struct PatternRead {
    PatternRead(std::uint64_t base, std::uint64_t at, std::size_t size)
        : offset(at)
        , bytes(size)
        , address(base + at)
    {
    }
    std::uint64_t offset;
    std::vector<std::byte> bytes;
    core::PhysicalAddress address;
};

void checkPattern(core::PhysicalMemory& memory, std::vector<PatternRead> reads)
{
    std::vector<core::PhysicalRead> batch;
    for (PatternRead& read : reads)
        batch.push_back({read.address, read.bytes});
    auto done = memory.read(batch);
    if (!done)
        FAIL(done.error().message());
    for (std::size_t index = 0; index < reads.size(); ++index) {
        INFO("physical 0x" << std::hex << reads[index].address.value);
        CHECK(batch[index].ok);
        CHECK(isPattern(reads[index].offset, reads[index].bytes));
    }
}

bool canRead(core::PhysicalMemory& memory, std::uint64_t address, std::size_t size)
{
    std::vector<std::byte> bytes(size);
    std::array<core::PhysicalRead, 1> batch{{{core::PhysicalAddress(address), bytes}}};
    REQUIRE(memory.read(batch));
    return batch[0].ok;
}

} // namespace

TEST_CASE("Every channel reads what the guest's RAM holds, below and above 4 GiB")
{
    PatternGuest guest;
    const auto reader = guest.attach(anyChannel());
    INFO(reader->memory().name());
    std::vector<PatternRead> reads;
    for (std::uint64_t page : {7ULL, 3ULL, 3ULL, 2047ULL, 4ULL, 1000ULL, 0ULL}) {
        reads.emplace_back(lowPattern, page * core::frameBytes, core::frameBytes);
        reads.emplace_back(highPattern, page * core::frameBytes, core::frameBytes);
    }
    checkPattern(reader->memory(), reads);
}

TEST_CASE("Every channel reads ranges of any size and place")
{
    PatternGuest guest;
    const auto reader = guest.attach(anyChannel());
    INFO(reader->memory().name());
    checkPattern(reader->memory(),
        {{lowPattern, 1, 1}, {lowPattern, 4095, 2}, {lowPattern, 12345, 54321}, {highPattern, 8, 8},
            {lowPattern, 65536, 300000}, {lowPattern, 0, 8U << 20U}});
    CHECK(reader->memory().read({}));
}

TEST_CASE("Every channel refuses addresses that no RAM backs, and reads the rest of the batch")
{
    PatternGuest guest;
    const auto reader = guest.attach(anyChannel());
    core::PhysicalMemory& memory = reader->memory();
    INFO(memory.name());
    CHECK(canRead(memory, endOfRam - 4096, 4096));
    for (const std::uint64_t address : std::initializer_list<std::uint64_t>{endOfRam, endOfRam - 1,
             0x80000000ULL, 0xfee00000ULL, 0xfed00000ULL, 1ULL << 51U, ~0ULL - 4095U}) {
        INFO(core::hexText(address));
        CHECK_FALSE(canRead(memory, address, 4096));
    }
    std::vector<std::byte> good(4096);
    std::vector<std::byte> bad(4096);
    std::array<core::PhysicalRead, 2> batch{
        {{core::PhysicalAddress(0xfee00000), bad, true}, {core::PhysicalAddress(lowPattern), good}}};
    REQUIRE(memory.read(batch));
    CHECK_FALSE(batch[0].ok);
    CHECK(batch[1].ok);
    CHECK(isPattern(0, good));
}

TEST_CASE("Reading leaves no trace in the stub")
{
    PatternGuest guest;
    auto reader = guest.attach(anyChannel());
    INFO(reader->memory().name());
    CHECK(canRead(reader->memory(), lowPattern, 4096));
    CHECK(reader->target->release());
    CHECK_FALSE(guest.guest.physicalMode());
    CHECK(guest.guest.status() == "prelaunch");
}

TEST_CASE("Channels that need the guest's process fail when it is gone")
{
    PatternGuest guest;
    const auto reader = guest.attach(GENERATE(as<std::string>{}, "procmem", "rsp", "pmemsave", "gdb"));
    INFO(reader->memory().name());
    REQUIRE(canRead(reader->memory(), lowPattern, 4096));
    guest.guest.kill();
    std::vector<std::byte> bytes(4096);
    std::array<core::PhysicalRead, 1> batch{{{core::PhysicalAddress(lowPattern), bytes}}};
    CHECK_FALSE(reader->memory().read(batch));
    CHECK_FALSE(batch[0].ok);
}

TEST_CASE("A cancel ends a long read through the stub, and the guest is left as it was")
{
    PatternGuest guest;
    core::CancelFlag cancel;
    auto reader = guest.attach(GENERATE(as<std::string>{}, "rsp", "gdb"), cancel);
    std::thread user([&] {
        std::this_thread::sleep_for(100ms);
        cancel.cancel();
    });
    std::vector<std::byte> bytes(64U << 20U);
    std::array<core::PhysicalRead, 1> batch{{{core::PhysicalAddress(lowPattern), bytes}}};
    const auto done = reader->memory().read(batch);
    user.join();
    REQUIRE_FALSE(done);
    CHECK(done.error().happened.find("cancel") != std::string::npos);
    CHECK(reader->target->release());
    CHECK(guest.guest.status() == "prelaunch");
    CHECK_FALSE(guest.guest.physicalMode());
}

TEST_CASE("The best channel is chosen, and the reasons against better ones are kept")
{
    PatternGuest guest;
    {
        const auto reader = guest.attach("");
        CHECK(reader->memory().name() == "mapped RAM");
        CHECK(reader->chosen.notes.empty());
    }
    const Reader reader(guest.guest.options(), {});
    CHECK(reader.memory().name() != "mapped RAM");
    REQUIRE_FALSE(reader.chosen.notes.empty());
    CHECK(reader.chosen.notes[0].starts_with("mapped: "));
}

TEST_CASE("A channel that does not exist or does not work is an Error when it is asked for by name")
{
    PatternGuest guest;
    const auto reader = guest.attach("gdb");
    CHECK_FALSE(chooseChannel(*reader->target, reader->target.get(), {"telepathy", {}, {}}));
    CHECK_FALSE(chooseChannel(*reader->target, reader->target.get(), {"mapped", {}, {}}));
    CHECK_FALSE(chooseChannel(*reader->target, reader->target.get(), {"mapped", "/dev/null", {}}));
    CHECK_FALSE(chooseChannel(*reader->target, reader->target.get(), {"procmem", {}, ::getpid()}));
}

TEST_CASE("A RAM file of another guest is recognised")
{
    PatternGuest guest;
    PatternGuest other;
    QFile file(PatternGuest::ramFile(other.files));
    REQUIRE(file.open(QIODevice::ReadWrite));
    file.write("different");
    file.close();
    const Reader reader(guest.guest.options(), {"", PatternGuest::ramFile(other.files).toStdString(), {}});
    CHECK(reader.memory().name() != "mapped RAM");
    CHECK(reader.chosen.notes[0].find("differs") != std::string::npos);
}

TEST_CASE("The process behind a TCP port is found, too")
{
    PatternGuest guest(29417);
    const auto reader = guest.attach("procmem");
    checkPattern(reader->memory(), {{highPattern, 4096, 4096}});
}

TEST_CASE("Over a port alone the stub gives what is mapped, and a guest that ran goes on")
{
    PatternGuest guest(29418);
    const bool running = GENERATE(false, true);
    if (running)
        REQUIRE(guest.guest.execute("cont"));
    REQUIRE(guest.guest.reaches(running ? "running" : "prelaunch"));
    std::vector<std::byte> through(patternBytes);
    std::vector<std::byte> mapped(patternBytes);
    for (const auto& [channel, bytes] : {std::pair("rsp", &through), std::pair("mapped", &mapped)}) {
        const auto reader = guest.attach(channel);
        CHECK((reader->memory().name() == "gdbstub, pipelined") == (bytes == &through));
        std::array<core::PhysicalRead, 1> batch{{{core::PhysicalAddress(highPattern), *bytes}}};
        REQUIRE(reader->memory().read(batch));
        REQUIRE(batch[0].ok);
        CHECK(reader->target->release());
        CHECK(guest.guest.reaches(running ? "running" : "prelaunch"));
    }
    CHECK(through == mapped);
    CHECK(isPattern(0, through));
    CHECK_FALSE(guest.guest.physicalMode());
}

TEST_CASE("Where RAM cannot be mapped the stub itself is read before gdb is asked")
{
    PatternGuest guest(29419);
    const auto reader = guest.attach("rsp");
    const auto chosen = chooseChannel(*reader->target, reader->target.get(), {"", {}, ::getpid()});
    REQUIRE(chosen);
    CHECK(chosen->channel->name() == "gdbstub, pipelined");
    CHECK(chosen->notes.size() == 2);
}

TEST_CASE("Mapped frames lie in place, and only where the file holds data")
{
    PatternGuest guest;
    const auto reader = guest.attach("mapped");
    core::PhysicalMemory& memory = reader->memory();
    const core::FrameNumber low = core::frameOf(core::PhysicalAddress(lowPattern));
    const std::byte* frame = memory.mappedFrame(low);
    REQUIRE(frame != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(frame) % core::frameBytes == 0);
    CHECK(isPattern(0, std::span(frame, core::frameBytes)));
    CHECK(memory.mappedFrame(core::frameOf(core::PhysicalAddress(highPattern))) != nullptr);
    CHECK(memory.mappedFrame(core::FrameNumber(0xfee00)) == nullptr);
    CHECK(memory.mappedFrame(core::FrameNumber(~0ULL)) == nullptr);
    // Never written, so not in the file: read as zeros, but not mapped, which would fill the file.
    const std::uint64_t untouched = 0x60000000;
    CHECK(memory.mappedFrame(core::FrameNumber(untouched >> core::frameShift)) == nullptr);
    CHECK(canRead(memory, untouched, 4096));
    const auto range = memory.mappedRange(core::PhysicalAddress(lowPattern), 64 * core::frameBytes);
    CHECK(range.data() == frame);
    CHECK(range.size() >= core::frameBytes);
    CHECK(range.size() <= 64 * core::frameBytes);
    CHECK(memory.mappedRange(core::PhysicalAddress(untouched), core::frameBytes).empty());
    // However much is asked for, no hole is part of it.
    CHECK(memory.mappedRange(core::PhysicalAddress(lowPattern), 1ULL << 40).size() < untouched - lowPattern);

    guest.guest.kill();
    REQUIRE(QFile::resize(PatternGuest::ramFile(guest.files), 4096));
    CHECK(memory.mappedFrame(low) == nullptr);
    CHECK(memory.mappedRange(core::addressOf(low), 4096).empty());
    CHECK_FALSE(canRead(memory, lowPattern, 4096));
}

TEST_CASE("Figures", "[.figures]")
{
    PatternGuest guest;
    using Clock = std::chrono::steady_clock;
    const auto milliseconds = [](Clock::time_point since) {
        return std::chrono::duration<double, std::milli>(Clock::now() - since).count();
    };
    for (const char* channel : {"mapped", "procmem", "rsp", "pmemsave", "gdb"}) {
        auto begin = Clock::now();
        const auto reader = guest.attach(channel);
        std::cout << channel << ": attach " << milliseconds(begin) << " ms";
        begin = Clock::now();
        CHECK(reader->target->cpus());
        std::cout << ", registers " << milliseconds(begin) << " ms";
        std::vector<std::vector<std::byte>> pages(111, std::vector<std::byte>(core::frameBytes));
        std::vector<core::PhysicalRead> batch;
        for (std::uint64_t page = 0; page < pages.size(); ++page)
            batch.push_back({core::PhysicalAddress(lowPattern + page * 37 * core::frameBytes), pages[page]});
        begin = Clock::now();
        // A capture descends level by level: each batch depends on the one before.
        for (std::size_t at = 0, size = 1; at < batch.size(); at += size, size = size == 1 ? 6 : 52)
            CHECK(reader->memory().read(std::span(batch).subspan(at, std::min(size, batch.size() - at))));
        std::cout << ", 111 pages in 4 batches " << milliseconds(begin) << " ms";
        std::vector<std::byte> bulk(8U << 20U);
        std::array<core::PhysicalRead, 1> one{{{core::PhysicalAddress(lowPattern), bulk}}};
        begin = Clock::now();
        CHECK(reader->memory().read(one));
        std::cout << ", 8 MiB " << milliseconds(begin) << " ms\n";
    }
}

TEST_CASE("Every channel captures the same tables of a guest")
{
    test::LiveGuest guest("lab", [](LaunchSpec& spec) { spec.append = "generate=leaves count=65536"; });
    guest.resume();
    guest.awaitConsole("LAB: generated root");
    core::CancelFlag cancel;
    const auto captured = [&](const char* channel) {
        SessionOptions options;
        options.endpoint = guest.guest().gdbEndpoint();
        options.guest = guest.guest();
        options.channel = channel;
        const auto session = test::required(GuestSession::open(options, cancel));
        return test::required(session->capture({}));
    };
    const auto mapped = captured("mapped");
    CHECK(mapped->tableFrames() > 130);
    for (const char* channel : {"procmem", "rsp", "pmemsave", "gdb"}) {
        INFO(channel);
        const core::SnapshotDiff diff = core::diffSnapshots(*mapped, *captured(channel), {});
        CHECK(diff.tables.entries.empty());
        CHECK(diff.tables.tables.empty());
    }
}
