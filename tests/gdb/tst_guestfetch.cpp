// SPDX-License-Identifier: GPL-2.0-or-later
// Guests from archives as Debian's suites are, behind an apt that knows nothing else: no network is asked.
#include "tests/support/catch.h"

#include <archive.h>
#include <archive_entry.h>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "gdb/debian/guestfetch.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
namespace fs = std::filesystem;

namespace {

void addFile(archive* writer, const std::string& name, const std::string& content)
{
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0755);
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    REQUIRE(archive_write_header(writer, entry) == ARCHIVE_OK);
    REQUIRE(archive_write_data(writer, content.data(), content.size()) >= 0);
    archive_entry_free(entry);
}

std::string contentOf(const fs::path& file)
{
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// An apt of scripts, and what its archives hold. The environment is the test's until it ends.
class FakeApt {
public:
    FakeApt()
        : m_path(std::getenv("PATH"))
    {
        fs::create_directories(m_directory / "bin");
        fs::create_directories(m_directory / "debs");
        // Which archive is meant is in the private configuration that apt is given.
        const std::string where = "where=system\n"
                                  "if grep -q suite.sources \"$APT_CONFIG\"; then\n"
                                  "    where=$(sed -n 's/^Suites: //p' \"${APT_CONFIG%/*}/suite.sources\")\n"
                                  "fi\n";
        script("apt-config", "");
        script("apt-cache", where + "cat \"$FAKE_APT/$where/$3\" 2>/dev/null || exit 100\n");
        script("apt-get",
            "[ \"$1\" = update ] && exit 0\n"
            "cp \"$FAKE_APT/debs/${3%%=*}.deb\" .\n");
        ::setenv("PATH", ((m_directory / "bin").string() + ":" + m_path).c_str(), 1);
        ::setenv("FAKE_APT", m_directory.path().c_str(), 1);
    }
    ~FakeApt()
    {
        ::setenv("PATH", m_path.c_str(), 1);
        ::unsetenv("FAKE_APT");
    }
    FakeApt(const FakeApt&) = delete;
    FakeApt& operator=(const FakeApt&) = delete;

    /// A package of an archive ("system" is what the system's sources name); without a file it holds nothing.
    void offer(const std::string& suite, const std::string& name, const std::string& depends,
        const std::string& file = {}, const std::string& content = {})
    {
        fs::create_directories(m_directory / suite);
        std::ofstream(m_directory / suite / name)
            << "Package: " << name << "\nVersion: 1-" << suite << "\nDepends: " << depends << "\nSize: 1\n";
        if (!file.empty())
            makeDeb(m_directory / "debs" / (name + ".deb"), file, content);
    }
    core::Result<FetchedGuest> fetch(std::string_view name) const
    {
        FetchOptions options;
        options.cacheDirectory = m_directory / "cache";
        return fetchGuest(*findRecipe(name), options);
    }

private:
    void script(const std::string& name, const std::string& text) const
    {
        const fs::path path = m_directory / "bin" / name;
        std::ofstream(path) << "#!/bin/sh\n" << text;
        fs::permissions(path, fs::perms::owner_all);
    }
    void makeDeb(const fs::path& deb, const std::string& file, const std::string& content) const
    {
        const fs::path data = m_directory / "data";
        archive* inner = archive_write_new();
        archive_write_set_format_gnutar(inner);
        archive_write_add_filter_xz(inner);
        REQUIRE(archive_write_open_filename(inner, data.c_str()) == ARCHIVE_OK);
        addFile(inner, "./" + file, content);
        REQUIRE(archive_write_free(inner) == ARCHIVE_OK);
        archive* outer = archive_write_new();
        archive_write_set_format_ar_bsd(outer);
        REQUIRE(archive_write_open_filename(outer, deb.c_str()) == ARCHIVE_OK);
        addFile(outer, "debian-binary", "2.0\n");
        addFile(outer, "data.tar.xz", contentOf(data));
        REQUIRE(archive_write_free(outer) == ARCHIVE_OK);
    }

    test::TemporaryDirectory m_directory;
    std::string m_path;
};

} // namespace

TEST_CASE("where the system's suite has no i386 kernel any more, the last suite that has one is asked")
{
    FakeApt apt;
    apt.offer("system", "busybox-static", "");
    apt.offer("bookworm", "linux-image-686", "linux-image-6.1.0-50-686 (= 6.1.1)");
    apt.offer("bookworm", "linux-image-6.1.0-50-686", "kmod", "boot/vmlinuz-6.1.0-50-686", "the i386 kernel");
    apt.offer("bookworm", "busybox-static", "", "bin/busybox", "a busybox");
    const auto guest = apt.fetch("debian-686");
    INFO((guest ? std::string() : guest.error().message()));
    REQUIRE(guest);
    CHECK(guest->downloaded);
    CHECK(guest->files.kernelPackage == "linux-image-6.1.0-50-686");
    CHECK(guest->files.kernelVersion == "1-bookworm");
    CHECK(contentOf(guest->files.kernel) == "the i386 kernel");

    // Asked again it is in the cache.
    const auto again = apt.fetch("debian-686");
    REQUIRE(again);
    CHECK_FALSE(again->downloaded);
}

TEST_CASE("a kernel whose image is in a package of its own, beside its modules, is fetched")
{
    FakeApt apt;
    apt.offer("system", "linux-image-amd64", "linux-image-7.3.1+deb14-amd64 (= 7.3.1)");
    apt.offer("system", "linux-image-7.3.1+deb14-amd64",
        "linux-binary-7.3.1+deb14-amd64 (= 7.3.1), linux-modules-7.3.1+deb14-amd64 (= 7.3.1)");
    apt.offer("system", "linux-binary-7.3.1+deb14-amd64", "", "usr/lib/modules/7.3.1+deb14-amd64/vmlinuz",
        "the new kernel");
    apt.offer("system", "busybox-static", "", "usr/bin/busybox", "a busybox");
    const auto guest = apt.fetch("debian");
    INFO((guest ? std::string() : guest.error().message()));
    REQUIRE(guest);
    CHECK(guest->files.kernelPackage == "linux-image-7.3.1+deb14-amd64");
    CHECK(contentOf(guest->files.kernel) == "the new kernel");
}

TEST_CASE("a guest that no suite has is refused with what was looked for")
{
    const FakeApt apt;
    const auto name = GENERATE(as<std::string>(), "debian", "debian-686");
    const auto guest = apt.fetch(name);
    REQUIRE_FALSE(guest);
    CHECK(guest.error().message().find("linux-image-") != std::string::npos);
    CHECK(guest.error().message().find("nothing is cached") != std::string::npos);
}
