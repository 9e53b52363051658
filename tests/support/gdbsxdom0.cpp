// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/gdbsxdom0.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/support/catch.h"

#include "core/symbols/debpackage.h"
#include "gdb/debian/aptarchive.h"
#include "gdb/debian/guestfetch.h"
#include "gdb/net/serversocket.h"
#include "tests/support/required.h"

namespace pgtscope::test {

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// Does what dom0's own first process does, but for the start of the domain.
constexpr std::string_view firstProcess
    = "#!/bin/busybox sh\n"
      "/bin/busybox sed 's|^xl create.*|. /gdbsx/start|' /init > /gdbsx/boot\n"
      "exec /bin/busybox sh /gdbsx/boot\n";

/// QEMU's network has this address for its guest. 270E is port 9998, 0A LISTEN.
constexpr std::string_view startOfDomain
    = "$b insmod /gdbsx/e1000.ko\n"
      "$b ip link set lo up\n"
      "$b ip addr add 10.0.2.15/24 dev eth0\n"
      "$b ip link set eth0 up\n"
      "xl create -p /etc/domain.cfg\n"
      "$b nc -ll -p 9998 -e /bin/sh &\n"
      "until $b grep -q ':270E .* 0A ' /proc/net/tcp /proc/net/tcp6; do $b sleep 0.1; done\n"
      "echo 'pgtscope: dom0 can be reached'\n";

/// What a shell says when it has come to the end of its commands.
constexpr std::string_view endMark = "that was all";

std::string contentOf(const fs::path& file)
{
    std::ifstream in(file, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(in), {}};
    REQUIRE_FALSE(content.empty());
    return content;
}

/// One file of an archive of the kernel's, Documentation/driver-api/early-userspace/buffer-format.rst.
std::string archived(const std::string& path, unsigned mode, std::string_view content)
{
    std::array<char, 111> header{};
    std::snprintf(header.data(), header.size(), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
        0U, mode, 0U, 0U, 1U, 0U, static_cast<unsigned>(content.size()), 0U, 0U, 0U, 0U,
        static_cast<unsigned>(path.size() + 1), 0U);
    const auto padded = [](std::string part) { return part.append((4 - part.size() % 4) % 4, '\0'); };
    return padded(header.data() + path + '\0') + padded(std::string(content));
}

/// A file of a Debian package, kept in `directory` under a name that tells its version.
fs::path fileOf(const std::string& package, const std::string& name, const fs::path& directory)
{
    gdb::AptArchive apt(gdb::defaultCacheDirectory() / "apt" / "amd64", "amd64");
    const auto found = required(apt.candidate(package, nullptr));
    const fs::path kept = directory / (package + "_" + found.version + "_" + name);
    if (fs::exists(kept))
        return kept;
    const TemporaryDirectory downloads;
    const auto deb = required(apt.download(found, downloads.path(), {}, nullptr));
    required(core::extractFromDeb(
        deb, [&name](std::string_view path) { return path.ends_with("/" + name); }, downloads / name));
    fs::copy_file(downloads / name, kept);
    return kept;
}

/// Behind another archive: the kernel unpacks both, one over the other.
std::string addition(const fs::path& gdbsx, const fs::path& driver)
{
    constexpr unsigned directory = 040755, program = 0100755, file = 0100644;
    return archived("gdbsx", directory, {}) + archived("gdbsx/init", program, firstProcess)
        + archived("gdbsx/start", file, startOfDomain) + archived("gdbsx/gdbsx", program, contentOf(gdbsx))
        + archived("gdbsx/e1000.ko", file, contentOf(driver)) + archived("TRAILER!!!", 0, {});
}

gdb::Endpoint freePort()
{
    gdb::Endpoint any;
    any.host = "127.0.0.1";
    return required(gdb::ServerSocket::listen(any)).endpoint();
}

} // namespace

GdbsxDom0::GdbsxDom0()
    : m_shell(freePort())
    , m_gdbsx(freePort())
{
    const char* hypervisor = std::getenv("PGTSCOPE_DEBUG_XEN");
    if (hypervisor == nullptr)
        FAIL("PGTSCOPE_DEBUG_XEN names no hypervisor: run this by tests/run gdbsx");
    const fs::path directory = fs::path(hypervisor).parent_path();
    const auto fetched = required(gdb::fetchGuest(required(gdb::findRecipe("xen-domu")), {}));
    std::string archive = contentOf(fetched.files.initrd);
    archive.append((4 - archive.size() % 4) % 4, '\0');
    archive += addition(fileOf("xen-utils-common", "gdbsx", directory),
        fileOf(fetched.files.kernelPackage, "e1000.ko", directory));
    std::ofstream(m_directory / "initrd", std::ios::binary) << archive;
    m_guest.emplace("xen-domu", [&](gdb::LaunchSpec& spec) {
        spec.hypervisor = hypervisor;
        spec.initrd = m_directory / "initrd";
        spec.append += " rdinit=/gdbsx/init";
        spec.extraQemuArgs = {"-device", "e1000,netdev=dom0", "-netdev",
            "user,id=dom0,restrict=on,hostfwd=tcp:" + m_gdbsx.gdbText()
                + "-:9999,hostfwd=tcp:" + m_shell.gdbText() + "-:9998"};
    });
    m_guest->resume();
    m_guest->awaitConsole("pgtscope: dom0 can be reached", 400s);
    m_gdbsx.gdbsxBits = 64;
}

std::string GdbsxDom0::run(const std::string& commands) const
{
    const auto limit = gdb::WaitLimit::after(120s);
    auto shell = required(gdb::StreamSocket::connect(m_shell, limit));
    required(shell.writeAll(
        "PATH=$PATH:/gdbsx\n" + commands + "\necho " + std::string(endMark) + "\nexit\n", limit));
    std::string said;
    std::array<std::byte, 4096> block{};
    while (const std::size_t count = required(shell.readSome(block, limit)))
        said.append(reinterpret_cast<const char*>(block.data()), count);
    const std::size_t end = said.rfind(endMark);
    INFO(said);
    REQUIRE(end != std::string::npos);
    return said.substr(0, end);
}

gdb::Endpoint GdbsxDom0::startGdbsx() const
{
    // It says that it listens only when it ends: /proc/net/tcp tells, 270F being 9999 and 0A LISTEN.
    const std::string said = run("gdbsx -a 1 64 9999 </dev/null >/run/gdbsx.log 2>&1 &\n"
                                 "until grep -q ':270F 00000000:0000 0A' /proc/net/tcp; do\n"
                                 "    kill -0 $! || { cat /run/gdbsx.log; break; }\n"
                                 "    sleep 0.1\n"
                                 "done");
    INFO(said);
    REQUIRE(said.empty());
    return m_gdbsx;
}

std::string GdbsxDom0::endOfGdbsx() const
{
    return run("while pidof gdbsx >/dev/null; do sleep 0.1; done\ncat /run/gdbsx.log");
}

bool GdbsxDom0::domainIsPaused() const
{
    // Name, ID, Mem, VCPUs, State, Time.
    const std::string flags = run("xl list domain | awk '$2 == 1 { print $5 }'");
    INFO(flags);
    REQUIRE(flags.size() >= 6);
    return flags.find('p') != std::string::npos;
}

} // namespace pgtscope::test
