// SPDX-License-Identifier: GPL-2.0-or-later
// A QEMU of one version of the plugin interface, as far as our plugin can tell: it loads a build of the
// plugin, hands it a few blocks of code, and runs them. It exports that version's functions and no others.
// What the plugin reports is printed, a line for each record: kind, offset, value, instruction, caller.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <fstream>
#include <new>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "gdb/tcgplugin/qemuplugin.h"
#include "gdb/tcgplugin/ringlayout.h"

#define EXPORTED __attribute__((visibility("default")))

using namespace pgtscope::writes;

namespace {

struct Hook {
    qemu_plugin_vcpu_udata_cb_t act;
    qemu_plugin_cb_flags flags;
    void* data;
};
struct StoreHook {
    qemu_plugin_vcpu_mem_cb_t act;
    void* data;
};

[[noreturn]] void fail(const std::string& why)
{
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(1);
}

constexpr qemu_plugin_id_t ourId = 77;
#if PGTSCOPE_PLUGIN_API >= 7
qemu_plugin_vcpu_udata_cb_t onCpu = nullptr;
#else
qemu_plugin_vcpu_simple_cb_t onCpu = nullptr;
#endif
qemu_plugin_vcpu_tb_trans_cb_t onBlock = nullptr;
#if PGTSCOPE_PLUGIN_API >= 4
std::uint64_t returnAddress = 0; // what the stack pointer points to; 0: it cannot be read
bool registersAllowed = false;
#endif
#if PGTSCOPE_PLUGIN_API >= 6
qemu_plugin_vcpu_discon_cb_t onException = nullptr;
#endif

constexpr std::uint64_t stackPointer = 0xffffc900'00000ff8;

} // namespace

struct qemu_plugin_insn {
    std::uint64_t address;
    std::vector<std::uint8_t> code;
    std::vector<Hook> hooks = {};
    std::vector<StoreHook> storeHooks = {};
};
struct qemu_plugin_tb {
    std::vector<qemu_plugin_insn> instructions;
    std::vector<Hook> hooks = {};
};
struct qemu_plugin_hwaddr {
    std::uint64_t offset;
};

namespace {
qemu_plugin_hwaddr place{};
}

extern "C" {

EXPORTED void qemu_plugin_outs(const char* text) { std::fputs(text, stderr); }
#if PGTSCOPE_PLUGIN_API >= 7
EXPORTED void qemu_plugin_register_vcpu_init_cb(qemu_plugin_id_t, qemu_plugin_vcpu_udata_cb_t cb, void*)
{
    onCpu = cb;
}
EXPORTED void qemu_plugin_register_vcpu_tb_trans_cb(
    qemu_plugin_id_t, qemu_plugin_vcpu_tb_trans_cb_t cb, void*)
{
    onBlock = cb;
}
#else
EXPORTED void qemu_plugin_register_vcpu_init_cb(qemu_plugin_id_t, qemu_plugin_vcpu_simple_cb_t cb)
{
    onCpu = cb;
}
EXPORTED void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, qemu_plugin_vcpu_tb_trans_cb_t cb)
{
    onBlock = cb;
}
#endif
EXPORTED std::size_t qemu_plugin_tb_n_insns(const qemu_plugin_tb* tb) { return tb->instructions.size(); }
EXPORTED qemu_plugin_insn* qemu_plugin_tb_get_insn(const qemu_plugin_tb* tb, std::size_t index)
{
    return const_cast<qemu_plugin_insn*>(&tb->instructions[index]);
}
#if PGTSCOPE_PLUGIN_API >= 3
EXPORTED std::size_t qemu_plugin_insn_data(const qemu_plugin_insn* insn, void* to, std::size_t bytes)
{
    const std::size_t count = std::min(bytes, insn->code.size());
    std::memcpy(to, insn->code.data(), count);
    return count;
}
#else
EXPORTED const void* qemu_plugin_insn_data(const qemu_plugin_insn* insn) { return insn->code.data(); }
#endif
EXPORTED std::size_t qemu_plugin_insn_size(const qemu_plugin_insn* insn) { return insn->code.size(); }
EXPORTED std::uint64_t qemu_plugin_insn_vaddr(const qemu_plugin_insn* insn) { return insn->address; }
EXPORTED void qemu_plugin_register_vcpu_tb_exec_cb(
    qemu_plugin_tb* block, qemu_plugin_vcpu_udata_cb_t cb, qemu_plugin_cb_flags flags, void* data)
{
    block->hooks.push_back({cb, flags, data});
}
EXPORTED void qemu_plugin_register_vcpu_insn_exec_cb(
    qemu_plugin_insn* insn, qemu_plugin_vcpu_udata_cb_t cb, qemu_plugin_cb_flags flags, void* data)
{
    insn->hooks.push_back({cb, flags, data});
}
EXPORTED void qemu_plugin_register_vcpu_mem_cb(qemu_plugin_insn* insn, qemu_plugin_vcpu_mem_cb_t cb,
    qemu_plugin_cb_flags, qemu_plugin_mem_rw, void* data)
{
    insn->storeHooks.push_back({cb, data});
}
EXPORTED bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t) { return true; }
EXPORTED unsigned int qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t) { return 3; }
EXPORTED qemu_plugin_hwaddr* qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t, std::uint64_t vaddr)
{
    place.offset = vaddr & 0xffffff; // the direct map of this machine
    return &place;
}
EXPORTED bool qemu_plugin_hwaddr_is_io(const qemu_plugin_hwaddr*) { return false; }
EXPORTED std::uint64_t qemu_plugin_hwaddr_phys_addr(const qemu_plugin_hwaddr* address)
{
    return address->offset;
}

