// SPDX-License-Identifier: GPL-2.0-or-later
#include <archive.h>
#include <archive_entry.h>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "gdb/debian/initramfs.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::gdb;
using pgtscope::test::TemporaryDirectory;

namespace {

struct Member {
    unsigned type = 0;
    unsigned permissions = 0;
    std::string content; ///< Of a file; the target of a link.
    unsigned major = 0;
    unsigned minor = 0;
};

void write(const std::filesystem::path& file, const std::string& text) { std::ofstream(file) << text; }

std::string read(const std::filesystem::path& file)
{
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string contentOf(archive* reader, archive_entry* entry)
{
    if (const char* target = archive_entry_symlink(entry); target != nullptr)
        return target;
    std::string content(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
    REQUIRE(
        archive_read_data(reader, content.data(), content.size()) == static_cast<la_ssize_t>(content.size()));
    return content;
}

/// Every member by its path, read back by gzip and cpio readers alone.
std::map<std::string, Member> membersOf(const std::filesystem::path& file)
{
    std::map<std::string, Member> members;
    archive* reader = archive_read_new();
    archive_read_support_filter_gzip(reader);
    archive_read_support_format_cpio(reader);
    REQUIRE(archive_read_open_filename(reader, file.c_str(), 65536) == ARCHIVE_OK);
    CHECK(archive_filter_code(reader, 0) == ARCHIVE_FILTER_GZIP);
    archive_entry* entry = nullptr;
    while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
        CHECK(archive_format(reader) == ARCHIVE_FORMAT_CPIO_SVR4_NOCRC);
        members[archive_entry_pathname(entry)] = {archive_entry_filetype(entry), archive_entry_perm(entry),
            contentOf(reader, entry), static_cast<unsigned>(archive_entry_rdevmajor(entry)),
            static_cast<unsigned>(archive_entry_rdevminor(entry))};
    }
    archive_read_free(reader);
    return members;
}

} // namespace

TEST_CASE("the initramfs holds what the first process needs, and no more")
{
    TemporaryDirectory directory;
    write(directory / "busybox", "pretend program");
    REQUIRE(writeInitramfs(directory / "busybox", directory / "initrd.gz"));
    auto members = membersOf(directory / "initrd.gz");

    REQUIRE(members.size() == 9);
    CHECK(members["bin/busybox"].content == "pretend program");
    CHECK(members["bin/busybox"].permissions == 0755);
    CHECK(members["bin/sh"].type == AE_IFLNK);
    CHECK(members["bin/sh"].content == "busybox");
    for (const char* name : {"dev", "proc", "sys", "bin"})
        CHECK(members[name].type == AE_IFDIR);
}

TEST_CASE("the console is a device node in the archive, so that no privilege is needed to make it")
{
    TemporaryDirectory directory;
    write(directory / "busybox", "x");
    REQUIRE(writeInitramfs(directory / "busybox", directory / "initrd.gz"));
    Member console = membersOf(directory / "initrd.gz")["dev/console"];
    CHECK(console.type == AE_IFCHR);
    CHECK(console.major == 5);
    CHECK(console.minor == 1);
}

TEST_CASE("init says that userspace is reached, and does not end after that")
{
    TemporaryDirectory directory;
    write(directory / "busybox", "x");
    REQUIRE(writeInitramfs(directory / "busybox", directory / "initrd.gz"));
    Member init = membersOf(directory / "initrd.gz")["init"];
    CHECK(init.type == AE_IFREG);
    CHECK(init.permissions == 0755);
    CHECK(init.content.starts_with("#!/bin/busybox sh\n"));
    CHECK(init.content.find("echo '" + std::string(userspaceMessage) + "'\n") != std::string::npos);
    CHECK(init.content.ends_with("while :; do /bin/busybox sleep 86400; done\n"));
}

TEST_CASE("dom0's initramfs carries the toolstack, the domain's kernel and its configuration")
{
    TemporaryDirectory directory;
    write(directory / "busybox", "b");
    write(directory / "vmlinuz", "kernel");
    write(directory / "domain.gz", "initrd");
    const DomainStarter starter{{{"usr/lib/xen-4.17/bin/xl", "program", false, true},
                                    {"lib/x/libc.so.6", "libc-2.36.so", true, false}},
        directory / "vmlinuz", directory / "domain.gz", "console=hvc0 say=\"x\"", 64};
    REQUIRE(writeDomainInitramfs(directory / "busybox", starter, directory / "initrd.gz"));
    auto members = membersOf(directory / "initrd.gz");
    CHECK(members["boot/vmlinuz"].content == "kernel");
    CHECK(members["boot/initrd.gz"].content == "initrd");
    CHECK(members["usr/lib/xen-4.17/bin/xl"].permissions == 0755);
    CHECK(members["lib/x/libc.so.6"].type == AE_IFLNK);
    for (const char* name :
        {"usr", "usr/lib", "usr/lib/xen-4.17", "usr/lib/xen-4.17/bin", "lib", "lib/x", "etc"})
        CHECK(members[name].type == AE_IFDIR);
    const std::string configuration = members["etc/domain.cfg"].content;
    CHECK(configuration.find("memory = 64\n") != std::string::npos);
    CHECK(configuration.find("extra = \"console=hvc0 say=\\\"x\\\"\"\n") != std::string::npos);
    CHECK(members["init"].content.find("echo '" + std::string(domainMessage) + "'\n") != std::string::npos);
    CHECK(members["init"].content.find(std::string(userspaceMessage)) == std::string::npos);
}

TEST_CASE("equal parts make an equal initramfs")
{
    TemporaryDirectory directory;
    write(directory / "busybox", std::string(100000, 'b'));
    REQUIRE(writeInitramfs(directory / "busybox", directory / "one.gz"));
    REQUIRE(writeInitramfs(directory / "busybox", directory / "two.gz"));
    CHECK(read(directory / "one.gz") == read(directory / "two.gz"));
}

TEST_CASE("a missing busybox and an impossible destination are errors")
{
    TemporaryDirectory directory;
    CHECK_FALSE(writeInitramfs(directory / "absent", directory / "initrd.gz"));
    write(directory / "busybox", "x");
    CHECK_FALSE(writeInitramfs(directory / "busybox", directory / "no/such/directory/initrd.gz"));
}
