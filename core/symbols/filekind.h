// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace pgtscope::core {

/// What a file is that was taken for a kernel, by the bytes it begins with: "a shell script", "a cpio
/// archive (an initramfs)". nullopt for bytes that say nothing, and for every kind that a kernel comes in.
std::optional<std::string_view> foreignKind(std::span<const std::byte> file);

/// The bytes of the section `name` of a PE file (a unified kernel image has its bzImage in ".linux"); empty
/// if it is no PE file or has no such section. Layout: Microsoft's "PE Format", and the UAPI group's UKI
/// specification.
std::span<const std::byte> peSection(std::span<const std::byte> file, std::string_view name);

} // namespace pgtscope::core
