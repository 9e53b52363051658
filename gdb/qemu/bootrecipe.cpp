// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/qemu/bootrecipe.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <span>
#include <sstream>

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/recording/compression.h"
#include "gdb/host/childprocess.h"
#include "gdb/host/files.h"
#include "gdb/qemu/qemuarguments.h"

namespace pgtscope::gdb {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr unsigned recipeFormat = 1;
constexpr std::uintmax_t largestFile = std::uintmax_t{1} << 30;
constexpr std::size_t maxFiles = 32;
constexpr std::size_t maxArguments = 1024;

/// What a PC without devices of its own takes from QEMU's directories: SeaBIOS, and the option ROMs that
/// start a kernel (hw/i386/x86.c and hw/i386/multiboot.c in QEMU 7.2) or speed up its APIC.
constexpr std::array firmwareNames{
    "bios-256k.bin", "bios.bin", "kvmvapic.bin", "linuxboot_dma.bin", "multiboot_dma.bin", "pvh.bin"};

core::Result<std::string> askQemu(
    const std::string& emulator, std::vector<std::string> arguments, const WaitLimit& limit)
{
    const std::string tried = "ask " + emulator + " for " + arguments.front();
    ASSIGN_OR_RETURN(auto ran, runChild({emulator, std::move(arguments), {}, {}, {}}, limit));
    if (ran.exitStatus != 0)
        return core::failure(tried, lastLine(ran.errors), "install Debian's package qemu-system-x86");
    return std::move(ran.output);
}

/// The machine that an alias means; any other name is its own. A line of "-machine help" reads
/// "q35  Standard PC (Q35 + ICH9, 2009) (alias of pc-q35-7.2)".
core::Result<std::string> versionedMachine(
    const std::string& emulator, const std::string& machine, const WaitLimit& limit)
{
    ASSIGN_OR_RETURN(const auto help, askQemu(emulator, {"-machine", "help"}, limit));
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) {
        constexpr std::string_view alias = "(alias of ";
        const auto at = line.find(alias);
        if (line.substr(0, line.find(' ')) == machine && at != std::string::npos)
            return line.substr(at + alias.size(), line.find(')', at) - at - alias.size());
    }
    return machine;
}

std::string hexOf(const core::ContentHash& hash)
{
    std::string text;
    for (const std::byte each : hash) {
        constexpr std::string_view digits = "0123456789abcdef";
        text += digits[std::to_integer<unsigned>(each) >> 4];
        text += digits[std::to_integer<unsigned>(each) & 15U];
    }
    return text;
}

core::Result<RecipeFile> recipeFile(const std::string& role, const fs::path& path)
{
    const std::string tried = "read the " + role + ' ' + path.string();
    std::error_code error;
    // A recording names it: not a device or a pipe that never ends.
    if (!fs::is_regular_file(path, error) || fs::file_size(path, error) > largestFile)
        return core::failure(tried, error ? error.message() : "it is no file, or larger than 1 GiB");
    const auto content = readWhole(path, largestFile);
    if (!content)
        return core::failure(tried, content.error().happened);
    return RecipeFile{role, path, hexOf(core::contentHash(std::as_bytes(std::span(*content))))};
}

/// Of each name the file that QEMU would take: the first in the order of its directories.
core::Result<std::vector<RecipeFile>> firmware(const std::string& emulator, const WaitLimit& limit)
{
    ASSIGN_OR_RETURN(const auto help, askQemu(emulator, {"-L", "help"}, limit));
    std::vector<RecipeFile> files;
    for (const std::string name : firmwareNames) {
        std::istringstream directories(help);
        for (std::string directory; std::getline(directories, directory);) {
            std::error_code error;
            if (!fs::is_regular_file(fs::path(directory) / name, error))
                continue;
            ASSIGN_OR_RETURN(auto file, recipeFile(name, fs::path(directory) / name));
            files.push_back(std::move(file));
            break;
        }
    }
    return files;
}

struct BootFile {
    const char* role;
    fs::path LaunchSpec::*path;
    fs::path RecipeChoices::*choice;
};
constexpr std::array bootFiles{BootFile{"kernel", &LaunchSpec::kernel, &RecipeChoices::kernel},
    BootFile{"initrd", &LaunchSpec::initrd, &RecipeChoices::initrd},
    BootFile{"hypervisor", &LaunchSpec::hypervisor, &RecipeChoices::hypervisor}};

