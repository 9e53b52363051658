// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace pgtscope::core {

/// Whether a symbol's name is one that a C++ (Itanium ABI) or Rust (legacy or v0) compiler mangled.
bool isMangled(std::string_view symbol);

/// The path that a mangled name stands for, without parameters and template arguments:
/// "_ZN6Kernel4initEPKc" is "Kernel::init", "_RNvNtCs7…_6kernel5print11call_printk" is
/// "kernel::print::call_printk"; a method of a type is "Type::method". Any other name, and one whose mangling
/// is not understood, is returned as it is. The name may hold anything: work is bounded by its length.
std::string plainName(std::string_view symbol);

} // namespace pgtscope::core