#if PGTSCOPE_PLUGIN_API >= 4
namespace {
/// Later versions have descriptors of 32 bytes.
struct Descriptor {
    qemu_plugin_reg_descriptor known;
#if PGTSCOPE_PLUGIN_API >= 7
    bool readOnly;
#endif
};
std::array<Descriptor, 2> descriptors{};
GArray registerList{};
} // namespace

EXPORTED GByteArray* g_byte_array_new() { return new GByteArray{nullptr, 0}; }
EXPORTED GByteArray* g_byte_array_set_size(GByteArray* array, unsigned int length)
{
    array->data = static_cast<std::uint8_t*>(std::realloc(array->data, length + 1));
    array->len = length;
    return array;
}
EXPORTED unsigned int g_array_get_element_size(GArray*) { return sizeof(Descriptor); }
EXPORTED char* g_array_free(GArray*, int) { return nullptr; }
EXPORTED GArray* qemu_plugin_get_registers()
{
    descriptors[0].known = {nullptr, "rax", "org.gnu.gdb.i386.core"};
    descriptors[1].known = {reinterpret_cast<qemu_plugin_register*>(8), "rsp", "org.gnu.gdb.i386.core"};
    registerList = {reinterpret_cast<char*>(descriptors.data()), descriptors.size()};
    return &registerList;
}
namespace {
void readStackPointer(qemu_plugin_register* handle, GByteArray* value)
{
    if (!registersAllowed || handle != descriptors[1].known.handle)
        fail("a register was read that was not asked for");
    g_byte_array_set_size(value, 8);
    std::memcpy(value->data, &stackPointer, 8);
}
} // namespace
#if PGTSCOPE_PLUGIN_API >= 6
EXPORTED bool qemu_plugin_read_register(qemu_plugin_register* handle, GByteArray* value)
{
    readStackPointer(handle, value);
    return true;
}
#else
EXPORTED int qemu_plugin_read_register(qemu_plugin_register* handle, GByteArray* value)
{
    readStackPointer(handle, value);
    return 8;
}
#endif
EXPORTED bool qemu_plugin_read_memory_vaddr(std::uint64_t address, GByteArray* data, std::size_t bytes)
{
    if (address != stackPointer || bytes != 8)
        fail("memory was read that is not the top of the stack");
    g_byte_array_set_size(data, 8);
    std::memcpy(data->data, &returnAddress, 8);
    return returnAddress != 0;
}
#endif

#if PGTSCOPE_PLUGIN_API >= 7
EXPORTED void qemu_plugin_register_vcpu_discon_cb(
    qemu_plugin_id_t, qemu_plugin_discon_type, qemu_plugin_vcpu_discon_cb_t cb, void*)
{
    onException = cb;
}
#elif PGTSCOPE_PLUGIN_API >= 6
EXPORTED void qemu_plugin_register_vcpu_discon_cb(
    qemu_plugin_id_t, qemu_plugin_discon_type, qemu_plugin_vcpu_discon_cb_t cb)
{
    onException = cb;
}
#endif

} // extern "C"

