// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#ifndef PGTSCOPE_PLUGIN_API
#error "PGTSCOPE_PLUGIN_API is the version of QEMU's plugin interface to build for, 1 to 7"
#endif

/// What is used of QEMU's TCG plugin interface, in its versions 1 to 7 (QEMU's include/qemu/qemu-plugin.h,
/// from 10.2 on include/plugins/qemu-plugin.h, whose comment lists what each version changed; the memory
/// hooks as used here are there from QEMU 7.2 on). Debian has no package with QEMU's own header.
extern "C" {

using qemu_plugin_id_t = std::uint64_t;
using qemu_plugin_meminfo_t = std::uint32_t;

struct qemu_info_t {
    const char* target_name;
    struct {
        int min;
        int cur;
    } version;
    bool system_emulation;
    struct {
        int smp_vcpus;
        int max_vcpus;
    } system;
};

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;

enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_CB_R_REGS, QEMU_PLUGIN_CB_RW_REGS };
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_R = 1, QEMU_PLUGIN_MEM_W, QEMU_PLUGIN_MEM_RW };

using qemu_plugin_vcpu_udata_cb_t = void (*)(unsigned int vcpu, void* data);
#if PGTSCOPE_PLUGIN_API >= 7
using qemu_plugin_vcpu_tb_trans_cb_t = void (*)(qemu_plugin_tb* tb, void* data);
#else
using qemu_plugin_vcpu_simple_cb_t = void (*)(qemu_plugin_id_t id, unsigned int vcpu);
using qemu_plugin_vcpu_tb_trans_cb_t = void (*)(qemu_plugin_id_t id, qemu_plugin_tb* tb);
#endif
using qemu_plugin_vcpu_mem_cb_t
    = void (*)(unsigned int vcpu, qemu_plugin_meminfo_t info, std::uint64_t vaddr, void* data);

void qemu_plugin_outs(const char* text);
#if PGTSCOPE_PLUGIN_API >= 7
void qemu_plugin_register_vcpu_init_cb(qemu_plugin_id_t id, qemu_plugin_vcpu_udata_cb_t cb, void* data);
void qemu_plugin_register_vcpu_tb_trans_cb(
    qemu_plugin_id_t id, qemu_plugin_vcpu_tb_trans_cb_t cb, void* data);
#else
void qemu_plugin_register_vcpu_init_cb(qemu_plugin_id_t id, qemu_plugin_vcpu_simple_cb_t cb);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_vcpu_tb_trans_cb_t cb);
#endif
std::size_t qemu_plugin_tb_n_insns(const qemu_plugin_tb* tb);
qemu_plugin_insn* qemu_plugin_tb_get_insn(const qemu_plugin_tb* tb, std::size_t index);
#if PGTSCOPE_PLUGIN_API >= 3
std::size_t qemu_plugin_insn_data(const qemu_plugin_insn* insn, void* place, std::size_t bytes);
#else
const void* qemu_plugin_insn_data(const qemu_plugin_insn* insn);
#endif
std::size_t qemu_plugin_insn_size(const qemu_plugin_insn* insn);
std::uint64_t qemu_plugin_insn_vaddr(const qemu_plugin_insn* insn);
void qemu_plugin_register_vcpu_tb_exec_cb(
    qemu_plugin_tb* tb, qemu_plugin_vcpu_udata_cb_t cb, qemu_plugin_cb_flags flags, void* data);
void qemu_plugin_register_vcpu_insn_exec_cb(
    qemu_plugin_insn* insn, qemu_plugin_vcpu_udata_cb_t cb, qemu_plugin_cb_flags flags, void* data);
void qemu_plugin_register_vcpu_mem_cb(qemu_plugin_insn* insn, qemu_plugin_vcpu_mem_cb_t cb,
    qemu_plugin_cb_flags flags, qemu_plugin_mem_rw rw, void* data);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);
unsigned int qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t info);
qemu_plugin_hwaddr* qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t info, std::uint64_t vaddr);
bool qemu_plugin_hwaddr_is_io(const qemu_plugin_hwaddr* address);
std::uint64_t qemu_plugin_hwaddr_phys_addr(const qemu_plugin_hwaddr* address);

#if PGTSCOPE_PLUGIN_API >= 4
// Of glib, which QEMU is linked with.
struct GArray {
    char* data;
    unsigned int len;
};
struct GByteArray {
    std::uint8_t* data;
    unsigned int len;
};
GByteArray* g_byte_array_new();
GByteArray* g_byte_array_set_size(GByteArray* array, unsigned int length);
unsigned int g_array_get_element_size(GArray* array);
char* g_array_free(GArray* array, int freeSegment);

struct qemu_plugin_register;
/// Later versions append to it: the array's element size counts.
struct qemu_plugin_reg_descriptor {
    qemu_plugin_register* handle;
    const char* name;
    const char* feature;
};
GArray* qemu_plugin_get_registers();
#if PGTSCOPE_PLUGIN_API >= 6
bool qemu_plugin_read_register(qemu_plugin_register* handle, GByteArray* value);
#else
int qemu_plugin_read_register(qemu_plugin_register* handle, GByteArray* value);
#endif
bool qemu_plugin_read_memory_vaddr(std::uint64_t address, GByteArray* data, std::size_t bytes);
#endif

#if PGTSCOPE_PLUGIN_API >= 6
enum qemu_plugin_discon_type { QEMU_PLUGIN_DISCON_EXCEPTION = 2 };
#if PGTSCOPE_PLUGIN_API >= 7
using qemu_plugin_vcpu_discon_cb_t = void (*)(
    unsigned int vcpu, qemu_plugin_discon_type type, std::uint64_t from, std::uint64_t to, void* data);
void qemu_plugin_register_vcpu_discon_cb(
    qemu_plugin_id_t id, qemu_plugin_discon_type type, qemu_plugin_vcpu_discon_cb_t cb, void* data);
#else
using qemu_plugin_vcpu_discon_cb_t = void (*)(qemu_plugin_id_t id, unsigned int vcpu,
    qemu_plugin_discon_type type, std::uint64_t from, std::uint64_t to);
void qemu_plugin_register_vcpu_discon_cb(
    qemu_plugin_id_t id, qemu_plugin_discon_type type, qemu_plugin_vcpu_discon_cb_t cb);
#endif
#endif

} // extern "C"
