// SPDX-License-Identifier: GPL-2.0-or-later
// Runs inside QEMU: reports every store into a page table to the recorder. The guest's stores come here one
// by one, 1.6 thousand million of them in a boot of Debian, so the common case is a look into a small cache
// of pages that are no tables.
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gdb/tcgplugin/instruction.h"
#include "gdb/tcgplugin/qemuplugin.h"
#include "gdb/tcgplugin/tabletracker.h"

extern "C" {
__attribute__((visibility("default"))) int qemu_plugin_version = 1;
__attribute__((visibility("default"))) int qemu_plugin_install(
    qemu_plugin_id_t id, const qemu_info_t* info, int argc, char** argv);
}

namespace {

using namespace pgtscope::writes;

constexpr std::uint64_t pageBytes = TableTracker::pageBytes;
constexpr std::size_t cacheSlots = 1024; // of 16 bytes a CPU: half of a first-level cache
constexpr std::size_t maxCpus = 256; // that our launcher asks for

/// A linear page that leads to a page of RAM that is no table.
struct Cached {
    std::uint64_t tag = 1; ///< Page address, and in the low 12 bits the generation.
    std::uint64_t offset = 0; ///< Of the page in RAM.
};
using Cache = std::array<Cached, cacheSlots>;

struct SpinLock {
    void lock()
    {
        while (m_taken.test_and_set(std::memory_order_acquire))
            ::usleep(1);
    }
    void unlock() { m_taken.clear(std::memory_order_release); }

private:
    std::atomic_flag m_taken = ATOMIC_FLAG_INIT;
};

Shared* shared = nullptr;
const std::byte* ramBegin = nullptr;
TableTracker* tracker = nullptr;
InstructionId* lastWriters = nullptr;
std::atomic<unsigned> wordBytes = 8;
std::array<Cache, maxCpus> caches;
std::uint32_t cacheEpoch = 0; // generation / 4096 for which the tags are true
SpinLock lock;

std::uint64_t tagOf(std::uint64_t vaddr, std::uint32_t generation)
{
    return (vaddr & ~(pageBytes - 1)) | (generation & (pageBytes - 1));
}

void noteWriter(std::uint64_t offset, InstructionId instruction)
{
    const unsigned bytes = wordBytes.load(std::memory_order_relaxed);
    const std::uint64_t word = offset & ~std::uint64_t{bytes - 1};
    if (looksLikeEntry(Ram{ramBegin, 0}.word(word, bytes), bytes))
        lastWriters[word / 4] = instruction;
}

/// The low bits of the generation wrap around: nothing cached may survive that.
void forgetOldEpoch(std::uint32_t generation)
{
    if (generation / pageBytes == cacheEpoch)
        return;
    cacheEpoch = static_cast<std::uint32_t>(generation / pageBytes);
    for (Cache& cache : caches)
        cache.fill({});
}

__attribute__((noinline)) void lookUp(
    unsigned cpu, qemu_plugin_meminfo_t info, std::uint64_t vaddr, InstructionId instruction)
{
    const qemu_plugin_hwaddr* place = qemu_plugin_get_hwaddr(info, vaddr);
    if (place == nullptr || qemu_plugin_hwaddr_is_io(place))
        return;
    const std::uint64_t offset = qemu_plugin_hwaddr_phys_addr(place);
    if (offset >= tracker->ramBytes())
        return;
    const std::lock_guard guard(lock);
    if (shared->header.pending.load(std::memory_order_acquire) != 0) {
        // This store came before the tables were named: it is what they are found to hold.
        if (!tracker->isTable(offset))
            noteWriter(offset, instruction);
        tracker->adoptRequest();
        wordBytes = tracker->wordBytes();
    }
    if (tracker->isTable(offset)) {
        const unsigned bytes = 1U << (qemu_plugin_mem_size_shift(info) & 7U);
        tracker->stored({offset, bytes, instruction, cpu});
        return;
    }
    noteWriter(offset, instruction);
    const std::uint32_t generation = shared->header.generation.load(std::memory_order_relaxed);
    forgetOldEpoch(generation);
    caches[cpu][vaddr / pageBytes % cacheSlots] = {tagOf(vaddr, generation), offset & ~(pageBytes - 1)};
}

void onStore(unsigned int cpu, qemu_plugin_meminfo_t info, std::uint64_t vaddr, void* data)
{
    const auto instruction = static_cast<InstructionId>(reinterpret_cast<std::uintptr_t>(data));
    const Cached& cached = caches[cpu][vaddr / pageBytes % cacheSlots];
    if (cached.tag != tagOf(vaddr, shared->header.generation.load(std::memory_order_relaxed)))
        return lookUp(cpu, info, vaddr, instruction);
    noteWriter(cached.offset + vaddr % pageBytes, instruction);
}

/// QEMU 7.2 calls for reads too when asked for writes.
void onAccess(unsigned int cpu, qemu_plugin_meminfo_t info, std::uint64_t vaddr, void* data)
{
    if (qemu_plugin_mem_is_store(info))
        onStore(cpu, info, vaddr, data);
}

/// Before an instruction that may change what linear addresses lead to.
void onMappingsChange(unsigned int, void*)
{
    const std::uint32_t generation = shared->header.generation.fetch_add(1, std::memory_order_relaxed) + 1;
    if (generation % pageBytes != 0)
        return;
    const std::lock_guard guard(lock);
    forgetOldEpoch(generation);
}

void onTranslation(qemu_plugin_id_t, qemu_plugin_tb* block)
{
    if (tracker == nullptr)
        return;
    const std::lock_guard guard(lock);
    for (std::size_t i = 0; i < qemu_plugin_tb_n_insns(block); ++i) {
        qemu_plugin_insn* insn = qemu_plugin_tb_get_insn(block, i);
        const Instruction code(
            static_cast<const std::uint8_t*>(qemu_plugin_insn_data(insn)), qemu_plugin_insn_size(insn));
        if (!code.storesOnStackOnly() && !code.readsOnly()) {
            const InstructionId number = tracker->instruction(qemu_plugin_insn_vaddr(insn));
            qemu_plugin_register_vcpu_mem_cb(insn, code.storesOnly() ? onStore : onAccess,
                QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W, reinterpret_cast<void*>(std::uintptr_t{number}));
        }
        if (code.mayChangeMappings())
            qemu_plugin_register_vcpu_insn_exec_cb(insn, onMappingsChange, QEMU_PLUGIN_CB_NO_REGS, nullptr);
    }
}

void* mapFile(const char* path, std::size_t& bytes)
{
    const int descriptor = ::open(path, O_RDWR | O_CLOEXEC);
    struct stat status { };
    void* place = nullptr;
    if (descriptor >= 0 && ::fstat(descriptor, &status) == 0 && status.st_size > 0) {
        bytes = static_cast<std::size_t>(status.st_size);
        place = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
        if (place == MAP_FAILED)
            place = nullptr;
    }
    if (descriptor >= 0)
        ::close(descriptor);
    return place;
}

/// The guest's RAM is the memory file that QEMU has mapped. The same mapping is used: another one would cost
/// the processor's translation cache twice the room.
Ram findRam()
{
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        unsigned long long begin = 0;
        unsigned long long end = 0;
        unsigned long long offset = 0;
        // proc(5): address range, permissions, offset in the file, device, inode, name
        const bool ours = line.find("/memfd:memory-backend-memfd") != std::string::npos
            && std::sscanf(line.c_str(), "%llx-%llx rw-s %llx", &begin, &end, &offset) == 3 && offset == 0;
        if (ours)
            return {reinterpret_cast<const std::byte*>(begin), end - begin};
    }
    return {};
}

