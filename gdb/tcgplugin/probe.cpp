// SPDX-License-Identifier: GPL-2.0-or-later
// Asks for a version of QEMU's plugin interface that there will not be: QEMU refuses, and says in its refusal
// which version it has (plugins/loader.c, "this QEMU supports only up to version N", the same from 6.0
// to 11.1).
extern "C" {
__attribute__((visibility("default"))) int qemu_plugin_version = 1'000'000;
__attribute__((visibility("default"))) int qemu_plugin_install();
}

int qemu_plugin_install() { return -1; }
