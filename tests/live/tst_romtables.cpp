// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/live/firmwareguest.h"
#include "tests/live/pgtprocess.h"

#include <array>
#include <cstring>

#include <QFile>

#include "core/walk/translation.h"
#include "gdb/capture/guestsession.h"
#include "gdb/memory/choosechannel.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t imageBytes = 0x10000;
constexpr std::uint64_t imageBase = 0xffff0000;
constexpr std::uint64_t root = imageBase + 0x1000, directoryPointers = imageBase + 0x2000;
constexpr std::uint64_t lowDirectory = imageBase + 0x3000, highDirectory = imageBase + 0x4000;
constexpr std::uint64_t accessed = 0x20, dirty = 0x40, large = 0x80, present = 3;

/// At 0xffff0000: loads a GDT, switches to 32 bits and then to long mode, with the tables at 0xffff1000, and
/// counts at 0x5000 for ever. That is what firmware does whose tables are built with it, as coreboot's
/// bootblock for x86-64.
constexpr std::array<unsigned char, 119> toLongMode{
    0xfa, 0x2e, 0x66, 0x0f, 0x01, 0x16, 0x1a, 0x00, // cli; lgdtl %cs:0x1a
    0x0f, 0x20, 0xc0, 0x66, 0x83, 0xc8, 0x01, 0x0f, 0x22, 0xc0, // CR0.PE
    0x66, 0xea, 0x40, 0x00, 0xff, 0xff, 0x08, 0x00, // ljmpl $8, $0xffff0040
    0x1f, 0x00, 0x20, 0x00, 0xff, 0xff, // 0x1a: limit and base of the GDT, at 0x20
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // its entries: none,
    0xff, 0xff, 0x00, 0x00, 0x00, 0x9b, 0xcf, 0x00, // code of 32 bits,
    0xff, 0xff, 0x00, 0x00, 0x00, 0x93, 0xcf, 0x00, // data,
    0xff, 0xff, 0x00, 0x00, 0x00, 0x9b, 0xaf, 0x00, // code of 64 bits
    0xb8, 0x20, 0x00, 0x00, 0x00, 0x0f, 0x22, 0xe0, // 0x40: CR4.PAE
    0xb8, 0x00, 0x10, 0xff, 0xff, 0x0f, 0x22, 0xd8, // CR3
    0xb9, 0x80, 0x00, 0x00, 0xc0, 0xb8, 0x00, 0x01, 0x00, 0x00, 0x31, 0xd2, 0x0f, 0x30, // EFER.LME
    0xb8, 0x01, 0x00, 0x00, 0x80, 0x0f, 0x22, 0xc0, // CR0.PG and PE
    0xea, 0x6d, 0x00, 0xff, 0xff, 0x18, 0x00, // ljmp $24, $0xffff006d
    0x48, 0xff, 0x04, 0x25, 0x00, 0x50, 0x00, 0x00, // 0x6d: incq 0x5000
    0xeb, 0xf6, // jmp 0x6d
};
constexpr std::size_t resetVector = 0xfff0;
constexpr std::array<unsigned char, 3> jumpToStart{0xe9, 0x0d, 0x00};

/// An image of firmware that maps the first and the fourth GiB by pages of 2 MiB.
QByteArray firmware()
{
    QByteArray image(imageBytes, '\0');
    const auto set = [&image](std::uint64_t table, std::uint64_t index, std::uint64_t value) {
        std::memcpy(image.data() + (table - imageBase) + index * 8, &value, sizeof value);
    };
    std::memcpy(image.data(), toLongMode.data(), toLongMode.size());
    std::memcpy(image.data() + resetVector, jumpToStart.data(), jumpToStart.size());
    set(root, 0, directoryPointers | present | accessed);
    set(directoryPointers, 0, lowDirectory | present | accessed);
    set(directoryPointers, 3, highDirectory | present | accessed);
    for (std::uint64_t i = 0; i < 512; ++i) {
        set(lowDirectory, i, (i << 21) | present | accessed | dirty | large);
        set(highDirectory, i, (3ULL << 30 | i << 21) | present | accessed | dirty | large);
    }
    return image;
}

enum class Where { Rom, Flash };

/// Runs the firmware, as ROM or as a flash chip.
class RomGuest {
public:
    explicit RomGuest(Where where)
        : m_guest(arguments(m_files, where))
    {
        const auto limit = WaitLimit::after(20s);
        while (!limit.passed() && !reachesLongMode())
            std::this_thread::sleep_for(10ms);
    }
    std::string stub() const { return m_guest.stub().text(); }

