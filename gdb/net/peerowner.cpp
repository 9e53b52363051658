// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/net/peerowner.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <netinet/in.h>
#include <sstream>
#include <string>

namespace pgtscope::gdb {

namespace {

/// The address as the kernel prints it: words in the machine's order, the port in that of numbers. An IPv4
/// address in the IPv6 table is mapped.
std::string tableText(const SocketAddress& address, bool mapped)
{
    std::array<std::uint32_t, 4> words{0, 0, htonl(0xffff), 0};
    unsigned port = 0;
    const bool v4 = address.storage.ss_family == AF_INET;
    if (v4) {
        const auto* in = reinterpret_cast<const sockaddr_in*>(&address.storage);
        words[3] = in->sin_addr.s_addr;
        port = ntohs(in->sin_port);
    } else {
        const auto* in = reinterpret_cast<const sockaddr_in6*>(&address.storage);
        std::memcpy(words.data(), &in->sin6_addr, sizeof(words));
        port = ntohs(in->sin6_port);
    }
    std::array<char, 48> text{};
    if (v4 && !mapped)
        std::snprintf(text.data(), text.size(), "%08X:%04X", words[3], port);
    else
        std::snprintf(
            text.data(), text.size(), "%08X%08X%08X%08X:%04X", words[0], words[1], words[2], words[3], port);
    return text.data();
}

template <typename Number>
std::optional<Number> numberIn(const std::string& text)
{
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

SocketAddress addressOf(int descriptor, decltype(::getpeername)* which)
{
    SocketAddress address;
    address.bytes = sizeof address.storage;
    if (which(descriptor, reinterpret_cast<sockaddr*>(&address.storage), &address.bytes) != 0)
        address.bytes = 0;
    return address;
}

} // namespace

std::optional<uid_t> ownerInTable(
    std::string_view table, const SocketAddress& local, const SocketAddress& remote)
{
    std::istringstream lines{std::string(table)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::array<std::string, 10> field;
        for (std::string& word : field)
            words >> word;
        const bool found = (field[1] == tableText(local, false) && field[2] == tableText(remote, false))
            || (field[1] == tableText(local, true) && field[2] == tableText(remote, true));
        // A socket that its process has closed has no inode any more, and counts as root's.
        if (found && field[9] != "0")
            return numberIn<uid_t>(field[7]);
    }
    return std::nullopt;
}

std::optional<uid_t> peerOwner(int descriptor)
{
    const SocketAddress ours = addressOf(descriptor, ::getsockname);
    const SocketAddress theirs = addressOf(descriptor, ::getpeername);
    if (ours.bytes == 0 || theirs.bytes == 0)
        return std::nullopt;
    for (const char* name : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::stringstream table;
        table << std::ifstream(name).rdbuf();
        if (const auto owner = ownerInTable(table.str(), theirs, ours))
            return owner;
    }
    return std::nullopt;
}

} // namespace pgtscope::gdb
