// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/net/endpoint.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <netinet/in.h>
#include <sys/un.h>

namespace pgtscope::gdb {

namespace {

constexpr std::string_view unixPrefix = "unix:";
constexpr std::string_view tcpPrefix = "tcp:";
constexpr std::string_view gdbsxPrefix = "gdbsx:";

tl::unexpected<core::Error> badEndpoint(std::string_view text, std::string why)
{
    return core::failure("understand the endpoint \"" + std::string(text) + "\"", std::move(why),
        "write unix:PATH or HOST:PORT, for example localhost:1234");
}

core::Result<Endpoint> parseUnix(std::string_view text, std::string_view path)
{
    if (path.empty())
        return badEndpoint(text, "the path of the unix socket is missing");
    if (path.find('\0') != std::string_view::npos)
        return badEndpoint(text, "the path contains a zero byte");
    if (path.size() >= sizeof(sockaddr_un::sun_path))
        return badEndpoint(text, "the path is longer than the 107 bytes that a unix socket may have");
    return Endpoint{std::string(path), {}, 0};
}

core::Result<Endpoint> parseGdbsx(std::string_view text, std::string_view address)
{
    unsigned bits = 64;
    for (const std::string_view suffix : {":32", ":64"}) {
        const std::string_view before
            = address.substr(0, address.size() - std::min(address.size(), suffix.size()));
        // The last number is the port where there is but one.
        if (!address.ends_with(suffix) || !parseEndpoint(before))
            continue;
        bits = suffix == ":32" ? 32 : 64;
        address = before;
        break;
    }
    if (address.starts_with(gdbsxPrefix) || address.starts_with(unixPrefix))
        return badEndpoint(text, "gdbsx listens at a TCP port");
    auto endpoint = parseEndpoint(address);
    if (endpoint)
        endpoint->gdbsxBits = bits;
    return endpoint;
}

} // namespace

bool Endpoint::isLocal() const
{
    if (isUnix() || host == "localhost")
        return true;
    in_addr v4{};
    if (inet_pton(AF_INET, host.c_str(), &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    in6_addr v6{};
    return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

std::string Endpoint::gdbText() const
{
    if (isUnix())
        return path;
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Endpoint::text() const
{
    if (isUnix())
        return std::string(unixPrefix) + path;
    if (gdbsxBits == 0)
        return gdbText();
    return std::string(gdbsxPrefix) + gdbText() + (gdbsxBits == 32 ? ":32" : "");
}

core::Result<Endpoint> parseEndpoint(std::string_view text)
{
    if (text.starts_with(gdbsxPrefix))
        return parseGdbsx(text, text.substr(gdbsxPrefix.size()));
    if (text.starts_with(unixPrefix))
        return parseUnix(text, text.substr(unixPrefix.size()));
    std::string_view rest = text.starts_with(tcpPrefix) ? text.substr(tcpPrefix.size()) : text;
    std::size_t colon = rest.rfind(':');
    if (colon == std::string_view::npos)
        return badEndpoint(text, "there is no port");

    std::string_view host = rest.substr(0, colon);
    std::string_view digits = rest.substr(colon + 1);
    std::uint16_t port = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || port == 0)
        return badEndpoint(text, "the port is not a number from 1 to 65535");

    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    else if (host.find(':') != std::string_view::npos)
        return badEndpoint(text, "an IPv6 address needs brackets");
    if (host.find_first_of("[]/ \t\r\n") != std::string_view::npos
        || host.find('\0') != std::string_view::npos)
        return badEndpoint(text, "the host is neither a name nor an address");
    return Endpoint{{}, host.empty() ? "localhost" : std::string(host), port};
}

} // namespace pgtscope::gdb
