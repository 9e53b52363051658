// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <fstream>

#include "gdb/debian/guestcache.h"
#include "gdb/host/files.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::gdb;
using pgtscope::test::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

CachedGuest stored(const GuestCache& cache, const std::string& version)
{
    auto prepared = cache.prepare();
    REQUIRE(prepared);
    CachedGuest guest{*prepared / "vmlinuz", *prepared / "initrd.gz", "linux-image-x", version, "1:1.35"};
    std::ofstream(guest.kernel) << "kernel " << version;
    std::ofstream(guest.initrd) << "initrd";
    auto complete = cache.complete(*prepared, guest);
    REQUIRE(complete);
    fs::remove_all(*prepared);
    return *complete;
}

} // namespace

TEST_CASE("a stored version is found with its files in their final place")
{
    TemporaryDirectory directory;
    GuestCache cache(directory.path(), "debian");
    CHECK_FALSE(cache.newest());
    CHECK_FALSE(cache.version("6.1.192-2"));
    stored(cache, "6.1.192-2");
    auto guest = cache.version("6.1.192-2");
    REQUIRE(guest);
    CHECK(guest->kernel == directory / "guests/debian/6.1.192-2/vmlinuz");
    CHECK(readStart(guest->kernel) == "kernel 6.1.192-2");
    CHECK(guest->kernelPackage == "linux-image-x");
    CHECK(guest->busyboxVersion == "1:1.35");
    CHECK_FALSE(GuestCache(directory.path(), "debian-686").newest());
}

TEST_CASE("a guest whose kernel is built here stores its hypervisor alone")
{
    TemporaryDirectory directory;
    GuestCache cache(directory.path(), "lab-xen");
    auto prepared = cache.prepare();
    REQUIRE(prepared);
    CachedGuest guest;
    CHECK_FALSE(cache.complete(*prepared, guest));
    guest.hypervisor = *prepared / "xen";
    guest.hypervisorVersion = "4.17";
    std::ofstream(guest.hypervisor) << "xen";
    REQUIRE(cache.complete(*prepared, guest));
    const auto found = cache.version("xen-4.17");
    REQUIRE(found);
    CHECK(found->version() == "xen-4.17");
    CHECK(found->kernel.empty());
    CHECK(found->hypervisor == directory / "guests/lab-xen/xen-4.17/xen");
}

TEST_CASE("the version that was stored last is the newest")
{
    TemporaryDirectory directory;
    GuestCache cache(directory.path(), "debian");
    stored(cache, "9");
    auto second = stored(cache, "10");
    fs::last_write_time(second.kernel.parent_path() / "guest.json",
        fs::file_time_type::clock::now() + std::chrono::seconds(10));
    CHECK(cache.newest()->kernelVersion == "10");
}

TEST_CASE("a directory that was never completed is no version")
{
    TemporaryDirectory directory;
    GuestCache cache(directory.path(), "debian");
    auto prepared = cache.prepare();
    REQUIRE(prepared);
    std::ofstream(*prepared / "vmlinuz") << "half";
    CHECK_FALSE(cache.newest());
    CHECK_FALSE(cache.complete(*prepared, {*prepared / "vmlinuz", *prepared / "initrd.gz", "", "1", ""}));
    CHECK_FALSE(cache.version("1"));
}

TEST_CASE("a damaged version is not used, and can be stored anew")
{
    TemporaryDirectory directory;
    GuestCache cache(directory.path(), "debian");
    auto guest = stored(cache, "1");
    fs::path marker = guest.kernel.parent_path() / "guest.json";
    SECTION("a file is shorter than it was") { fs::resize_file(guest.kernel, 3); }
    SECTION("a file is gone") { fs::remove(guest.initrd); }
    SECTION("the marker is cut off") { fs::resize_file(marker, 20); }
    SECTION("the marker is empty") { fs::resize_file(marker, 0); }
    SECTION("the marker holds values of other types") { std::ofstream(marker) << R"({"format": "one"})"; }
    SECTION("the marker is of another revision")
    {
        std::ofstream(marker) << R"({"format": 1, "initramfs": 0})";
    }
    SECTION("the marker points outside")
    {
        std::ofstream(directory / "guests/debian/other") << "abc";
        std::ofstream(marker) << R"({"format": 1, "initramfs": 1, "kernel": {"file": "../other", "bytes": 3},
            "initrd": {"file": "initrd.gz", "bytes": 6}})";
    }
    CHECK_FALSE(cache.version("1"));
    CHECK_FALSE(cache.newest());
    stored(cache, "1");
    CHECK(cache.version("1"));
}

TEST_CASE("the version found current counts until the lists are renewed")
{
    TemporaryDirectory directory;
    GuestCache cache(directory.path(), "debian");
    stored(cache, "1");
    auto before = fs::file_time_type::clock::now() - std::chrono::hours(1);
    CHECK_FALSE(cache.checkedSince(before));
    cache.markChecked("1");
    REQUIRE(cache.checkedSince(before));
    CHECK(cache.checkedSince(before)->kernelVersion == "1");
    CHECK_FALSE(cache.checkedSince(fs::file_time_type::clock::now() + std::chrono::hours(1)));
    cache.markChecked("2");
    CHECK_FALSE(cache.checkedSince(before));
}

TEST_CASE("a version never names a directory outside the guest's own")
{
    TemporaryDirectory directory;
    GuestCache cache(directory.path(), "debian");
    for (const char* version : {"../../evil", "..", ".", "/etc", "1:2.3"}) {
        CAPTURE(version);
        auto guest = stored(cache, version);
        CHECK(guest.kernel.parent_path().parent_path() == directory / "guests/debian");
        CHECK(cache.version(version));
    }
}