/// The command line for any directory and any place of the files.
core::Result<std::vector<std::string>> placelessArguments(LaunchSpec spec)
{
    RunningGuest guest;
    guest.id = "RUN";
    guest.directory = "/RUN";
    for (const BootFile& file : bootFiles)
        if (!(spec.*file.path).empty())
            spec.*file.path = std::string("/") + file.role;
    guest.spec = std::move(spec);
    return uncheckedQemuArguments(guest);
}

/// Words that QEMU would not take for more than they are meant to be: a machine's or a CPU's name.
bool isPlain(const std::string& word, std::string_view also)
{
    return !word.empty() && word.size() <= 256 && std::all_of(word.begin(), word.end(), [&](unsigned char c) {
        return std::isalnum(c) != 0 || also.find(static_cast<char>(c)) != std::string_view::npos;
    });
}

std::string joined(const std::vector<std::string>& words)
{
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : " ") + word;
    return text.empty() ? "none" : text;
}

const char* const repeating = "boot the recording's guest again";

core::Result<void> checkWords(const BootRecipe& recipe, const RecipeChoices& choices)
{
    // The guest's own name becomes one of a directory.
    if (!isPlain(recipe.spec.name, "._-") || !isPlain(recipe.spec.machine, "._-")
        || !isPlain(recipe.spec.cpu, "._-+=,"))
        return core::failure(repeating, "its name, machine or CPU is no name that QEMU has",
            "do not trust the recording's source");
    if (recipe.spec.extraQemuArgs == choices.extraQemuArgs)
        return {};
    // Such arguments can open files and run programs.
    return core::failure(repeating,
        "it was recorded with these arguments for QEMU, which are not taken from a file: "
            + joined(recipe.spec.extraQemuArgs),
        "repeat them with --qemu-arg if you trust them; given here: " + joined(choices.extraQemuArgs));
}

core::Result<void> sameFiles(const BootRecipe& recorded, const BootRecipe& here)
{
    for (const RecipeFile& file : recorded.files) {
        const auto now = std::find_if(here.files.begin(), here.files.end(),
            [&](const RecipeFile& each) { return each.role == file.role; });
        const bool booted = std::any_of(
            bootFiles.begin(), bootFiles.end(), [&](const BootFile& each) { return file.role == each.role; });
        const std::string advice = booted
            ? "name the one that was recorded with --" + file.role
            : "install the version of QEMU and its firmware that was recorded with";
        if (now == here.files.end())
            return core::failure(repeating, "there is no " + file.role + " here", advice);
        if (now->hash != file.hash)
            return core::failure(repeating,
                "the " + file.role + ' ' + now->path.string() + " is not the one that was recorded ("
                    + file.hash.substr(0, 32) + ", here " + now->hash + ")",
                advice);
    }
    return here.files.size() == recorded.files.size()
        ? core::Result<void>()
        : core::failure(repeating, "QEMU has firmware here that it had not when it was recorded");
}

core::Result<void> sameArguments(const BootRecipe& recorded, const BootRecipe& here)
{
    const auto [was, is] = std::mismatch(
        recorded.arguments.begin(), recorded.arguments.end(), here.arguments.begin(), here.arguments.end());
    if (was == recorded.arguments.end() && is == here.arguments.end())
        return {};
    const auto word = [](auto at, const std::vector<std::string>& list) {
        return at == list.end() ? std::string("nothing") : *at;
    };
    return core::failure(repeating,
        "this pgtscope starts QEMU otherwise than the one that recorded: " + word(is, here.arguments)
            + " in place of " + word(was, recorded.arguments),
        "take the version of pgtscope that recorded it");
}

/// Throws json::exception.
BootRecipe recipeFrom(const json& record, const LaunchSpec& spec)
{
    BootRecipe recipe;
    recipe.spec = spec;
    record.at("qemu").get_to(recipe.qemu);
    record.at("arguments").get_to(recipe.arguments);
    record.at("skip").get_to(recipe.skip);
    record.at("writesIn").get_to(recipe.writesIn);
    recipe.checkpoints = record.value("checkpoints", false);
    for (const json& file : record.at("files"))
        recipe.files.push_back({file.at("role").get<std::string>(), file.at("path").get<std::string>(),
            file.at("hash").get<std::string>()});
    return recipe;
}

} // namespace

