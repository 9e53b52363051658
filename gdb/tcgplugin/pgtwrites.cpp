// SPDX-License-Identifier: GPL-2.0-or-later
// Runs inside QEMU: reports every store into a page table to the recorder, stops the guest before code of
// interest runs, or both. The guest's stores come here one by one, 1.6 thousand million of them in a boot of
// Debian, so the common case is a look into a small cache of pages that are no tables.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gdb/tcgplugin/callers.h"
#include "gdb/tcgplugin/instruction.h"
#include "gdb/tcgplugin/instructionwatch.h"
#include "gdb/tcgplugin/placewatch.h"
#include "gdb/tcgplugin/qemuplugin.h"
#include "gdb/tcgplugin/storewatch.h"
#include "gdb/tcgplugin/tabletracker.h"

extern "C" {
__attribute__((visibility("default"))) int qemu_plugin_version = PGTSCOPE_PLUGIN_API;
__attribute__((visibility("default"))) int qemu_plugin_install(
    qemu_plugin_id_t id, const qemu_info_t* info, int argc, char** argv);
}

namespace {

using namespace pgtscope::writes;
namespace places = pgtscope::places;

constexpr std::uint64_t pageBytes = TableTracker::pageBytes;
constexpr std::size_t cacheSlots = 1024; // of 16 bytes a CPU: half of a first-level cache
constexpr std::size_t maxCpus = 256; // that our launcher asks for

/// A linear page that leads to a page of RAM that is no table.
struct Cached {
    std::uint64_t tag = 1; ///< Page address, and in the low 12 bits the generation.
    std::uint64_t offset = 0; ///< Of the page in RAM.
};
using Cache = std::array<Cached, cacheSlots>;

/// What was found out of late, so that a store needs no lock.
struct Known {
    InstructionId instruction = 0;
    InstructionId together = 0; ///< With the caller.
    std::uint64_t caller = 0;
};

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

Shared* shared = nullptr; // null: stores are not reported
places::Places* wanted = nullptr; // null: neither code nor stores are waited for
places::PlaceWatch* watch = nullptr; // of `wanted`
places::StoreWatch* storeWatch = nullptr; // made when it is first needed
places::InstructionWatch* instructionWatch = nullptr; // of `wanted`
const std::byte* ramBegin = nullptr;
TableTracker* tracker = nullptr;
InstructionId* lastWriters = nullptr;
std::atomic<unsigned> wordBytes = 8;
std::unique_ptr<Cache[]> caches; // of maxCpus; made at run time: in the file it would be 4 MiB
unsigned cpuCount = 0; // that there are caches in use of
std::array<Callers, maxCpus> callers;
std::array<std::array<Known, 64>, maxCpus> knownWriters;
std::uint32_t cacheEpoch = 0; // generation / 4096 for which the tags are true
SpinLock lock;

std::uint64_t tagOf(std::uint64_t vaddr, std::uint32_t generation)
{
    return (vaddr & ~(pageBytes - 1)) | (generation & (pageBytes - 1));
}

enum class By { Guest, Hypervisor };

/// A hypervisor that takes a page as a table goes over what its kernel has filled in: that stays the
/// kernel's.
template <By by>
void noteWriter(std::uint64_t offset, InstructionId instruction)
{
    const unsigned bytes = wordBytes.load(std::memory_order_relaxed);
    const std::uint64_t word = offset & ~std::uint64_t{bytes - 1};
    const Ram ram{ramBegin, 0};
    if (!looksLikeEntry(ram.byte(word)) || !looksLikeEntry(ram.word(word, bytes), bytes))
        return;
    if (by == By::Hypervisor && tracker->writtenBySetter(word))
        return;
    lastWriters[word / 4] = instruction;
}

/// What QEMU calls a physical address is one since 8.2 (plugins/api.c), and was an offset in RAM before.
constexpr bool givesPhysical = PGTSCOPE_PLUGIN_PHYSICAL != 0;

/// Where in RAM QEMU says that a store went, in bytes; beyond its end: not in RAM.
std::uint64_t ramOffset(std::uint64_t given)
{
    return givesPhysical && tracker->knowsRam() ? tracker->offsetOf(given) : given;
}

/// The low bits of the generation wrap around: nothing cached may survive that.
void forgetOldEpoch(std::uint32_t generation)
{
    if (generation / pageBytes == cacheEpoch)
        return;
    cacheEpoch = static_cast<std::uint32_t>(generation / pageBytes);
    for (unsigned cpu = 0; cpu < cpuCount; ++cpu)
        caches[cpu].fill({});
}

template <By by>
__attribute__((noinline)) void lookUp(
    unsigned cpu, qemu_plugin_meminfo_t info, std::uint64_t vaddr, InstructionId instruction)
{
    const qemu_plugin_hwaddr* place = qemu_plugin_get_hwaddr(info, vaddr);
    if (place == nullptr || qemu_plugin_hwaddr_is_io(place))
        return;
    const std::uint64_t given = qemu_plugin_hwaddr_phys_addr(place);
    const std::lock_guard guard(lock);
    std::uint64_t offset = ramOffset(given);
    if (shared->header.pending.load(std::memory_order_acquire) != 0) {
        // This store came before the tables were named: it is what they are found to hold.
        if (offset < tracker->ramBytes() && !tracker->isTable(offset))
            noteWriter<by>(offset, instruction);
        tracker->adoptRequest();
        wordBytes = tracker->wordBytes();
        offset = ramOffset(given);
    }
    if (offset >= tracker->ramBytes())
        return;
    if (tracker->isTable(offset)) {
        const unsigned bytes = 1U << (qemu_plugin_mem_size_shift(info) & 7U);
        tracker->stored({offset, bytes, instruction, cpu});
        return;
    }
    noteWriter<by>(offset, instruction);
    const std::uint32_t generation = shared->header.generation.load(std::memory_order_relaxed);
    forgetOldEpoch(generation);
    caches[cpu][vaddr / pageBytes % cacheSlots] = {tagOf(vaddr, generation), offset & ~(pageBytes - 1)};
}

template <By by>
void onStore(unsigned int cpu, qemu_plugin_meminfo_t info, std::uint64_t vaddr, void* data)
{
    const auto instruction = static_cast<InstructionId>(reinterpret_cast<std::uintptr_t>(data));
    const Cached& cached = caches[cpu][vaddr / pageBytes % cacheSlots];
    if (cached.tag != tagOf(vaddr, shared->header.generation.load(std::memory_order_relaxed)))
        return lookUp<by>(cpu, info, vaddr, instruction);
    std::unique_lock<SpinLock> guard;
    if (by == By::Hypervisor)
        guard = std::unique_lock(lock);
    noteWriter<by>(cached.offset + vaddr % pageBytes, instruction);
}

/// The number of an instruction together with whom it stored for.
InstructionId storedFor(unsigned int cpu, InstructionId instruction, std::uint64_t caller)
{
    if (caller == 0)
        return instruction;
    Known& known = knownWriters[cpu][instruction % knownWriters[cpu].size()];
    if (known.instruction != instruction || known.caller != caller) {
        const std::lock_guard guard(lock);
        known = {instruction, tracker->instruction(tracker->rip(instruction), caller), caller};
    }
    return known.together;
}

void onSettersStore(unsigned int cpu, qemu_plugin_meminfo_t info, std::uint64_t vaddr, void* data)
{
    if (!qemu_plugin_mem_is_store(info))
        return;
    const auto instruction = static_cast<InstructionId>(reinterpret_cast<std::uintptr_t>(data));
    const InstructionId together = storedFor(cpu, instruction, callers[cpu].caller());
    callers[cpu].leaveHypervisor(); // the store has not trapped
    onStore<By::Guest>(cpu, info, vaddr, reinterpret_cast<void*>(std::uintptr_t{together}));
}

void onHypervisorsStore(unsigned int cpu, qemu_plugin_meminfo_t info, std::uint64_t vaddr, void* data)
{
    if (!qemu_plugin_mem_is_store(info))
        return;
    const auto instruction = static_cast<InstructionId>(reinterpret_cast<std::uintptr_t>(data));
    const InstructionId together = storedFor(cpu, instruction, callers[cpu].wanted());
    onStore<By::Hypervisor>(cpu, info, vaddr, reinterpret_cast<void*>(std::uintptr_t{together}));
}

/// QEMU 7.2 calls for reads too when asked for writes.
void onAccess(unsigned int cpu, qemu_plugin_meminfo_t info, std::uint64_t vaddr, void* data)
{
    if (qemu_plugin_mem_is_store(info))
        onStore<By::Guest>(cpu, info, vaddr, data);
}

/// Before a store of a setter's: if the page is read-only, a hypervisor carries it out.
void onSettersStoreBegins(unsigned int cpu, void* data)
{
    const std::uint64_t caller = callers[cpu].caller();
    callers[cpu].enterHypervisor(caller != 0 ? caller : reinterpret_cast<std::uintptr_t>(data));
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

/// A call or jump that may lead into a setter.
struct Transfer {
    std::uint64_t from;
    std::uint64_t to; ///< 0: where a word of memory says.
    bool within; ///< A setter.
};

void onTransfer(unsigned int cpu, void* data)
{
    const Transfer& transfer = *static_cast<const Transfer*>(data);
    if (transfer.within)
        callers[cpu].transferWithin(transfer.to);
    else
        callers[cpu].transfer(transfer.from, transfer.to);
}

void onUnknownTransfer(unsigned int cpu, void*) { callers[cpu].transferUnknown(); }

#if PGTSCOPE_PLUGIN_API >= 4
struct Stack {
    qemu_plugin_register* pointer = nullptr;
    GByteArray* value = nullptr;
};
std::array<Stack, maxCpus> stacks;

void findStackPointer(unsigned int cpu)
{
    GArray* registers = qemu_plugin_get_registers();
    const std::size_t stride = g_array_get_element_size(registers);
    for (unsigned i = 0; i < registers->len && stride >= sizeof(qemu_plugin_reg_descriptor); ++i) {
        qemu_plugin_reg_descriptor one{};
        std::memcpy(&one, registers->data + i * stride, sizeof one);
        const std::string_view name = one.name;
        if (name == "rsp" || name == "esp")
            stacks[cpu] = {one.handle, g_byte_array_new()};
    }
    g_array_free(registers, 1);
}

/// The number in the first 4 or 8 bytes of what QEMU has handed over; 0 for anything else.
std::uint64_t numberIn(const GByteArray* value)
{
    std::uint64_t number = 0;
    if (value->len == 4 || value->len == 8)
        std::memcpy(&number, value->data, value->len);
    return number;
}

/// At a function's first instruction; 0: cannot be read.
std::uint64_t returnAddress(unsigned int cpu)
{
    const Stack& stack = stacks[cpu];
    if (stack.pointer == nullptr)
        return 0;
    g_byte_array_set_size(stack.value, 0);
    (void)qemu_plugin_read_register(stack.pointer, stack.value);
    const std::uint64_t pointer = numberIn(stack.value);
    const unsigned bytes = stack.value->len;
    return pointer != 0 && qemu_plugin_read_memory_vaddr(pointer, stack.value, bytes) ? numberIn(stack.value)
                                                                                      : 0;
}
constexpr auto withRegisters = QEMU_PLUGIN_CB_R_REGS;
#else
void findStackPointer(unsigned int) { }
std::uint64_t returnAddress(unsigned int) { return 0; }
constexpr auto withRegisters = QEMU_PLUGIN_CB_NO_REGS;
#endif

/// Before the first instruction of a setter.
void onSetter(unsigned int cpu, void* data)
{
    const Setter& setter = *static_cast<const Setter*>(data);
    const std::uint64_t returnsTo = returnAddress(cpu);
    bool within = false;
    if (returnsTo != 0) {
        const std::lock_guard guard(lock);
        within = tracker->setterAt(returnsTo) != nullptr;
    }
    callers[cpu].enter(setter, returnsTo, within);
    if (setter.entersHypervisor != 0)
        callers[cpu].enterHypervisor(callers[cpu].caller());
}

/// Before a system call, whose answer is the hypervisor's if it is a kernel's. `data`: where it is.
void onHypercall(unsigned int cpu, void* data)
{
    callers[cpu].enterHypervisor(reinterpret_cast<std::uintptr_t>(data));
}

void onHypervisorReturn(unsigned int cpu, void*) { callers[cpu].leaveHypervisor(); }

/// What lives as long as QEMU's translations, which QEMU may throw away without a word: at most one each.
template <class T>
void* kept(const T& value)
{
    return new T(value);
}

/// The caller of a setter has to be known by the time that it stores.
void followCallers(qemu_plugin_insn* insn, const Instruction& code)
{
    const std::uint64_t begin = qemu_plugin_insn_vaddr(insn);
    const auto call = [insn](qemu_plugin_vcpu_udata_cb_t act, qemu_plugin_cb_flags flags, void* data) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, act, flags, data);
    };
    const Setter* here = tracker->setterAt(begin);
    if (here != nullptr && here->begin == begin)
        call(onSetter, withRegisters, kept(*here));
    if (here == nullptr && code.callsKernel() && tracker->hasHypervisor())
        call(onHypercall, QEMU_PLUGIN_CB_NO_REGS, reinterpret_cast<void*>(std::uintptr_t{begin}));
    if (tracker->inHypervisor(begin)) {
        if (code.returnsFromKernel())
            call(onHypervisorReturn, QEMU_PLUGIN_CB_NO_REGS, nullptr);
        return;
    }
    if (const auto to = code.destination(begin + qemu_plugin_insn_size(insn))) {
        const Setter* there = tracker->setterAt(*to);
        if (there != nullptr && there->begin == *to)
            call(onTransfer, QEMU_PLUGIN_CB_NO_REGS, kept(Transfer{begin, *to, here != nullptr}));
    } else if (code.goesThroughMemory()) {
        call(onTransfer, QEMU_PLUGIN_CB_NO_REGS, kept(Transfer{begin, 0, here != nullptr}));
    } else if (code.goesElsewhere()) {
        call(onUnknownTransfer, QEMU_PLUGIN_CB_NO_REGS, nullptr);
    }
}

