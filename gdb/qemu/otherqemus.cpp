// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/qemu/otherqemus.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <sys/stat.h>
#include <unistd.h>

#include "gdb/host/files.h"

namespace pgtscope::gdb {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view emulator = "qemu-system-";
constexpr std::uint16_t usualPort = 1234; // of -s
constexpr std::size_t maxArgumentBytes = 4U << 20U;

/// The value of `key` in "type,key=value,…"; QEMU writes a comma in a value twice (util/keyval.c), which no
/// sane path needs.
std::string_view fieldOf(std::string_view options, std::string_view key)
{
    while (!options.empty()) {
        const std::string_view field = options.substr(0, options.find(','));
        options.remove_prefix(std::min(field.size() + 1, options.size()));
        const std::size_t equals = field.find('=');
        if (equals != std::string_view::npos && field.substr(0, equals) == key)
            return field.substr(equals + 1);
    }
    return {};
}

std::optional<Endpoint> atPort(std::string_view host, std::string_view digits)
{
    Endpoint endpoint;
    endpoint.host = host.empty() || host == "0.0.0.0" || host == "::" ? "localhost" : std::string(host);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
    const bool whole = error == std::errc() && end == digits.data() + digits.size();
    return whole && endpoint.port != 0 ? std::optional(endpoint) : std::nullopt;
}

std::optional<Endpoint> atPath(std::string_view path, const fs::path& directory)
{
    if (path.empty())
        return std::nullopt;
    Endpoint endpoint;
    endpoint.path = (directory / fs::path(path)).lexically_normal().string();
    return endpoint;
}

/// A character device as -gdb names it: "tcp:HOST:PORT,…", "unix:PATH,…", "chardev:ID".
std::optional<Endpoint> endpointOf(
    std::string_view device, const std::vector<std::string>& arguments, const fs::path& directory)
{
    const std::string_view place = device.substr(0, device.find(','));
    if (place.starts_with("unix:"))
        return atPath(place.substr(5), directory);
    if (place.starts_with("tcp:")) {
        const std::size_t colon = place.rfind(':');
        return colon < 4 ? std::nullopt : atPort(place.substr(4, colon - 4), place.substr(colon + 1));
    }
    if (!place.starts_with("chardev:"))
        return std::nullopt;
    for (std::size_t i = 1; i + 1 < arguments.size(); ++i) {
        const std::string_view options = arguments[i + 1];
        if (arguments[i] != "-chardev" || !options.starts_with("socket,")
            || fieldOf(options, "id") != place.substr(8))
            continue;
        const std::string_view path = fieldOf(options, "path");
        return path.empty() ? atPort(fieldOf(options, "host"), fieldOf(options, "port"))
                            : atPath(path, directory);
    }
    return std::nullopt;
}

std::vector<std::string> argumentsOf(const fs::path& process)
{
    const std::string text = readWhole(process / "cmdline", maxArgumentBytes).value_or(std::string());
    std::vector<std::string> arguments;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\0', at), text.size());
        arguments.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return arguments;
}

bool isEmulator(const std::vector<std::string>& arguments)
{
    return !arguments.empty() && fs::path(arguments.front()).filename().string().starts_with(emulator);
}

bool isOurs(const fs::path& process)
{
    struct stat status = {};
    return ::stat(process.c_str(), &status) == 0 && status.st_uid == ::geteuid();
}

} // namespace

OtherQemu qemuOf(const std::vector<std::string>& arguments, const fs::path& directory)
{
    OtherQemu found;
    found.name = arguments.empty() ? std::string() : fs::path(arguments.front()).filename().string();
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        // QEMU takes "--gdb" for "-gdb".
        const std::string_view option = std::string_view(arguments[i]).starts_with("--")
            ? std::string_view(arguments[i]).substr(1)
            : std::string_view(arguments[i]);
        const std::string_view value = i + 1 < arguments.size() ? arguments[i + 1] : std::string_view();
        if (option == "-s")
            found.stub = atPort({}, std::to_string(usualPort));
        else if (option == "-gdb")
            found.stub = endpointOf(value, arguments, directory);
        else if (option == "-name" && !value.empty())
            found.name = fieldOf(value, "guest").empty() ? value.substr(0, value.find(','))
                                                         : fieldOf(value, "guest");
    }
    // One line of a list, whatever the process was called.
    std::replace_if(
        found.name.begin(), found.name.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
    return found;
}

std::vector<OtherQemu> otherQemus(std::span<const RunningGuest> known)
{
    std::vector<OtherQemu> found;
    std::error_code error;
    for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
        const std::string number = at->path().filename().string();
        std::int64_t id = 0;
        const auto [rest, bad] = std::from_chars(number.data(), number.data() + number.size(), id);
        const bool ofUs = std::any_of(
            known.begin(), known.end(), [&](const RunningGuest& g) { return g.process.pid == id; });
        if (bad != std::errc() || rest != number.data() + number.size() || ofUs || !isOurs(at->path()))
            continue;
        const auto arguments = argumentsOf(at->path());
        if (!isEmulator(arguments))
            continue;
        std::error_code gone;
        found.push_back(qemuOf(arguments, fs::read_symlink(at->path() / "cwd", gone)));
        found.back().processId = id;
    }
    std::sort(found.begin(), found.end(),
        [](const OtherQemu& a, const OtherQemu& b) { return a.processId < b.processId; });
    return found;
}

} // namespace pgtscope::gdb
