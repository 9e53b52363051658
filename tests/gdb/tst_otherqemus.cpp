// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <tuple>

#include "gdb/qemu/otherqemus.h"

using namespace pgtscope::gdb;

namespace {

std::string stubOf(const std::vector<std::string>& arguments)
{
    std::vector<std::string> all{"/usr/bin/qemu-system-x86_64"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const auto stub = qemuOf(all, "/home/me").stub;
    return stub ? stub->text() : "none";
}

} // namespace

TEST_CASE("where a QEMU's stub listens is read from its command line")
{
    CHECK(stubOf({"-m", "1G", "-s", "-S"}) == "localhost:1234");
    CHECK(stubOf({"--gdb", "tcp::9000"}) == "localhost:9000");
    CHECK(stubOf({"-gdb", "tcp:127.0.0.1:9001,server=on,wait=off"}) == "127.0.0.1:9001");
    CHECK(stubOf({"-gdb", "unix:run/stub.sock,server,nowait"}) == "unix:/home/me/run/stub.sock");
    CHECK(stubOf({"-chardev", "socket,path=/tmp/g,server=on,wait=off,id=other", "-chardev",
              "socket,id=g,server=on,wait=off,path=/tmp/gdb.sock", "-gdb", "chardev:g"})
        == "unix:/tmp/gdb.sock");
    CHECK(stubOf({"-chardev", "socket,id=g,host=localhost,port=77,server=on", "-gdb", "chardev:g"})
        == "localhost:77");
}

TEST_CASE("a QEMU without a stub, or with one that cannot be connected to, has none")
{
    CHECK(stubOf({"-m", "1G"}) == "none");
    CHECK(stubOf({"-gdb", "stdio"}) == "none");
    CHECK(stubOf({"-gdb", "chardev:g"}) == "none");
    CHECK(stubOf({"-gdb", "tcp:nowhere"}) == "none");
    CHECK(stubOf({"-gdb"}) == "none");
}

TEST_CASE("a QEMU is called what its -name says, else what its program is")
{
    CHECK(qemuOf({"qemu-system-i386", "-name", "box,process=x"}, {}).name == "box");
    CHECK(qemuOf({"qemu-system-i386", "-name", "guest=vm 1,debug-threads=on"}, {}).name == "vm 1");
    CHECK(qemuOf({"/opt/qemu-system-i386"}, {}).name == "qemu-system-i386");
}