#if PGTSCOPE_PLUGIN_API >= 6
/// A store of the kernel's that a hypervisor carries out begins with an exception.
void onException(unsigned int cpu, std::uint64_t from, std::uint64_t to)
{
    if (cpu >= maxCpus || tracker == nullptr)
        return;
    const std::lock_guard guard(lock);
    if (!tracker->inHypervisor(to) || tracker->inHypervisor(from))
        return;
    const bool setter = tracker->setterAt(from) != nullptr;
    callers[cpu].enterHypervisor(setter ? callers[cpu].caller() : from);
}
#endif

std::array<std::uint8_t, 16> codeOf(const qemu_plugin_insn* insn)
{
    std::array<std::uint8_t, 16> code{}; // an instruction of x86 has at most 15 bytes
#if PGTSCOPE_PLUGIN_API >= 3
    qemu_plugin_insn_data(insn, code.data(), code.size());
#else
    std::memcpy(code.data(), qemu_plugin_insn_data(insn), std::min(code.size(), qemu_plugin_insn_size(insn)));
#endif
    return code;
}

void followStores(qemu_plugin_insn* insn, const Instruction& code)
{
    // These two save time, and QEMU: where an instruction ends its block inside a helper (IRET; with -icount
    // IN and OUT), 7.2 does not take our callbacks away after it. The next store of a helper then calls what
    // may have been freed.
    if (code.storesOnStackOnly() || code.readsOnly())
        return;
    const std::uint64_t address = qemu_plugin_insn_vaddr(insn);
    const InstructionId number = tracker->instruction(address);
    auto act = code.storesOnly() ? onStore<By::Guest> : onAccess;
    const bool setter = tracker->setterAt(address) != nullptr;
    if (setter && tracker->hasHypervisor())
        qemu_plugin_register_vcpu_insn_exec_cb(insn, onSettersStoreBegins, QEMU_PLUGIN_CB_NO_REGS,
            reinterpret_cast<void*>(std::uintptr_t{address}));
    if (setter)
        act = onSettersStore;
    else if (tracker->inHypervisor(address))
        act = onHypervisorsStore;
    qemu_plugin_register_vcpu_mem_cb(insn, act, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W,
        reinterpret_cast<void*>(std::uintptr_t{number}));
}

