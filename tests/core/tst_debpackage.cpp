// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <archive.h>
#include <archive_entry.h>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "core/symbols/debpackage.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope;
using core::extractFromDeb;
using test::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

using Files = std::vector<std::pair<std::string, std::string>>;
using AddFilter = int (*)(archive*);

void writeArchive(const fs::path& path, int (*format)(archive*), AddFilter filter, const Files& files)
{
    archive* writer = archive_write_new();
    REQUIRE(format(writer) == ARCHIVE_OK);
    REQUIRE(filter(writer) == ARCHIVE_OK);
    REQUIRE(archive_write_open_filename(writer, path.c_str()) == ARCHIVE_OK);
    for (const auto& [name, content] : files) {
        archive_entry* entry = archive_entry_new();
        archive_entry_set_pathname(entry, name.c_str());
        archive_entry_set_filetype(entry, content == "->" ? AE_IFLNK : AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        if (content == "->")
            archive_entry_set_symlink(entry, "/etc/passwd");
        else
            archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
        REQUIRE(archive_write_header(writer, entry) == ARCHIVE_OK);
        if (content != "->")
            REQUIRE(archive_write_data(writer, content.data(), content.size()) >= 0);
        archive_entry_free(entry);
    }
    REQUIRE(archive_write_close(writer) == ARCHIVE_OK);
    archive_write_free(writer);
}

std::string read(const fs::path& file)
{
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// A package as deb(5) describes it, with `files` in its data member.
fs::path makeDeb(const TemporaryDirectory& directory, const Files& files,
    AddFilter filter = archive_write_add_filter_xz, const std::string& dataName = "data.tar.xz")
{
    writeArchive(directory / "data", archive_write_set_format_gnutar, filter, files);
    writeArchive(directory / "a.deb", archive_write_set_format_ar_bsd, archive_write_add_filter_none,
        {{"debian-binary", "2.0\n"}, {"control.tar.xz", "not looked at"},
            {dataName, read(directory / "data")}});
    return directory / "a.deb";
}

auto named(std::string name)
{
    return [name = std::move(name)](std::string_view path) { return path == name; };
}

} // namespace

TEST_CASE("one file is taken out of a package, however its data is compressed")
{
    TemporaryDirectory directory;
    std::string kernel(300000, 'k');
    Files files{{"./usr/share/doc", "text"}, {"./boot/vmlinuz-6.1", kernel}, {"./boot/z", "last"}};
    fs::path deb;
    SECTION("xz") { deb = makeDeb(directory, files); }
    SECTION("zstd") { deb = makeDeb(directory, files, archive_write_add_filter_zstd, "data.tar.zst"); }
    SECTION("gzip") { deb = makeDeb(directory, files, archive_write_add_filter_gzip, "data.tar.gz"); }
    SECTION("not at all") { deb = makeDeb(directory, files, archive_write_add_filter_none, "data.tar"); }
    REQUIRE(extractFromDeb(deb, named("boot/vmlinuz-6.1"), directory / "out"));
    CHECK(read(directory / "out") == kernel);
}

TEST_CASE("a link in the place of the file is not followed")
{
    TemporaryDirectory directory;
    fs::path deb = makeDeb(directory, {{"./boot/vmlinuz", "->"}});
    auto extracted = extractFromDeb(deb, named("boot/vmlinuz"), directory / "out");
    REQUIRE_FALSE(extracted);
    CHECK(extracted.error().happened == "the wanted file is not in it");
    CHECK_FALSE(fs::exists(directory / "out"));
}

TEST_CASE("a package without data, and a file that is no package, are errors")
{
    TemporaryDirectory directory;
    fs::path deb = makeDeb(directory, {{"./x", "y"}}, archive_write_add_filter_xz, "other.tar.xz");
    CHECK_FALSE(extractFromDeb(deb, named("x"), directory / "out"));
    std::ofstream(directory / "b.deb") << "no archive at all";
    CHECK_FALSE(extractFromDeb(directory / "b.deb", named("x"), directory / "out"));
    CHECK_FALSE(extractFromDeb(directory / "absent.deb", named("x"), directory / "out"));
}

TEST_CASE("a package that was cut off anywhere gives an error or the whole file")
{
    TemporaryDirectory directory;
    std::string content;
    for (int i = 0; i < 20000; ++i)
        content += std::to_string(i * 7919);
    fs::path deb = makeDeb(directory, {{"./boot/vmlinuz", content}});
    auto whole = fs::file_size(deb);
    for (std::uintmax_t bytes = 0; bytes < whole; bytes += whole / 40 + 1) {
        fs::copy_file(deb, directory / "cut.deb", fs::copy_options::overwrite_existing);
        fs::resize_file(directory / "cut.deb", bytes);
        CAPTURE(bytes, whole);
        if (extractFromDeb(directory / "cut.deb", named("boot/vmlinuz"), directory / "out"))
            CHECK(read(directory / "out") == content);
    }
}

TEST_CASE("many files are read out of a package at once, links as links")
{
    TemporaryDirectory directory;
    fs::path deb
        = makeDeb(directory, {{"./lib/a.so.1", "->"}, {"./lib/a.so.1.2", "library"}, {"./doc", "text"}});
    const auto files = core::readFromDeb(deb, [](std::string_view path) { return path.starts_with("lib/"); });
    REQUIRE(files);
    REQUIRE(files->size() == 2);
    CHECK((*files)[0].path == "lib/a.so.1");
    CHECK((*files)[0].isLink);
    CHECK((*files)[0].content == "/etc/passwd");
    CHECK((*files)[1].content == "library");
    CHECK_FALSE((*files)[1].executable);
    CHECK(core::readFromDeb(deb, [](std::string_view) { return false; })->empty());
}

TEST_CASE("unpacking can be cancelled")
{
    TemporaryDirectory directory;
    fs::path deb = makeDeb(directory, {{"./boot/vmlinuz", "k"}});
    core::CancelFlag flag;
    flag.cancel();
    auto extracted = extractFromDeb(deb, named("boot/vmlinuz"), directory / "out", &flag);
    REQUIRE_FALSE(extracted);
    CHECK(extracted.error().happened == "cancelled");
}

TEST_CASE("a package starts no program to be unpacked")
{
    // libarchive knows lzop's format by its first bytes, and unpacks it by the program that PATH has.
    const TemporaryDirectory directory;
    fs::create_directory(directory / "bin");
    std::ofstream(directory / "bin/lzop") << "#!/bin/sh\n: >" << (directory / "started").string() << "\n";
    fs::permissions(directory / "bin/lzop", fs::perms::owner_all);
    const std::string before = std::getenv("PATH");
    ::setenv("PATH", ((directory / "bin").string() + ":" + before).c_str(), 1);
    using namespace std::string_literals;
    writeArchive(directory / "a.deb", archive_write_set_format_ar_bsd, archive_write_add_filter_none,
        {{"debian-binary", "2.0\n"}, {"data.tar.lzo", "\x89LZO\0\r\n\x1a\n"s + std::string(4096, 'x')}});
    CHECK_FALSE(extractFromDeb(directory / "a.deb", named("boot/vmlinuz-6.1"), directory / "out"));
    ::setenv("PATH", before.c_str(), 1);
    CHECK_FALSE(fs::exists(directory / "started"));
}
