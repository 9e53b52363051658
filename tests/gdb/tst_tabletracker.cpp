// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstring>
#include <initializer_list>
#include <memory>
#include <unistd.h>
#include <vector>

#include "tests/support/catch.h"

#include "gdb/tcgplugin/instruction.h"
#include "gdb/tcgplugin/tabletracker.h"

using namespace pgtscope::writes;

namespace {

constexpr std::uint64_t top = 0x1000;
constexpr std::uint64_t middle = 0x2000;
constexpr std::uint64_t leaf = 0x3000;
constexpr std::uint64_t plain = 0x4000;
constexpr std::uint64_t present = 0x63;
constexpr std::uint64_t builder = 0xffffffff81001000;
constexpr std::uint64_t hooker = 0xffffffff81002000;

/// A machine of 32 pages of RAM with tables of three levels (PAE's entries, long mode's sizes).
class Machine {
public:
    Machine()
        : m_ram(32 * 4096)
        , m_shared(std::make_unique<Shared>())
        , m_tracker(*m_shared, {m_ram.data(), m_ram.size()})
    {
        m_shared->header.consumer = ::getpid();
        follow({{top, 3}});
    }

    void follow(std::initializer_list<Root> roots)
    {
        Request& request = m_shared->request;
        request.levels = 3;
        request.entryBytes = 8;
        for (unsigned level = 1; level <= 3; ++level)
            request.rules[level] = {512, level == 2 ? 1U : 0U, 0x000f'ffff'ffff'f000};
        request.pieceCount = 1;
        request.pieces[0] = {0, m_ram.size(), 0};
        request.rootCount = 0;
        for (const Root& root : roots)
            request.roots[request.rootCount++] = root;
        m_tracker.adoptRequest();
    }

    /// Carries a store out and tells it as the plugin does.
    void store(std::uint64_t offset, std::uint64_t value, std::uint64_t rip)
    {
        std::memcpy(m_ram.data() + offset, &value, 8);
        const InstructionId id = m_tracker.instruction(rip);
        if (m_tracker.isTable(offset))
            m_tracker.stored({offset, 8, id, 0});
        else if (looksLikeEntry(value, 8))
            m_tracker.lastWriters()[offset / 4] = id;
    }

    bool isTable(std::uint64_t offset) const { return m_tracker.isTable(offset); }
    std::vector<Record> reported()
    {
        std::vector<Record> records;
        Header& header = m_shared->header;
        while (header.consumed < header.produced)
            records.push_back(m_shared->ring[header.consumed++ % ringRecords]);
        return records;
    }
    const Record& run() const { return m_shared->header.run; }
    void setFlag(std::uint64_t offset) { m_ram[offset] |= std::byte{0x20}; }

private:
    std::vector<std::byte> m_ram;
    std::unique_ptr<Shared> m_shared;
    TableTracker m_tracker;
};

std::vector<RecordKind> kindsOf(const std::vector<Record>& records)
{
    std::vector<RecordKind> kinds;
    for (const Record& record : records)
        kinds.push_back(record.kind);
    return kinds;
}

bool stack(std::initializer_list<int> code)
{
    const std::vector<std::uint8_t> bytes(code.begin(), code.end());
    return Instruction(bytes.data(), bytes.size()).storesOnStackOnly();
}

Instruction decoded(const std::vector<std::uint8_t>& code) { return {code.data(), code.size()}; }

bool mappings(std::initializer_list<int> code)
{
    const std::vector<std::uint8_t> bytes(code.begin(), code.end());
    return Instruction(bytes.data(), bytes.size()).mayChangeMappings();
}

} // namespace

TEST_CASE("a page that was filled before it is hooked in tells what it holds and who wrote it")
{
    Machine machine;
    machine.reported();
    machine.store(leaf + 8, 0x7000 | present, builder);
    machine.store(middle + 16, leaf | present, builder + 4);
    CHECK(machine.reported().empty());
    machine.store(top, middle | present, hooker);
    CHECK(machine.isTable(middle));
    CHECK(machine.isTable(leaf));
    const auto reported = machine.reported();
    REQUIRE(kindsOf(reported)
        == std::vector{
            RecordKind::Page, RecordKind::Found, RecordKind::Page, RecordKind::Found, RecordKind::Write});
    CHECK(reported[1].offset == middle + 16);
    CHECK(reported[1].rip == builder + 4);
    CHECK(reported[3].offset == leaf + 8);
    CHECK(reported[3].value == (0x7000 | present));
    CHECK(reported[3].rip == builder);
    CHECK(reported[4].offset == top);
    CHECK(reported[4].rip == hooker);
}

TEST_CASE("entries with bits that are software's have their writers, as those that Xen marks")
{
    constexpr std::uint64_t guestKernel = 1ULL << 52U;
    Machine machine;
    machine.reported();
    machine.store(leaf + 8, 0x7000 | present | guestKernel, builder);
    machine.store(middle + 16, leaf | present | guestKernel, builder + 4);
    machine.store(top, middle | present, hooker);
    const auto reported = machine.reported();
    std::vector<std::uint64_t> writers;
    for (const Record& record : reported)
        if (record.kind == RecordKind::Found)
            writers.push_back(record.rip);
    CHECK(writers == std::vector<std::uint64_t>{builder + 4, builder});
    CHECK(looksLikeEntry(0x8000'0000'0000'0063, 8));
    CHECK_FALSE(looksLikeEntry(0x000f'0000'0000'0063, 8));
}

TEST_CASE("a table that is unhooked is memory like any other, unless another entry leads to it")
{
    Machine machine;
    machine.store(middle, leaf | present, builder);
    machine.store(top, middle | present, hooker);
    machine.store(top + 8, middle | present, hooker);
    machine.store(top, 0, hooker);
    CHECK(machine.isTable(middle));
    machine.store(top + 8, 0, hooker);
    CHECK_FALSE(machine.isTable(middle));
    CHECK_FALSE(machine.isTable(leaf));
    machine.reported();
    machine.store(leaf, 0x9000 | present, builder);
    CHECK(machine.reported().empty());
}

TEST_CASE("a large page is no table, nor is what lies beyond RAM")
{
    Machine machine;
    machine.store(middle, plain | present | 0x80, builder);
    machine.store(middle + 8, 0x100000 | present, builder);
    machine.store(top, middle | present, hooker);
    CHECK(machine.isTable(middle));
    CHECK_FALSE(machine.isTable(plain));
}

TEST_CASE("a table that refers to itself, and one that is reached at two levels, come and go")
{
    Machine machine;
    machine.store(top + 8, top | present, hooker); // recursive: its own level 2 and, through that, level 1
    machine.store(top + 16, middle | present, hooker);
    CHECK(machine.isTable(middle));
    machine.store(top + 16, 0, hooker);
    CHECK_FALSE(machine.isTable(middle));
    machine.follow({{middle, 3}});
    CHECK(machine.isTable(middle));
    machine.store(top + 8, 0, hooker);
    machine.follow({{middle, 3}});
    CHECK_FALSE(machine.isTable(plain));
}

TEST_CASE("stores that change nothing are one record as long as one instruction makes them")
{
    Machine machine;
    machine.store(top, middle | present, hooker);
    machine.reported();
    for (int i = 0; i < 1000; ++i)
        machine.store(top, middle | present, hooker);
    CHECK(machine.reported().empty());
    CHECK(machine.run().count == 1000);
    machine.store(top + 8, plain | present, hooker);
    const auto reported = machine.reported();
    REQUIRE(!reported.empty());
    CHECK(reported.front().kind == RecordKind::Repeat);
    CHECK(reported.front().count == 1000);
    CHECK(reported.back().kind == RecordKind::Write);
    CHECK(machine.run().count == 0);
}

TEST_CASE("flags that the processor sets are taken over at a stop, and a store that clears them is one")
{
    Machine machine;
    machine.store(middle, plain | 0xc3, builder); // a large page
    machine.store(top, middle | present, hooker);
    machine.setFlag(middle);
    machine.follow({{top, 3}});
    machine.reported();
    machine.store(middle, plain | 0xc3, builder);
    const auto reported = machine.reported();
    REQUIRE(reported.size() == 1);
    CHECK(reported[0].kind == RecordKind::Write);
    CHECK(reported[0].value == (plain | 0xc3));
}

TEST_CASE("instructions that may change what addresses lead to are known")
{
    CHECK(mappings({0x0f, 0x22, 0xd8})); // mov cr3, rax
    CHECK(mappings({0x41, 0x0f, 0x22, 0xe0})); // mov cr4, r8
    CHECK(mappings({0x0f, 0x01, 0x3f})); // invlpg [rdi]
    CHECK(mappings({0x0f, 0x30})); // wrmsr
    CHECK(mappings({0x66, 0x0f, 0x38, 0x82, 0x04, 0x24})); // invpcid
    CHECK_FALSE(mappings({0x0f, 0x01, 0xf8})); // swapgs
    CHECK_FALSE(mappings({0x0f, 0x20, 0xd8})); // mov rax, cr3
    CHECK_FALSE(mappings({0x48, 0x89, 0x07})); // mov [rdi], rax
    CHECK_FALSE(mappings({0x48})); // dec eax
}

TEST_CASE("stores through the stack pointer are told from others")
{
    CHECK(stack({0x55})); // push rbp
    CHECK(stack({0x41, 0x57})); // push r15
    CHECK(stack({0xe8, 0, 0, 0, 0})); // call
    CHECK(stack({0xff, 0xd0})); // call rax
    CHECK(stack({0x48, 0x89, 0x44, 0x24, 0x08})); // mov [rsp+8], rax
    CHECK(stack({0x48, 0x83, 0x04, 0x24, 0x01})); // add qword [rsp], 1
    CHECK_FALSE(stack({0x49, 0x89, 0x04, 0x24})); // mov [r12], rax
    CHECK_FALSE(stack({0x48, 0x89, 0x04, 0xc7})); // mov [rdi+rax*8], rax
    CHECK_FALSE(stack({0x48, 0x89, 0x07})); // mov [rdi], rax
    CHECK_FALSE(stack({0xf0, 0x48, 0x87, 0x07})); // lock xchg [rdi], rax
    CHECK_FALSE(stack({0xf3, 0x48, 0xab})); // rep stosq
    CHECK_FALSE(stack({0xff, 0x07})); // inc dword [rdi]
}

TEST_CASE("instructions that only read, or only store, are told from those that may do both")
{
    const std::vector<std::vector<std::uint8_t>> reads{{0x41, 0xf6, 0x04, 0x24, 0x01}, // testb $1, (%r12)
        {0x49, 0x23, 0x3c, 0x24}, // and (%r12), %rdi
        {0x48, 0x8b, 0x07}, {0x39, 0x07}, {0x83, 0x3f, 0x00}, {0x0f, 0xb6, 0x07}, {0x0f, 0xba, 0x27, 0x05},
        {0xf3, 0xa6}, {0xc3}, {0x41, 0x5c}};
    const std::vector<std::vector<std::uint8_t>> stores{
        {0x48, 0x89, 0x07}, {0xc7, 0x07, 0, 0, 0, 0}, {0xf3, 0x48, 0xab}, {0x48, 0x0f, 0xc3, 0x07}};
    const std::vector<std::vector<std::uint8_t>> both{{0x48, 0x09, 0x07}, // or %rax, (%rdi)
        {0xf0, 0x48, 0x0f, 0xb1, 0x0f}, // lock cmpxchg
        {0x48, 0x87, 0x07}, {0xf3, 0xa4}, {0x83, 0x0f, 0x01}, {0xf7, 0x1f}, {0x0f, 0xba, 0x2f, 0x05},
        {0xff, 0x07}};
    // In QEMU 7.2 an instruction that ends its block inside a helper leaves its callbacks behind: none of
    // these may have one.
    const std::vector<std::uint8_t> leaves[] = {{0xcf}, {0x48, 0xcf}, {0xca, 0x08, 0x00}, {0xcb}, {0xcc},
        {0xcd, 0x80}, {0xf1}, {0x9d}, {0xe4, 0x60}, {0xe6, 0x80}, {0xec}, {0xee}, {0xff, 0x2d}, {0xf4},
        {0xfa}, {0xfb}, {0x0f, 0x05}, {0x48, 0x0f, 0x07}, {0x0f, 0x22, 0xd8}, {0x0f, 0x30}, {0x0f, 0x31},
        {0x0f, 0xa2}, {0x0f, 0x01, 0xc1}, {0x0f, 0x01, 0x38}};
    for (const auto& code : leaves)
        CHECK((decoded(code).readsOnly() || decoded(code).storesOnStackOnly()));
    CHECK_FALSE(decoded(std::vector<std::uint8_t>{0x0f, 0x01, 0x00}).readsOnly()); // SGDT
    for (const auto& code : reads) {
        CHECK(decoded(code).readsOnly());
        CHECK_FALSE(decoded(code).storesOnly());
    }
    for (const auto& code : stores) {
        CHECK(decoded(code).storesOnly());
        CHECK_FALSE(decoded(code).readsOnly());
    }
    for (const auto& code : both) {
        CHECK_FALSE(decoded(code).readsOnly());
        CHECK_FALSE(decoded(code).storesOnly());
    }
}