void watchPlaces(const qemu_plugin_tb* block)
{
    const qemu_plugin_insn* first = qemu_plugin_tb_get_insn(block, 0);
    const qemu_plugin_insn* last = qemu_plugin_tb_get_insn(block, qemu_plugin_tb_n_insns(block) - 1);
    watch->translating(
        qemu_plugin_insn_vaddr(first), qemu_plugin_insn_vaddr(last) + qemu_plugin_insn_size(last));
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

/// Under the lock.
bool watchesStores()
{
    if (wanted == nullptr || wanted->stores.writerCount == 0)
        return false;
    if (storeWatch == nullptr) {
        const Ram ram = findRam();
        storeWatch
            = new places::StoreWatch(*wanted, ram.begin, ram.bytes, givesPhysical); // lives as long as QEMU
    }
    return true;
}

void onWatchedStore(unsigned int, qemu_plugin_meminfo_t info, std::uint64_t vaddr, void*)
{
    if (!qemu_plugin_mem_is_store(info))
        return;
    const qemu_plugin_hwaddr* place = qemu_plugin_get_hwaddr(info, vaddr);
    if (place != nullptr && !qemu_plugin_hwaddr_is_io(place))
        storeWatch->stored(qemu_plugin_hwaddr_phys_addr(place));
}

void watchStores(const qemu_plugin_tb* block)
{
    const std::lock_guard guard(lock);
    if (!watchesStores())
        return;
    for (std::size_t i = 0; i < qemu_plugin_tb_n_insns(block); ++i) {
        qemu_plugin_insn* insn = qemu_plugin_tb_get_insn(block, i);
        if (storeWatch->looksAt(qemu_plugin_insn_vaddr(insn)))
            qemu_plugin_register_vcpu_mem_cb(
                insn, onWatchedStore, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W, nullptr);
    }
}

void onBlockBegins(unsigned int, void* data)
{
    instructionWatch->begins(*static_cast<const places::Block*>(data));
}

void watchInstructions(qemu_plugin_tb* block)
{
    if (!instructionWatch->looks())
        return;
    const std::uint64_t begin = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(block, 0));
    qemu_plugin_register_vcpu_tb_exec_cb(block, onBlockBegins, QEMU_PLUGIN_CB_NO_REGS,
        kept(places::Block{begin, qemu_plugin_tb_n_insns(block)}));
}

