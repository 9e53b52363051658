// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/capture/nestedguests.h"

#include "core/walk/translation.h"
#include "tests/core/tablebuilder.h"
#include "tests/support/catch.h"

using namespace pgtscope::tests;
using pgtscope::gdb::NestedGuests;

namespace {

constexpr std::uint64_t text = 0xffffffff81000000;
/// Where the machine has the physical memory of the nested guests, 2 MiB each.
constexpr std::uint64_t guestBase = 0x10000000, otherBase = 0x10200000;
constexpr std::uint64_t nestedTables = 0x2000000, otherNestedTables = 0x2100000;
constexpr std::uint64_t block = 0x3000000, otherBlock = 0x3001000;
constexpr std::uint64_t endOfRam = 0x10400000;

/// A machine that may run a nested guest: host and guest are Linux kernels at the same linear addresses, with
/// the same value in CR3.
struct VirtualMachine : Guest {
    VirtualMachine()
        : Guest(PagingMode::Level4)
    {
        memory = FakeMemory({{PhysicalAddress(0), PhysicalAddress(endOfRam)}});
        cpu.control.efer |= eferSvme;
        cpu.rip = LinearAddress(text);
        makeTables(0, 0x1400000);
    }

    /// Tables at `base` + 0x1000 on that map `text` to `physical`, in the count of whoever uses them.
    void makeTables(std::uint64_t base, std::uint64_t physical)
    {
        set(base + 0x1000, 511, 0x2000 | rw);
        set(base + 0x2000, 510, 0x3000 | rw);
        set(base + 0x3000, 8, 0x4000 | rw);
        set(base + 0x4000, 0, physical | p);
    }
    /// A guest behind nested tables at `root`, whose physical memory begins at `base`, and its control block.
    void addGuest(std::uint64_t control, std::uint64_t root, std::uint64_t base, std::uint64_t cr3 = 0x1000)
    {
        set(root, 0, (root + 0x1000) | rwu);
        set(root + 0x1000, 0, (root + 0x2000) | rwu);
        set(root + 0x2000, 0, base | rwu | bit::ps);
        makeTables(base, 0x5000);
        memory.write64(control + 0x58, 1);
        memory.write64(control + 0x90, 1);
        memory.write64(control + 0xb0, root);
        memory.write64(control + 0x4d0, eferSvme | eferLme | eferLma);
        memory.write64(control + 0x550, cr3);
    }

    NestedGuests::Answer look(std::vector<CpuState> cpus = {})
    {
        auto answer = guests.look(memory, cpu, cpus, features, nullptr);
        REQUIRE(answer);
        return std::move(*answer);
    }

    NestedGuests guests;
};

std::string verdict(const NestedGuests::Answer& answer)
{
    return !answer.gap.empty() ? answer.gap.substr(0, answer.gap.find(';'))
        : answer.memory        ? "nested, behind " + hexText(answer.memory->tables()->root().value)
                               : "the host's";
}

} // namespace

TEST_CASE("A control block in RAM through which RIP leads to memory makes CR3 a nested guest's")
{
    VirtualMachine machine;
    machine.addGuest(block, nestedTables, guestBase);
    const auto answer = machine.look();
    CHECK(verdict(answer) == "nested, behind 0x2000000");
    // Both dimensions: linear to guest-physical to machine.
    SnapshotBuilder builder(*answer.memory, machine.cpu, machine.features);
    REQUIRE(builder.captureTables({}));
    builder.setNested(answer.memory->tables());
    const auto snapshot = builder.finish();
    const Translation at = translate(*snapshot, LinearAddress(text + 0x123));
    CHECK(at.physical == PhysicalAddress(0x5123));
    CHECK(machineAddress(*snapshot, at.physical) == PhysicalAddress(guestBase + 0x5123));
    CHECK_FALSE(machineAddress(*snapshot, PhysicalAddress(0x200000)));
    CHECK(snapshot->ramMap().bytes() == 2ULL << 20);
}

TEST_CASE("Without a control block there is no nested guest")
{
    VirtualMachine machine;
    CHECK(verdict(machine.look()) == "the host's");
    machine.guests = NestedGuests(); // searches again
    // Neither of these is one: no nested paging, no ASID, a root outside RAM.
    machine.addGuest(block, nestedTables, guestBase);
    SECTION("shadow paging: CR3 holds the machine's addresses") { machine.memory.write64(block + 0x90, 0); }
    SECTION("the host's own ASID") { machine.memory.write64(block + 0x58, 0); }
    SECTION("a root outside RAM") { machine.memory.write64(block + 0xb0, 0x4000000000); }
    SECTION("no EFER.SVME, without which no guest runs") { machine.memory.write64(block + 0x4d0, eferLme); }
    CHECK(verdict(machine.look()) == "the host's");
}

TEST_CASE("What may come with nested paging does not hide a control block")
{
    VirtualMachine machine;
    machine.addGuest(block, nestedTables, guestBase);
    machine.memory.write64(block + 0x90, 0x9); // guest mode execute trap
    CHECK(verdict(machine.look()) == "nested, behind 0x2000000");
    machine.guests = NestedGuests();
    machine.memory.write64(block + 0x90, 0x7fff00000001); // no such bits
    CHECK(verdict(machine.look()) == "the host's");
}

TEST_CASE("A processor that runs no guests is not searched")
{
    VirtualMachine machine;
    machine.addGuest(block, nestedTables, guestBase);
    machine.cpu.control.efer &= ~eferSvme;
    CHECK(verdict(machine.look()) == "the host's");
    CHECK(machine.memory.reads == 0);
}

