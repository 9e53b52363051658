// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include "gdb/net/endpoint.h"

using pgtscope::gdb::Endpoint;
using pgtscope::gdb::parseEndpoint;

TEST_CASE("a unix endpoint is unix: and a path")
{
    auto endpoint = parseEndpoint("unix:/run/guest/gdb.sock");
    REQUIRE(endpoint);
    CHECK(*endpoint == Endpoint{"/run/guest/gdb.sock", "", 0});
    CHECK(endpoint->isUnix());
    CHECK(endpoint->isLocal());
    CHECK(parseEndpoint("unix:a:b")->path == "a:b");
}

TEST_CASE("a TCP endpoint is a host and a port")
{
    CHECK(*parseEndpoint("localhost:1234") == Endpoint{"", "localhost", 1234});
    CHECK(*parseEndpoint("tcp:127.0.0.1:65535") == Endpoint{"", "127.0.0.1", 65535});
    CHECK(*parseEndpoint(":1234") == Endpoint{"", "localhost", 1234});
    CHECK(*parseEndpoint("tcp::1234") == Endpoint{"", "localhost", 1234});
    CHECK(*parseEndpoint("[::1]:1234") == Endpoint{"", "::1", 1234});
}

TEST_CASE("Xen's gdbsx is named by its port and the bits of its domain, 64 unless said")
{
    CHECK(parseEndpoint("gdbsx:dom0:9999")->gdbsxBits == 64);
    CHECK(parseEndpoint("gdbsx:dom0:9999:32")->gdbsxBits == 32);
    CHECK(parseEndpoint("gdbsx:dom0:9999:64")->port == 9999);
    CHECK(parseEndpoint("gdbsx:[::1]:9999:32")->host == "::1");
    CHECK(parseEndpoint("gdbsx:dom0:32")->port == 32);
    CHECK(parseEndpoint("gdbsx:dom0:9999")->gdbText() == "dom0:9999");
    CHECK(parseEndpoint("dom0:9999")->gdbsxBits == 0);
    for (const char* text :
        {"gdbsx:", "gdbsx:dom0", "gdbsx:dom0:9999:16", "gdbsx:unix:/tmp/a", "gdbsx:gdbsx:a:1"})
        CHECK_FALSE(parseEndpoint(text));
}

TEST_CASE("what is printed can be read back")
{
    for (const char* text :
        {"unix:/tmp/a b", "localhost:1", "10.0.0.1:99", "[fe80::1]:1234", "gdbsx:a:1", "gdbsx:a:1:32"}) {
        CAPTURE(text);
        REQUIRE(parseEndpoint(text));
        CHECK(parseEndpoint(text)->text() == text);
    }
}

TEST_CASE("only this machine is local")
{
    for (const char* text : {"localhost:1", "127.0.0.1:1", "127.9.9.9:1", "[::1]:1"})
        CHECK(parseEndpoint(text)->isLocal());
    for (const char* text :
        {"example.org:1", "0.0.0.0:1", "128.0.0.1:1", "[::2]:1", "127.0.0.1.example.org:1"})
        CHECK_FALSE(parseEndpoint(text)->isLocal());
}

TEST_CASE("an endpoint that cannot be meant is refused with advice")
{
    std::string longPath = "unix:" + std::string(108, 'x');
    for (std::string text : {std::string("unix:"), longPath, std::string("localhost"),
             std::string("localhost:"), std::string("localhost:0"), std::string("localhost:65536"),
             std::string("localhost:12x"), std::string("localhost:-1"), std::string("::1:1234"),
             std::string("a b:1"), std::string(), std::string("unix:a\0b", 8), std::string("[]x:1")}) {
        CAPTURE(text);
        auto endpoint = parseEndpoint(text);
        REQUIRE_FALSE(endpoint);
        CHECK_FALSE(endpoint.error().advice.empty());
    }
}