void onBlock(qemu_plugin_tb* block)
{
    if (watch != nullptr && qemu_plugin_tb_n_insns(block) != 0) {
        watchPlaces(block);
        watchStores(block);
        watchInstructions(block);
    }
    if (tracker == nullptr)
        return;
    const std::lock_guard guard(lock);
    if (shared->header.pending.load(std::memory_order_acquire) != 0) {
        tracker->adoptRequest();
        wordBytes = tracker->wordBytes();
    }
    for (std::size_t i = 0; i < qemu_plugin_tb_n_insns(block); ++i) {
        qemu_plugin_insn* insn = qemu_plugin_tb_get_insn(block, i);
        const auto bytes = codeOf(insn);
        const Instruction code(bytes.data(), std::min(bytes.size(), qemu_plugin_insn_size(insn)));
        followCallers(insn, code); // first: a setter's first instruction may store
        followStores(insn, code);
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

void onCpu(unsigned int cpu)
{
    if (shared == nullptr)
        return;
    const std::lock_guard guard(lock);
    if (cpu >= maxCpus)
        std::abort();
    findStackPointer(cpu);
    cpuCount = std::max(cpuCount, cpu + 1);
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

#if PGTSCOPE_PLUGIN_API >= 7
void registerHooks(qemu_plugin_id_t id)
{
    qemu_plugin_register_vcpu_init_cb(
        id, [](unsigned int cpu, void*) { onCpu(cpu); }, nullptr);
    qemu_plugin_register_vcpu_tb_trans_cb(
        id, [](qemu_plugin_tb* block, void*) { onBlock(block); }, nullptr);
    qemu_plugin_register_vcpu_discon_cb(
        id, QEMU_PLUGIN_DISCON_EXCEPTION,
        [](unsigned int cpu, qemu_plugin_discon_type, std::uint64_t from, std::uint64_t to, void*) {
            onException(cpu, from, to);
        },
        nullptr);
}
#else
void registerHooks(qemu_plugin_id_t id)
{
    qemu_plugin_register_vcpu_init_cb(id, [](qemu_plugin_id_t, unsigned int cpu) { onCpu(cpu); });
    qemu_plugin_register_vcpu_tb_trans_cb(
        id, [](qemu_plugin_id_t, qemu_plugin_tb* block) { onBlock(block); });
#if PGTSCOPE_PLUGIN_API >= 6
    qemu_plugin_register_vcpu_discon_cb(id, QEMU_PLUGIN_DISCON_EXCEPTION,
        [](qemu_plugin_id_t, unsigned int cpu, qemu_plugin_discon_type, std::uint64_t from,
            std::uint64_t to) { onException(cpu, from, to); });
#endif
}
#endif

bool openRing(const char* path)
{
    std::size_t bytes = 0;
    shared = static_cast<Shared*>(mapFile(path, bytes));
    if (shared == nullptr || bytes != sizeof(Shared) || shared->header.magic != ringMagic
        || shared->header.format != ringFormat)
        return false;
    caches = std::make_unique<Cache[]>(maxCpus);
    return true;
}

bool openPlaces(const char* path)
{
    std::size_t bytes = 0;
    wanted = static_cast<places::Places*>(mapFile(path, bytes));
    if (wanted == nullptr || bytes != sizeof(places::Places) || wanted->magic != places::magic
        || wanted->format != places::format)
        return false;
    if (places::PlaceWatch::possible()) {
        watch = new places::PlaceWatch(*wanted); // lives as long as QEMU
        instructionWatch = new places::InstructionWatch(*wanted); // lives as long as QEMU
        wanted->attached.store(1);
    }
    return true;
}

/// An option of the plugin's, "ring=FILE" or "places=FILE".
bool take(std::string_view option)
{
    constexpr std::string_view ring = "ring=";
    constexpr std::string_view watched = "places=";
    if (option.starts_with(ring))
        return openRing(option.substr(ring.size()).data());
    return option.starts_with(watched) && openPlaces(option.substr(watched.size()).data());
}

} // namespace

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t* info, int argc, char** argv)
{
    if (!info->system_emulation || info->version.cur < PGTSCOPE_PLUGIN_API || argc < 1)
        return -1;
    for (int i = 0; i < argc; ++i)
        if (!take(argv[i]))
            return -1;
    registerHooks(id);
    return 0;
}