void onCpu(qemu_plugin_id_t, unsigned int cpu)
{
    const std::lock_guard guard(lock);
    if (cpu >= maxCpus)
        std::abort();
    if (tracker != nullptr)
        return;
    const Ram ram = findRam();
    if (ram.begin == nullptr)
        return qemu_plugin_outs("pgtwrites: the guest's RAM is not a shared memory file\n");
    auto made = std::make_unique<TableTracker>(*shared, ram);
    if (made->lastWriters() == nullptr)
        return qemu_plugin_outs("pgtwrites: not enough memory\n");
    ramBegin = ram.begin;
    lastWriters = made->lastWriters();
    tracker = made.release(); // lives as long as QEMU
    shared->header.attached.store(1);
}

} // namespace

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t* info, int argc, char** argv)
{
    constexpr std::string_view option = "ring=";
    if (!info->system_emulation || info->version.cur < 1 || argc != 1
        || !std::string_view(argv[0]).starts_with(option))
        return -1;
    std::size_t bytes = 0;
    void* place = mapFile(argv[0] + option.size(), bytes);
    shared = static_cast<Shared*>(place);
    if (shared == nullptr || bytes != sizeof(Shared) || shared->header.magic != ringMagic
        || shared->header.format != ringFormat)
        return -1;
    qemu_plugin_register_vcpu_init_cb(id, onCpu);
    qemu_plugin_register_vcpu_tb_trans_cb(id, onTranslation);
    return 0;
}