TEST_CASE("CR3 is the host's where it maps the kernel's text as it did before guests could run")
{
    VirtualMachine machine;
    machine.addGuest(block, nestedTables, guestBase);
    machine.guests.learn(*machine.capture(), LinearAddress(text));
    CHECK(verdict(machine.look()) == "the host's");
    // The guest's CR3 has the text elsewhere, in the machine's count.
    machine.cpu.control.cr3 = 0x7000;
    machine.set(guestBase + 0x7000, 511, 0x2000 | rw);
    CHECK(verdict(machine.look()) == "nested, behind 0x2000000");
}

TEST_CASE("CR3 is the host's where it maps the kernel's text as a CPU without guests does")
{
    VirtualMachine machine;
    machine.guests.learn(*machine.capture(), LinearAddress(text));
    machine.addGuest(block, nestedTables, guestBase);
    machine.makeTables(0, 0x1600000); // booted again since
    CHECK(verdict(machine.look()) == "nested, behind 0x2000000");
    CpuState other = machine.cpu;
    other.id = 1;
    other.control.efer &= ~eferSvme;
    CHECK(verdict(machine.look({machine.cpu, other})) == "the host's");
}

TEST_CASE("Of two nested guests it is the one whose CR3 the CPU has, else it stays open")
{
    VirtualMachine machine;
    machine.addGuest(block, nestedTables, guestBase);
    machine.addGuest(otherBlock, otherNestedTables, otherBase);
    CHECK(verdict(machine.look())
        == "whose root CR3 is: the CPU may be in a nested guest (EFER.SVME), and RIP resolves through 2 "
           "nested "
           "roots in RAM");
    machine.memory.write64(block + 0x550, 0x9000);
    CHECK(verdict(machine.look()) == "nested, behind 0x2100000");
}

TEST_CASE("Two virtual CPUs of one nested guest are one guest")
{
    VirtualMachine machine;
    machine.addGuest(block, nestedTables, guestBase);
    machine.addGuest(otherBlock, nestedTables, guestBase, 0x9000);
    CHECK(verdict(machine.look()) == "nested, behind 0x2000000");
}

TEST_CASE("What is left of a guest that has ended decides nothing")
{
    VirtualMachine machine;
    machine.addGuest(block, nestedTables, guestBase);
    machine.set(nestedTables + 0x2000, 0, 0);
    CHECK(verdict(machine.look())
        == "whose root CR3 is: the CPU may be in a nested guest (EFER.SVME), and RIP resolves through none "
           "of 1 "
           "nested roots in RAM");
}

TEST_CASE("With VMX nothing in memory decides")
{
    VirtualMachine machine;
    machine.cpu.control.efer &= ~eferSvme;
    machine.cpu.control.cr4 |= cr4Vmxe;
    CHECK(verdict(machine.look()).find("CR4.VMXE") != std::string::npos);
    machine.guests.learn(*machine.capture(), LinearAddress(text));
    CHECK(verdict(machine.look()) == "the host's");
}

namespace {

/// Batches of reads that a look needs.
unsigned readsOfLook(VirtualMachine& machine, const std::string& expected)
{
    const unsigned before = machine.memory.reads;
    CHECK(verdict(machine.look()) == expected);
    return machine.memory.reads - before;
}

/// A search takes a read for each MiB.
constexpr unsigned search = endOfRam >> 20;

} // namespace

TEST_CASE("RAM is searched once for a nested guest that is found, and its control block is read again")
{
    VirtualMachine machine;
    machine.addGuest(block, nestedTables, guestBase);
    CHECK(readsOfLook(machine, "nested, behind 0x2000000") > search);
    for (int look = 0; look < 8; ++look)
        CHECK(readsOfLook(machine, "nested, behind 0x2000000") < 50);
    // The block is something else now, and the guest has another one.
    machine.memory.write64(block + 0x90, 0);
    machine.addGuest(otherBlock, otherNestedTables, otherBase);
    CHECK(readsOfLook(machine, "nested, behind 0x2100000") > search);
    CHECK(readsOfLook(machine, "nested, behind 0x2100000") < 50);
}

TEST_CASE("A second nested guest is found although the first one's control block decides")
{
    VirtualMachine machine;
    machine.addGuest(block, nestedTables, guestBase);
    CHECK(verdict(machine.look()) == "nested, behind 0x2000000");
    machine.addGuest(otherBlock, otherNestedTables, otherBase);
    std::string last;
    for (int look = 0; look < 20; ++look)
        last = verdict(machine.look());
    CHECK(last.find("RIP resolves through 2 nested roots in RAM") != std::string::npos);
}

TEST_CASE("A host without nested guests is not searched at every step")
{
    VirtualMachine machine;
    CHECK(readsOfLook(machine, "the host's") >= search);
    unsigned reads = 0;
    for (int look = 0; look < 15; ++look)
        reads += readsOfLook(machine, "the host's");
    CHECK(reads == 0);
    // Another root may be a guest's.
    machine.cpu.control.cr3 = 0x7000;
    CHECK(readsOfLook(machine, "the host's") >= search);
}

TEST_CASE("Between two searches it is a gap whose an unknown root is")
{
    VirtualMachine machine;
    unsigned searches = 0;
    unsigned gaps = 0;
    for (std::uint64_t look = 0; look < 100; ++look) {
        machine.cpu.control.cr3 = 0x1000 * (look + 1);
        const unsigned before = machine.memory.reads;
        const std::string said = verdict(machine.look());
        const bool searched = machine.memory.reads - before >= search;
        searches += searched ? 1 : 0;
        gaps += said == "the host's" ? 0U : 1U;
        CHECK((said == "the host's") == searched);
    }
    CHECK(searches < 15);
    CHECK(gaps == 100 - searches);
}
