// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/wholefile.h"
#include "tests/support/filesizelimit.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::core;
using pgtscope::test::FileSizeLimit;
using pgtscope::test::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

std::string contentOf(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void put(const fs::path& path, const std::string& content)
{
    std::ofstream(path, std::ios::binary) << content;
}

/// Everything in a directory, by name.
std::vector<std::string> namesIn(const TemporaryDirectory& directory)
{
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory.path()))
        names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

unsigned modeOf(const fs::path& path)
{
    struct stat status { };
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

/// Sets the umask, which processes have one of.
class Umask {
public:
    explicit Umask(mode_t mask)
        : m_before(::umask(mask))
    {
    }
    ~Umask() { ::umask(m_before); }
    Umask(const Umask&) = delete;
    Umask& operator=(const Umask&) = delete;

private:
    mode_t m_before;
};

std::string messageOf(const Result<void>& result) { return result ? "" : result.error().message(); }

} // namespace

TEST_CASE("A new file has what was written and the mode that the umask leaves")
{
    const TemporaryDirectory directory;
    const Umask mask(027);
    const std::string large(300'000, 'x');
    CHECK(writeWhole(directory / "a", Existing::Refuse, large));
    CHECK(contentOf(directory / "a") == large);
    CHECK(modeOf(directory / "a") == 0640);
    CHECK(writeWhole(directory / "b", Existing::Refuse, "", NewFileMode::Private));
    CHECK(modeOf(directory / "b") == 0600);
    const std::string longest(255, 'n');
    CHECK(writeWhole(directory / longest, Existing::Refuse, "long"));
    CHECK(namesIn(directory) == std::vector<std::string>{"a", "b", longest});
}

TEST_CASE("An existing file is replaced only if that is asked, and keeps its mode")
{
    const TemporaryDirectory directory;
    put(directory / "a", "old");
    ::chmod((directory / "a").c_str(), 0604);
    CHECK(messageOf(writeWhole(directory / "a", Existing::Refuse, "new"))
        == "could not write " + (directory / "a").string()
            + ": it exists already; choose another name or remove it");
    CHECK(contentOf(directory / "a") == "old");
    CHECK(writeWhole(directory / "a", Existing::Replace, "new"));
    CHECK(contentOf(directory / "a") == "new");
    CHECK(modeOf(directory / "a") == 0604);
    CHECK(writeWhole(directory / "a", Existing::Replace, "secret", NewFileMode::Private));
    CHECK(modeOf(directory / "a") == 0600);
    CHECK(namesIn(directory) == std::vector<std::string>{"a"});
}

TEST_CASE("A file that is not completed leaves the old one and nothing else")
{
    const TemporaryDirectory directory;
    put(directory / "a", "old");
    const std::string large(300'000, 'x');
    SECTION("what fills it fails")
    {
        const auto fill = [&](std::ostream& out) -> Result<void> {
            out << large;
            CHECK(contentOf(directory / "a") == "old");
            return failure("export", "cancelled");
        };
        CHECK(
            messageOf(writeWhole(directory / "a", Existing::Replace, fill)) == "could not export: cancelled");
    }
    SECTION("it is abandoned")
    {
        const auto file = WholeFile::create(directory / "a", Existing::Replace);
        REQUIRE(file);
        (*file)->stream() << large;
    }
    SECTION("the disk takes no more")
    {
        const FileSizeLimit limit(100'000);
        CHECK(messageOf(writeWhole(directory / "a", Existing::Replace, large))
            == "could not write " + (directory / "a").string() + ": File too large");
        CHECK_FALSE(writeWhole(directory / "b", Existing::Refuse, large));
    }
    CHECK(contentOf(directory / "a") == "old");
    CHECK(namesIn(directory) == std::vector<std::string>{"a"});
}

TEST_CASE("What a killed program was writing goes when another writes there, and nothing else does")
{
    const TemporaryDirectory directory;
    const auto old = [&](const char* name) {
        put(directory / name, "x");
        const std::array<timespec, 2> times{{{1'000'000'000, 0}, {1'000'000'000, 0}}};
        REQUIRE(::utimensat(AT_FDCWD, (directory / name).c_str(), times.data(), 0) == 0);
        return directory / name;
    };
    old(".pgtscope-0123456789abcdef");
    const auto written = old(".pgtscope-fedcba9876543210");
    const int writer = ::open(written.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(::flock(writer, LOCK_EX | LOCK_NB) == 0);
    put(directory / ".pgtscope-00000000000000aa", "just begun");
    old(".pgtscope-notes");
    old("thesis");
    REQUIRE(writeWhole(directory / "new", Existing::Refuse, "text"));
    ::close(writer);
    CHECK(namesIn(directory)
        == std::vector<std::string>{
            ".pgtscope-00000000000000aa", ".pgtscope-fedcba9876543210", ".pgtscope-notes", "new", "thesis"});
}

TEST_CASE("A file that appears while another of its name is written is not replaced unasked")
{
    const TemporaryDirectory directory;
    const auto file = WholeFile::create(directory / "a", Existing::Refuse);
    REQUIRE(file);
    (*file)->stream() << "mine";
    put(directory / "a", "another's");
    const auto done = (*file)->commit();
    REQUIRE_FALSE(done);
    CHECK(done.error().happened == "a file of that name was created meanwhile");
    CHECK(contentOf(directory / "a") == "another's");
}

TEST_CASE("Symbolic links are followed and stay")
{
    const TemporaryDirectory directory;
    fs::create_directory(directory / "d");
    fs::create_symlink("d/real", directory / "link");
    fs::create_symlink("link", directory / "to-link");
    // The first leads nowhere yet.
    CHECK(writeWhole(directory / "to-link", Existing::Refuse, "one"));
    CHECK(contentOf(directory / "d/real") == "one");
    CHECK_FALSE(writeWhole(directory / "to-link", Existing::Refuse, "two"));
    CHECK(writeWhole(directory / "to-link", Existing::Replace, "three"));
    CHECK(contentOf(directory / "d/real") == "three");
    CHECK(fs::is_symlink(directory / "link"));
    CHECK(namesIn(directory) == std::vector<std::string>{"d", "link", "to-link"});

    fs::create_symlink("round", directory / "round");
    CHECK_FALSE(writeWhole(directory / "round", Existing::Replace, "four"));
}

TEST_CASE("What is no regular file is written to or refused, and stays what it is")
{
    const TemporaryDirectory directory;
    SECTION("a FIFO")
    {
        const fs::path fifo = directory / "fifo";
        REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
        const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
        REQUIRE(reader >= 0);
        CHECK(writeWhole(fifo, Existing::Refuse, "through"));
        std::array<char, 16> read{};
        CHECK(::read(reader, read.data(), read.size()) == 7);
        CHECK(std::string(read.data()) == "through");
        ::close(reader);
        CHECK(fs::is_fifo(fifo));
    }
    SECTION("character devices")
    {
        CHECK(writeWhole("/dev/null", Existing::Refuse, "nothing"));
        CHECK(fs::is_character_file("/dev/null"));
        CHECK(messageOf(writeWhole("/dev/full", Existing::Refuse, "x"))
            == "could not write /dev/full: No space left on device; free some space there");
    }
    SECTION("a file that this process has open, as /dev/stdout is")
    {
        const int open = ::open((directory / "a").c_str(), O_WRONLY | O_CREAT, 0600);
        REQUIRE(::write(open, "before ", 7) == 7);
        const std::string name = "/dev/fd/" + std::to_string(open);
        fs::create_symlink(name, directory / "stdout");
        CHECK(writeWhole(directory / "stdout", Existing::Refuse, "now "));
        CHECK(writeWhole(name, Existing::Refuse, "later "));
        CHECK(::write(open, "after", 5) == 5);
        ::close(open);
        CHECK(contentOf(directory / "a") == "before now later after");
    }
    SECTION("a directory")
    {
        CHECK(messageOf(writeWhole(directory.path(), Existing::Replace, "x"))
            == "could not write " + directory.path().string() + ": it is a directory; name a file in it");
        CHECK_FALSE(writeWhole(directory.path() / "", Existing::Replace, "x"));
    }
    SECTION("a socket")
    {
        sockaddr_un address{AF_UNIX, {}};
        const std::string path = directory / "socket";
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
        REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        CHECK_FALSE(writeWhole(path, Existing::Replace, "x"));
        CHECK(fs::is_socket(path));
        ::close(socket);
    }
}

TEST_CASE("Names that cannot be written say why")
{
    const TemporaryDirectory directory;
    CHECK(messageOf(writeWhole("", Existing::Replace, "x"))
        == "could not write a file: its name is empty; name one");
    CHECK(messageOf(writeWhole(directory / "no/file", Existing::Replace, "x"))
        == "could not write " + (directory / "no/file").string()
            + ": No such file or directory; check its directory");
    put(directory / "a", "");
    CHECK_FALSE(writeWhole(directory / "a/b", Existing::Replace, "x"));
    CHECK_FALSE(writeWhole(directory / "no/", Existing::Replace, "x"));
    CHECK_FALSE(writeWhole(directory / std::string(256, 'n'), Existing::Replace, "x"));
    CHECK(namesIn(directory) == std::vector<std::string>{"a"});
}

TEST_CASE("A file that another library writes is reserved beside its target and moved there")
{
    const TemporaryDirectory directory;
    put(directory / "a", "old");
    ::chmod((directory / "a").c_str(), 0640);
    CHECK_FALSE(reserveBeside(directory / "a", Existing::Refuse));
    CHECK_FALSE(reserveBeside("/dev/null", Existing::Replace));
    const auto beside = reserveBeside(directory / "a", Existing::Replace);
    REQUIRE(beside);
    CHECK(beside->target == directory / "a");
    CHECK(beside->file.parent_path() == directory.path());
    put(beside->file, "new");
    CHECK(contentOf(directory / "a") == "old");
    CHECK_FALSE(moveInPlace(beside->file, directory / "a", Existing::Refuse));
    CHECK(contentOf(beside->file) == "new");
    CHECK(moveInPlace(beside->file, directory / "a", Existing::Replace));
    CHECK(contentOf(directory / "a") == "new");
    CHECK(modeOf(directory / "a") == 0640);
    CHECK(namesIn(directory) == std::vector<std::string>{"a"});
}