namespace {

constexpr std::size_t ramBytes = 64 * 4096;
constexpr std::uint64_t directMap = 0xffff8880'00000000;
constexpr std::uint64_t root = 0x1000;
constexpr std::uint64_t later = 0x5000;
constexpr std::uint64_t caller = 0xffffffff'81001000;
constexpr std::uint64_t setter = 0xffffffff'81002000;
constexpr std::uint64_t other = 0xffffffff'81003000;
constexpr std::uint64_t indirect = 0xffffffff'81004000;
constexpr std::uint64_t unseen = 0xffffffff'81005000;
constexpr std::uint64_t hypercall = 0xffffffff'81006000;
constexpr std::uint64_t xen = 0xffff82d0'40001000;

Shared* makeRing(const char* path)
{
    const int descriptor = ::open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (descriptor < 0 || ::ftruncate(descriptor, sizeof(Shared)) != 0)
        fail("no ring");
    void* at = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    auto* shared = new (at) Shared;
    shared->header.magic = ringMagic;
    shared->header.format = ringFormat;
    shared->header.consumer = ::getpid();
    return shared;
}

std::byte* makeRam()
{
    const int descriptor = ::memfd_create("memory-backend-memfd", 0);
    if (descriptor < 0 || ::ftruncate(descriptor, ramBytes) != 0)
        fail("no RAM");
    return static_cast<std::byte*>(
        ::mmap(nullptr, ramBytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0));
}

/// `more`: a second root; 0: none.
void request(Shared& shared, std::uint64_t more = 0)
{
    Request& wanted = shared.request;
    wanted.levels = 1;
    wanted.entryBytes = 8;
    wanted.rules[1] = {512, 0, 0x000f'ffff'ffff'f000};
    wanted.pieceCount = 1;
    wanted.pieces[0] = {0, ramBytes, 0};
    wanted.rootCount = more != 0 ? 2 : 1;
    wanted.roots[0] = {root, 1};
    wanted.roots[1] = {more, 1};
    wanted.setterCount = 2;
    wanted.setters[0] = {setter, setter + 16, 0};
    wanted.setters[1] = {hypercall, hypercall + 32, 1};
    wanted.hypervisorBegin = 0xffff8000'00000000;
    wanted.hypervisorEnd = 0xffff8800'00000000;
    shared.header.pending.store(1);
    shared.header.generation.fetch_add(1);
}

qemu_plugin_tb translated(std::vector<qemu_plugin_insn> instructions)
{
    qemu_plugin_tb block{std::move(instructions)};
#if PGTSCOPE_PLUGIN_API >= 7
    onBlock(&block, nullptr);
#else
    onBlock(ourId, &block);
#endif
    return block;
}

qemu_plugin_insn callTo(std::uint64_t from, std::uint64_t to)
{
    qemu_plugin_insn insn{from, {0xe8, 0, 0, 0, 0}};
    const auto distance = static_cast<std::int32_t>(to - (from + 5));
    std::memcpy(insn.code.data() + 1, &distance, 4);
    return insn;
}

class Machine {
public:
    explicit Machine(std::byte* ram)
        : m_ram(ram)
    {
    }

    void run(const qemu_plugin_insn& insn) const
    {
        for (const Hook& hook : insn.hooks) {
#if PGTSCOPE_PLUGIN_API >= 4
            registersAllowed = hook.flags == QEMU_PLUGIN_CB_R_REGS;
#endif
            hook.act(0, hook.data);
        }
#if PGTSCOPE_PLUGIN_API >= 4
        registersAllowed = false;
#endif
    }
    void store(const qemu_plugin_insn& insn, std::uint64_t offset, std::uint64_t value) const
    {
        run(insn);
        std::memcpy(m_ram + offset, &value, 8);
        for (const StoreHook& hook : insn.storeHooks)
            hook.act(0, 0, directMap + offset, hook.data);
    }

private:
    std::byte* m_ram;
};

void install(const char* plugin, const char* ring)
{
    void* library = ::dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        fail(::dlerror());
    const auto* version = static_cast<const int*>(::dlsym(library, "qemu_plugin_version"));
    if (version == nullptr || *version != PGTSCOPE_PLUGIN_API)
        fail("it is built for another version");
    using Install = int (*)(qemu_plugin_id_t, const qemu_info_t*, int, char**);
    const auto start = reinterpret_cast<Install>(::dlsym(library, "qemu_plugin_install"));
    const qemu_info_t info{"x86_64", {PGTSCOPE_PLUGIN_API > 1 ? 2 : 0, PGTSCOPE_PLUGIN_API}, true, {1, 1}};
    std::string option = std::string("ring=") + ring;
    char* arguments[] = {option.data()};
    if (start == nullptr || start(ourId, &info, 1, arguments) != 0)
        fail("it does not install itself");
#if PGTSCOPE_PLUGIN_API >= 7
    onCpu(0, nullptr);
#else
    onCpu(ourId, 0);
#endif
}

/// Stores whose callers are known in different ways.
void boot(const Machine& machine, Shared& shared)
{
    const auto plain = translated({{other, {0x48, 0x89, 0x37}}}).instructions[0]; // mov %rsi,(%rdi)
    const auto call = translated({callTo(caller, setter)}).instructions[0];
    const auto through = translated({{indirect, {0xff, 0x14, 0x25, 0, 0, 0, 0}}}).instructions[0]; // call *0
    const auto set = translated({{setter, {0x48, 0x89, 0x37}}, {setter + 3, {0xc3}}}).instructions[0];
    const auto toHypercall = translated({callTo(caller + 0x10, hypercall)}).instructions[0];
    const auto entry = translated({{hypercall, {0xb8, 1, 0, 0, 0}}}).instructions[0]; // mov $1,%eax
    const auto xens = translated({{xen, {0x48, 0x89, 0x37}}}).instructions[0];
    const auto back = translated({{xen + 0x10, {0x48, 0x0f, 0x07}}}).instructions[0]; // sysretq

    machine.store(plain, root, 0x8063);
    machine.run(call);
    machine.store(set, root + 8, 0x9063);
    machine.run(through);
    machine.store(set, root + 16, 0xa063);
#if PGTSCOPE_PLUGIN_API >= 4
    returnAddress = unseen + 5;
#endif
    machine.store(set, root + 24, 0xb063);
#if PGTSCOPE_PLUGIN_API >= 4
    returnAddress = 0;
#endif
    machine.run(toHypercall);
    machine.run(entry);
    machine.store(xens, root + 32, 0xc063);
    machine.run(back);
    machine.store(xens, root + 40, 0xd063);
#if PGTSCOPE_PLUGIN_API >= 7
    onException(0, QEMU_PLUGIN_DISCON_EXCEPTION, other + 0x20, xen + 0x100, nullptr);
#elif PGTSCOPE_PLUGIN_API >= 6
    onException(ourId, 0, QEMU_PLUGIN_DISCON_EXCEPTION, other + 0x20, xen + 0x100);
#endif
    machine.store(xens, root + 48, 0xe063);
    machine.run(back);
    // A setter's store that traps: the hypervisor carries it out.
    machine.run(call);
    machine.run(set);
    machine.store(xens, root + 56, 0xf063);
    machine.run(back);
    // A page that is no table yet: the hypervisor goes over an entry of the kernel's, and makes one itself.
    machine.run(call);
    machine.store(set, later + 8, 0x1063);
    machine.run(toHypercall);
    machine.run(entry);
    machine.store(xens, later + 8, 0x10000000001063);
    machine.store(xens, later + 16, 0x2063);
    machine.run(back);
    request(shared, later);
    machine.store(plain, root + 64, 0x3063);
}

} // namespace

int main(int argc, char* argv[])
{
    if (argc != 3)
        fail("usage: pluginhost PLUGIN RING");
    Shared* shared = makeRing(argv[2]);
    const Machine machine(makeRam());
    install(argv[1], argv[2]);
    if (shared->header.attached.load() == 0)
        fail("it has not found the RAM");
    request(*shared);
    boot(machine, *shared);
    for (std::uint64_t i = 0; i < shared->header.produced.load(); ++i) {
        const Record& record = shared->ring[i];
        std::printf("%u %llx %llx %llx %llx\n", static_cast<unsigned>(record.kind),
            static_cast<unsigned long long>(record.offset), static_cast<unsigned long long>(record.value),
            static_cast<unsigned long long>(record.rip), static_cast<unsigned long long>(record.caller));
    }
    return 0;
}
