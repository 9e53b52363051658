// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/writes/writesplugin.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "gdb/host/childprocess.h"
#include "gdb/qemu/emulator.h"

namespace pgtscope::gdb {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr const char* probeName = "pgtwrites_probe.so";
constexpr unsigned newestApi = 7; // that there is a build for

core::Result<fs::path> pluginDirectory()
{
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error).parent_path();
    // Programs lie one or two directories below the top of the build tree.
    const std::array places{
        self / "../lib/pgtscope", self / "../gdb/tcgplugin", self / "../../gdb/tcgplugin"};
    for (const fs::path& place : places)
        if (fs::is_regular_file(place / probeName, error))
            return place.lexically_normal();
    return core::failure("find the plugin that QEMU loads to report every write",
        "there is no " + (places[0] / probeName).lexically_normal().string(),
        "build the target pgtwrites, or install all of the program");
}

/// The version of its plugin interface that a QEMU has.
core::Result<unsigned> pluginApi(
    const std::string& emulator, const fs::path& probe, const core::CancelFlag* cancel)
{
    const std::string tried = "load a plugin into " + emulator;
    const ChildCommand command{emulator,
        {"-accel", "tcg", "-machine", "none", "-display", "none", "-nodefaults", "-no-user-config", "-S",
            "-plugin", probe.string()},
        {}, {}, {}};
    auto ran = runChild(command, WaitLimit::after(30s, cancel));
    if (!ran) {
        core::Error error = ran.error();
        if (error.happened.ends_with("is not installed"))
            error.advice = "install Debian's package qemu-system-x86, or name another QEMU with --qemu";
        return tl::unexpected(std::move(error));
    }
    if (const auto api = pluginApiIn(ran->errors))
        return *api;
    const std::string words = lastLine(ran->errors);
    const bool noPlugins = words.find("-plugin: invalid option") != std::string::npos;
    return core::failure(tried, noPlugins ? "it was built without plugins" : words,
        "record with --grain event,pgt_buf, or name another QEMU with --qemu");
}

} // namespace

std::optional<unsigned> pluginApiIn(const std::string& refusal)
{
    constexpr std::string_view before = "supports only up to version ";
    const std::size_t found = refusal.find(before);
    if (found == std::string::npos)
        return std::nullopt;
    unsigned api = 0;
    const char* begin = refusal.data() + found + before.size();
    const auto [end, problem] = std::from_chars(begin, refusal.data() + refusal.size(), api);
    return problem == std::errc() && api >= 1 ? std::optional(api) : std::nullopt;
}

bool maybeStoppedByPlugin(const LaunchSpec& spec)
{
    // What the user adds may choose another accelerator, or more CPUs.
    const auto chooses = [](const std::string& argument) {
        return argument.find("kvm") != std::string::npos || argument.find("accel") != std::string::npos
            || argument.find("smp") != std::string::npos || argument.find("icount") != std::string::npos;
    };
    return spec.accelerator == Accelerator::Tcg && spec.smp == 1 && !spec.deterministic && !spec.incoming
        && std::none_of(spec.extraQemuArgs.begin(), spec.extraQemuArgs.end(), chooses);
}

std::string pluginBuild(unsigned api, QemuVersion version)
{
    // plugins/api.c: "plugin: Simplify struct qemu_plugin_hwaddr", September 2023.
    constexpr QemuVersion physicalSince{8, 2};
    const bool early = api == 1 && version >= physicalSince;
    return "pgtwrites_api" + std::to_string(api) + (early ? "_physical.so" : ".so");
}

core::Result<fs::path> findWritesPlugin(const std::string& emulator, const core::CancelFlag* cancel)
{
    ASSIGN_OR_RETURN(const auto directory, pluginDirectory());
    ASSIGN_OR_RETURN(const auto version, qemuVersion(emulator, cancel));
    ASSIGN_OR_RETURN(const auto api, pluginApi(emulator, directory / probeName, cancel));
    // A newer QEMU may still take the newest build that there is: it says so if it does not.
    const unsigned chosen = std::min(api, newestApi);
    return directory / pluginBuild(chosen, version);
}

} // namespace pgtscope::gdb