core::Result<BootRecipe> bootRecipe(const LaunchSpec& spec, const WaitLimit& limit)
{
    BootRecipe recipe;
    recipe.spec = spec;
    recipe.spec.writesPlugin.clear();
    recipe.spec.stopsPlugin.clear();
    recipe.spec.paused = true;
    ASSIGN_OR_RETURN(recipe.spec.machine, versionedMachine(spec.emulator, spec.machine, limit));
    ASSIGN_OR_RETURN(const auto version, askQemu(spec.emulator, {"--version"}, limit));
    recipe.qemu = version.substr(0, version.find('\n'));
    for (const BootFile& file : bootFiles) {
        std::error_code error;
        fs::path& path = recipe.spec.*file.path;
        if (path.empty())
            continue;
        path = fs::absolute(path, error);
        ASSIGN_OR_RETURN(auto made, recipeFile(file.role, path));
        recipe.files.push_back(std::move(made));
    }
    ASSIGN_OR_RETURN(auto roms, firmware(spec.emulator, limit));
    std::move(roms.begin(), roms.end(), std::back_inserter(recipe.files));
    ASSIGN_OR_RETURN(recipe.arguments, placelessArguments(recipe.spec));
    return recipe;
}

std::string recipeText(const BootRecipe& recipe)
{
    json files = json::array();
    for (const RecipeFile& file : recipe.files)
        files.push_back({{"role", file.role}, {"path", file.path.string()}, {"hash", file.hash}});
    return core::jsonLine({{"format", recipeFormat}, {"spec", toJson(recipe.spec)}, {"qemu", recipe.qemu},
        {"files", files}, {"arguments", recipe.arguments}, {"skip", recipe.skip},
        {"writesIn", recipe.writesIn}, {"checkpoints", recipe.checkpoints}});
}

core::Result<BootRecipe> bootRecipeFrom(std::string_view text)
{
    const std::string reading = "read how the guest was booted";
    if (text.empty())
        return core::failure(reading,
            "the recording does not say it: its part that does is lost, or it was not made by pgt record, or "
            "by "
            "an older version, or of a guest that it did not launch",
            "record the boot again with pgt record");
    const json record = json::parse(text, nullptr, false);
    if (isNewerRecord(record))
        return core::failure(reading, "a newer pgtscope wrote it", "take that version");
    try {
        const auto spec = launchSpecFrom(record.at("spec"));
        if (spec && record.at("format") == recipeFormat && record.at("files").size() <= maxFiles
            && record.at("arguments").size() <= maxArguments)
            return recipeFrom(record, *spec);
    } catch (const json::exception&) {
        // Missing or of another type: as any other damage.
    }
    return core::failure(reading, "it is damaged");
}

core::Result<LaunchSpec> specToRepeat(
    const BootRecipe& recipe, const RecipeChoices& choices, const WaitLimit& limit)
{
    RETURN_IF_ERROR(checkWords(recipe, choices));
    LaunchSpec spec = recipe.spec;
    // What a file names is never started.
    spec.emulator = choices.emulator.empty() ? usualEmulator() : choices.emulator;
    for (const BootFile& file : bootFiles) {
        std::error_code error;
        if (!(choices.*file.choice).empty())
            spec.*file.path = choices.*file.choice;
        if (const fs::path& path = spec.*file.path; !path.empty() && !fs::is_regular_file(path, error))
            return core::failure(repeating, std::string("there is no ") + file.role + ' ' + path.string(),
                "fetch it with pgt guest fetch, or name it with --" + std::string(file.role));
    }
    ASSIGN_OR_RETURN(const auto here, bootRecipe(spec, limit));
    if (here.qemu != recipe.qemu)
        return core::failure(repeating, "it ran in " + recipe.qemu + ", here is " + here.qemu,
            "name that one with --qemu, install it, or record the boot again");
    RETURN_IF_ERROR(sameFiles(recipe, here));
    RETURN_IF_ERROR(sameArguments(recipe, here));
    return here.spec;
}

} // namespace pgtscope::gdb