    std::unique_ptr<Target> attach()
    {
        auto target = Target::attach(m_guest.options(), &m_cancel);
        if (!target)
            FAIL(target.error().message());
        return std::move(*target);
    }
    std::unique_ptr<GuestSession> open()
    {
        SessionOptions options;
        options.endpoint = m_guest.stub();
        auto session = GuestSession::open(options, m_cancel);
        if (!session)
            FAIL(session.error().message());
        return std::move(*session);
    }
    std::string ramFile() const { return m_files.filePath("ram").toStdString(); }

private:
    bool reachesLongMode()
    {
        const auto target = attach();
        const auto cpus = target->cpus();
        REQUIRE(cpus);
        return (cpus->front().control.cr0 & core::cr0Pg) != 0;
    }

    static QStringList arguments(const QTemporaryDir& files, Where where)
    {
        const QString file = files.filePath("firmware");
        QFile image(file);
        REQUIRE(image.open(QIODevice::WriteOnly));
        image.write(firmware());
        const QStringList ram{"-machine", "memory-backend=ram", "-object",
            "memory-backend-file,id=ram,share=on,size=256M,mem-path=" + files.filePath("ram")};
        return ram
            + (where == Where::Rom ? QStringList{"-bios", file}
                                   : QStringList{"-drive", "if=pflash,format=raw,file=" + file});
    }

    QTemporaryDir m_files{"/dev/shm/pgtscope-test-XXXXXX"};
    core::CancelFlag m_cancel;
    FirmwareGuest m_guest;
};

std::string tablesOf(const core::Snapshot& snapshot)
{
    std::string text;
    for (const core::Table& table : snapshot.tables())
        text += 'L' + std::to_string(table.level) + ' ' + core::hexText(table.address.value)
            + (table.page ? " read\n" : " not read\n");
    return text;
}

/// What pgt prints of the guest; the status too, which is of more than one command.
std::string printed(const RomGuest& rom, const QStringList& arguments, int status)
{
    Pgt pgt(arguments + QStringList{"--connect", QString::fromStdString(rom.stub())});
    CHECK(pgt.status() == status);
    INFO(pgt.error());
    return pgt.output();
}

} // namespace

TEST_CASE("Tables in ROM and in flash are read, whatever channel reads RAM")
{
    const Where where = GENERATE(Where::Rom, Where::Flash);
    INFO((where == Where::Rom ? "ROM" : "flash"));
    RomGuest rom(where);
    for (const std::string name : {"mapped", "procmem", "rsp", "pmemsave", "gdb"}) {
        INFO(name);
        const auto target = rom.attach();
        const auto cpus = target->cpus();
        REQUIRE(cpus);
        ChannelRequest request;
        request.name = name;
        request.ramFile = rom.ramFile();
        const auto chosen = chooseChannel(*target, target.get(), request);
        if (!chosen)
            FAIL(chosen.error().message());
        const auto snapshot = core::captureSnapshot(*chosen->channel, cpus->front(), target->features());
        REQUIRE(snapshot);
        CHECK(tablesOf(**snapshot)
            == "L4 0xffff1000 read\nL3 0xffff2000 read\nL2 0xffff3000 read\nL2 0xffff4000 read\n");
        CHECK_FALSE((*snapshot)->ramMap().contains(core::PhysicalAddress(root), 1));
        std::array<std::byte, 3> vector{};
        CHECK(core::readLinear(
            **snapshot, *chosen->channel, core::LinearAddress(imageBase + resetVector), vector));
        CHECK(std::memcmp(vector.data(), jumpToStart.data(), vector.size()) == 0);
    }
}

TEST_CASE("What pgt says of tables in flash has no gap, and where they are")
{
    RomGuest rom(Where::Flash);
    CHECK(printed(rom, {"info"}, 0).find("4 frames, 4 of them in ROM or flash") != std::string::npos);
    const std::string walk = printed(rom, {"walk"}, 0);
    INFO(walk);
    CHECK(walk.find("outside RAM") == std::string::npos);
    const auto check = nlohmann::json::parse(printed(rom, {"check", "--json"}, 0), nullptr, false);
    INFO(check.dump(1));
    CHECK(check["coverage"]["gaps"].empty());
    CHECK(check["coverage"]["tables"] == 4);
}

TEST_CASE("An entry in flash is not replaced: there a store is a command")
{
    RomGuest rom(Where::Flash);
    const auto session = rom.open();
    const auto written = session->replaceEntry(
        {core::PhysicalAddress(root), 8, 4, directoryPointers | present | accessed, 0});
    REQUIRE_FALSE(written);
    CHECK(written.error().message().find("ROM or flash") != std::string::npos);
}
