// SPDX-License-Identifier: GPL-2.0-or-later
// Wrong ways in: each ends in one sentence that says what was tried and what happened, and in exit status 2.
#include "tests/support/catch.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/timeline/timeline.h"
#include "pgtrunner.h"

using namespace pgtscope;
using namespace pgtscope::tests;

namespace {

/// Listens on a loopback port and does to each client what its kind is.
class WrongServer {
public:
    enum class Kind { Web, HangsUp, Silent, Floods };

    explicit WrongServer(Kind kind)
        : m_kind(kind)
        , m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(m_socket, reinterpret_cast<const sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(m_socket, 8) == 0);
        REQUIRE(::getsockname(m_socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        m_port = ntohs(address.sin_port);
        m_thread = std::thread([this] { serve(); });
    }
    ~WrongServer()
    {
        m_ending = true;
        m_thread.join();
        ::close(m_socket);
    }
    WrongServer(const WrongServer&) = delete;
    WrongServer& operator=(const WrongServer&) = delete;
    std::string endpoint() const { return "127.0.0.1:" + std::to_string(m_port); }

private:
    void serve()
    {
        while (!m_ending) {
            pollfd entry{m_socket, POLLIN, 0};
            if (::poll(&entry, 1, 20) <= 0)
                continue;
            const int client = ::accept4(m_socket, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (m_kind != Kind::HangsUp)
                talk(client);
            ::close(client);
        }
    }
    void talk(int client) const
    {
        const std::string answer = m_kind == Kind::Web
            ? "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<h1>Bad request</h1>\r\n"
            : "$O41#d4$O41#d4$O41#d4$O41#d4";
        while (!m_ending) {
            pollfd entry{client, static_cast<short>(m_kind == Kind::Floods ? POLLIN | POLLOUT : POLLIN), 0};
            if (::poll(&entry, 1, 20) <= 0)
                continue;
            char heard[4096];
            const ssize_t count = ::recv(client, heard, sizeof heard, 0);
            if (count == 0)
                return;
            if (m_kind != Kind::Silent && ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL) < 0
                && errno != EAGAIN)
                return;
            if (m_kind == Kind::Web && count > 0)
                return;
        }
    }

    Kind m_kind;
    int m_socket;
    std::uint16_t m_port = 0;
    std::atomic<bool> m_ending{false};
    std::thread m_thread;
};

struct Ending {
    int status = -1;
    std::string out;
    std::string complaint;
};

Ending endingOf(const std::vector<std::string>& words)
{
    std::ostringstream errors;
    std::streambuf* const before = std::cerr.rdbuf(errors.rdbuf());
    const PgtRun run = runPgt(words);
    std::cerr.rdbuf(before);
    return {run.status, run.out, errors.str()};
}

/// Ends as a wrong way in should.
void checkRefused(const std::vector<std::string>& words, const std::string& part)
{
    const Ending ending = endingOf(words);
    std::string line;
    for (const std::string& word : words)
        line += word + ' ';
    INFO("pgt " << line << '\n' << ending.complaint);
    CHECK(ending.status == 2);
    CHECK(ending.out.empty());
    CHECK(ending.complaint.starts_with("pgt: could not "));
    CHECK(ending.complaint.find(part) != std::string::npos);
    CHECK(std::count(ending.complaint.begin(), ending.complaint.end(), '\n') == 1);
}

/// Files that are not what their place wants.
class WrongFiles {
public:
    WrongFiles()
    {
        std::ofstream(path("noise"), std::ios::binary) << std::string(5000, '\x99');
        std::ofstream(path("empty")).flush();
        std::ofstream(path("words.md")) << "# A title\n";
        std::ifstream in(m_story.path(), std::ios::binary);
        std::string bytes{std::istreambuf_iterator<char>(in), {}};
        std::ofstream(path("cut.pgtrec"), std::ios::binary) << bytes.substr(0, 5000);
        REQUIRE(::mkfifo(path("fifo").c_str(), 0600) == 0);
    }
    std::string story() const { return m_story.path(); }
    std::string path(const std::string& name) const { return m_story.beside(name); }

private:
    StoryFile m_story{6};
};

} // namespace

TEST_CASE("an endpoint where no stub is ends in a sentence")
{
    const auto info = [](const std::string& endpoint, const std::string& part) {
        checkRefused({"info", "--connect", endpoint}, part);
    };
    info("127.0.0.1:1", "Connection refused");
    info("unix:/nonexistent/stub", "No such file");
    info("nonsense", "there is no port");
    info("127.0.0.1:99999", "port");
    const WrongFiles files;
    info("unix:" + files.path("noise"), "Connection refused");
    info(WrongServer(WrongServer::Kind::HangsUp).endpoint(), "");
    for (const auto kind : {WrongServer::Kind::Web, WrongServer::Kind::HangsUp, WrongServer::Kind::Silent,
             WrongServer::Kind::Floods}) {
        const WrongServer server(kind);
        info(server.endpoint(), server.endpoint());
    }
}

TEST_CASE("a file that is not what it should be ends in a sentence")
{
    const WrongFiles files;
    for (const char* name : {"noise", "empty", "cut.pgtrec", "fifo", "absent", "."}) {
        checkRefused({"show", files.path(name)}, name);
        checkRefused({"walk", files.path(name), "--step", "0"}, name);
        checkRefused({"recording", "repair", files.path(name), "-o", files.path("new")}, name);
    }
    checkRefused({"show", "/dev/null"}, "/dev/null");
    checkRefused({"show", "/dev/zero"}, "/dev/zero");
    for (const std::string& kernel : {files.path("noise"), files.path("empty"), files.path("fifo")})
        checkRefused({"walk", files.story(), "--kernel", kernel}, kernel);
    checkRefused({"annotate", files.story(), "--from", files.path("fifo")}, "fifo");
    checkRefused({"launch", "--kernel", files.path("noise")}, "noise");
    checkRefused({"launch", "--kernel", files.path("fifo")}, "fifo");
    checkRefused({"launch", "lab", "--initrd", files.path("fifo")}, "fifo");
    checkRefused({"launch", "xen", "--hypervisor", files.path("fifo")}, "fifo");
}

TEST_CASE("an output that cannot be made ends in a sentence, before anything else is done")
{
    const WrongFiles files;
    for (const std::string& output :
        {files.story(), files.path("fifo"), std::string("/dev/null"), std::string("/dev/full"),
            files.path("absent/x"), std::string(), std::string(":memory:"), files.path(".")})
        checkRefused({"record", "no-such-guest", "-o", output}, "create");
    // No right of a user's makes a file there, root's neither, whom access(2) lets through.
    for (const char* output : {"/proc/new.pgtrec", "/sys/new.pgtrec"})
        checkRefused({"record", "lab", "-o", output}, output);
    for (const std::string& output :
        {files.story(), files.path("noise"), files.path("absent/x"), files.path("."), std::string()})
        checkRefused({"export", files.story(), "-o", output}, "");
    checkRefused({"export", files.story(), "-o", files.story(), "--force"}, "is a recording");
    checkRefused({"export", files.story(), "-o", "/dev/full"}, "");
    // What a recorder that was killed has announced may be there only.
    for (const char* suffix : {"-wal", "-shm", "-journal"}) {
        checkRefused({"export", files.story(), "-o", files.story() + suffix, "--force"}, "is a part of the");
        checkRefused({"record", "no-such-guest", "-o", files.story() + suffix}, "is a part of the");
    }
    checkRefused({"annotate", files.story(), "--to", ""}, "name is empty");
    checkRefused({"step", "-o", ""}, "name is empty");
    checkRefused({"run-to", "start_kernel", "-o", ""}, "name is empty");
    checkRefused({"poke", "0x1000", "0", "-o", ""}, "name is empty");
    checkRefused({"proxy", "-o", ""}, "name is empty");
    checkRefused({"relive", files.story(), "--step", "1", "-o", ""}, "name is empty");
    checkRefused({"annotate", files.story(), "--to", files.path("noise")}, "exists already");
    checkRefused({"annotate", files.story(), "--to", files.story(), "--force"}, "is a recording");
    checkRefused({"annotate", files.story(), "--from", files.path("words.md"), "--to", files.path("words.md"),
                     "--force"},
        "is the file that is read");
    checkRefused({"recording", "repair", files.story(), "-o", files.path("fifo")}, "fifo");
    CHECK(core::Timeline::open(files.story()).value()->size() == 6);
}

TEST_CASE("a program that is no QEMU ends in a sentence that names it, whatever it does when it is started")
{
    const WrongFiles files;
    const std::string kernel = std::filesystem::read_symlink("/proc/self/exe").string();
    for (const auto& [program, part] : std::initializer_list<std::pair<std::string, std::string>>{
             {"/bin/true", "another program: its --version prints "},
             {"/bin/false", "another program: its --version prints "},
             {"/bin/cat", "another program: its --version prints \"cat "}, {"sh", "another program"},
             {"/nonexistent/qemu", "there is no such file"},
             {files.path("noise"), "no program that you may execute"},
             {files.path("."), "there is no such file"}, {"no-such-qemu", "is not installed"}}) {
        checkRefused({"launch", "--kernel", kernel, "--qemu", program}, part);
        checkRefused(
            {"record", "--kernel", kernel, "--qemu", program, "--grain", "write", "-o", files.path("new")},
            part);
        CHECK_FALSE(std::filesystem::exists(files.path("new")));
    }
    // It would wait for ever.
    std::ofstream(files.path("waits"))
        << "#!/bin/sh\n[ \"$1\" = --version ] && { echo waits 1.0; exit; }\nexec sleep 1000\n";
    std::filesystem::permissions(files.path("waits"), std::filesystem::perms::owner_all);
    checkRefused({"launch", "--kernel", kernel, "--qemu", files.path("waits")},
        "another program: its --version prints \"waits 1.0\"");
}

TEST_CASE("a FIFO that no program reads is given up")
{
    const WrongFiles files;
    checkRefused({"annotate", files.story(), "--to", files.path("fifo")}, "no program reads it");
}

TEST_CASE("words that cannot be meant end in a sentence")
{
    const WrongFiles files;
    checkRefused({"walk", files.story(), "--step", "99"}, "it has steps 0 to 5");
    checkRefused({"translate", files.story(), "no_such_symbol"}, "no_such_symbol");
    checkRefused({"export", files.story(), "--from", "4", "--to", "2", "-o", files.path("page")}, "before");
    checkRefused({"record", "no-such-guest", "-o", files.path("new")}, "there is no guest of that name");
    checkRefused({"show"}, "file");
    checkRefused({"no-such-command"}, "");
    checkRefused({"walk", "--no-such-option"}, "no-such-option");
    checkRefused({"show", files.story(), "--step", "many"}, "many");
    checkRefused({"launch", "lab", "--kernel", files.path("noise")}, "neither a bzImage nor an ELF file");
}

TEST_CASE("a full disk ends in a sentence, and leaves what was there")
{
    const WrongFiles files;
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const rlimit little{4096, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &little) == 0);
    const Ending page = endingOf({"export", files.story(), "-o", files.path("page.html")});
    const Ending copy = endingOf({"recording", "repair", files.story(), "-o", files.path("copy.pgtrec")});
    const Ending note = endingOf(
        {"annotate", files.story(), "--step", "1", "--note", "n", "--text", std::string(20000, 'x')});
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    for (const Ending& ending : {page, copy, note}) {
        INFO(ending.complaint);
        CHECK(ending.status == 2);
        CHECK(ending.complaint.starts_with("pgt: could not "));
    }
    CHECK_FALSE(std::filesystem::exists(files.path("page.html")));
    CHECK_FALSE(std::filesystem::exists(files.path("copy.pgtrec")));
    CHECK(core::Timeline::open(files.story()).value()->size() == 6);
}

TEST_CASE("the doctor says of each thing that live guests need how it is, and what to do")
{
    const Ending text = endingOf({"doctor"});
    CHECK((text.status == 0 || text.status == 1));
    for (const char* what : {"gdb: ", "QEMU: ", "KVM: ", "run directory: ", "display: "})
        CHECK(text.out.find(what) != std::string::npos);
    const std::string path = std::getenv("PATH");
    ::setenv("PATH", "/nonexistent", 1);
    const Ending without = endingOf({"doctor", "--json"});
    ::setenv("PATH", path.c_str(), 1);
    CHECK(without.status == 1);
    const auto checks = nlohmann::json::parse(without.out)["checks"];
    REQUIRE(checks.size() == 7);
    CHECK(checks[0]["state"] == "bad");
    CHECK(checks[0]["advice"] == "install Debian's package gdb");
    CHECK(checks[1]["state"] == "bad");
}
