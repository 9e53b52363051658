// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/net/socketaddress.h"

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <sys/un.h>

namespace pgtscope::gdb {

namespace {

template <class Address>
SocketAddress packed(const Address& address)
{
    SocketAddress result;
    std::memcpy(&result.storage, &address, sizeof(address));
    result.bytes = sizeof(address);
    return result;
}

SocketAddress unixAddress(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
    return packed(address);
}

} // namespace

std::vector<SocketAddress> addressesOf(const Endpoint& endpoint)
{
    if (endpoint.isUnix())
        return {unixAddress(endpoint.path)};
    bool byName = endpoint.host == "localhost";
    std::vector<SocketAddress> addresses;
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    if (inet_pton(AF_INET, byName ? "127.0.0.1" : endpoint.host.c_str(), &v4.sin_addr) == 1)
        addresses.push_back(packed(v4));
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    if (inet_pton(AF_INET6, byName ? "::1" : endpoint.host.c_str(), &v6.sin6_addr) == 1)
        addresses.push_back(packed(v6));
    return addresses;
}

} // namespace pgtscope::gdb
