// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <algorithm>
#include <fstream>
#include <thread>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gdb/host/files.h"
#include "gdb/host/owneddirectory.h"
#include "gdb/qemu/qemuarguments.h"
#include "gdb/qemu/qemulauncher.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::gdb;
using pgtscope::test::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

/// A guest that could be launched: its kernel file exists.
RunningGuest launchable(const TemporaryDirectory& directory)
{
    RunningGuest guest;
    guest.id = "lab-1";
    guest.directory = directory.path();
    guest.spec.kernel = directory / "vmlinuz";
    std::ofstream(guest.spec.kernel) << "kernel";
    return guest;
}

/// The argument behind the first `option`; empty if it is not given.
std::string valueOf(const std::vector<std::string>& arguments, const std::string& option)
{
    auto found = std::find(arguments.begin(), arguments.end(), option);
    return found == arguments.end() || found + 1 == arguments.end() ? std::string() : *(found + 1);
}

bool has(const std::vector<std::string>& arguments, const std::string& argument)
{
    return std::find(arguments.begin(), arguments.end(), argument) != arguments.end();
}

/// A shell that runs a script, until the end of the test.
class Process {
public:
    explicit Process(std::vector<std::string> scriptAndArguments)
        : m_id(start(std::move(scriptAndArguments)))
    {
    }
    ~Process()
    {
        (void)endProcess(m_id, WaitLimit::after(std::chrono::seconds(10)));
        (void)exitOf(m_id);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    const ProcessId& id() const { return m_id; }

private:
    static ProcessId start(std::vector<std::string> words)
    {
        words.insert(words.begin(), "-c");
        const auto started = startProcess("sh", words, "/dev/null", Lifetime::EndsWithUs);
        REQUIRE(started);
        // A program has its arguments in /proc a moment after execve() closed our descriptors.
        const std::string arguments = "/proc/" + std::to_string(started->pid) + "/cmdline";
        while (std::ifstream(arguments).peek() == std::ifstream::traits_type::eof())
            std::this_thread::yield();
        return *started;
    }
    ProcessId m_id;
};

} // namespace

TEST_CASE("QEMU is given the machine of the spec, shared RAM and unix sockets only")
{
    TemporaryDirectory directory;
    RunningGuest guest = launchable(directory);
    guest.spec.memoryBytes = 512U << 20;
    guest.spec.smp = 3;
    guest.spec.append = "console=ttyS0 quiet, please";
    auto arguments = qemuArguments(guest);
    REQUIRE(arguments);
    CHECK(valueOf(*arguments, "-m") == "512M");
    CHECK(valueOf(*arguments, "-object")
        == "memory-backend-file,id=ram0,share=on,mem-path=" + guest.ramLink().string() + ",size=512M");
    CHECK(valueOf(*arguments, "-machine") == "q35,memory-backend=ram0");
    CHECK(valueOf(*arguments, "-cpu") == "qemu64");
    CHECK(valueOf(*arguments, "-accel") == "tcg");
    guest.spec.accelerator = Accelerator::Kvm;
    CHECK(valueOf(*qemuArguments(guest), "-accel") == "kvm");
    CHECK(valueOf(*arguments, "-smp") == "3");
    CHECK(valueOf(*arguments, "-append") == "console=ttyS0 quiet, please");
    CHECK(valueOf(*arguments, "-gdb") == "chardev:gdb0");
    CHECK(std::none_of(
        arguments->begin(), arguments->end(), [](const std::string& a) { return a.find("tcp:") == 0; }));
}

TEST_CASE("KVM is chosen by itself only where the processor has VMX or SVM")
{
    const auto has = [](const char* text) {
        std::istringstream cpuinfo(text);
        return hasVirtualization(cpuinfo);
    };
    CHECK(has("processor\t: 0\nflags\t\t: fpu vme vmx ssse3\n"));
    CHECK(has("flags\t\t: svm\n"));
    CHECK_FALSE(has("flags\t\t: fpu vme svm_lock\nbugs\t\t: svm\n"));
    CHECK_FALSE(has(""));
}

TEST_CASE("A deterministic guest counts its time in instructions, and is refused where it would not be one")
{
    TemporaryDirectory directory;
    RunningGuest guest = launchable(directory);
    CHECK(valueOf(*qemuArguments(guest), "-icount").empty());
    guest.spec.deterministic = true;
    const auto arguments = qemuArguments(guest);
    REQUIRE(arguments);
    CHECK(valueOf(*arguments, "-icount") == "shift=3,sleep=off");
    CHECK(valueOf(*arguments, "-rtc") == "base=2026-01-01T00:00:00,clock=vm");
    CHECK(valueOf(*arguments, "-seed") == "1");
    guest.spec.smp = 2;
    CHECK_FALSE(qemuArguments(guest));
    guest.spec.smp = 1;
    guest.spec.accelerator = Accelerator::Kvm;
    CHECK_FALSE(qemuArguments(guest));
    guest.spec.accelerator = Accelerator::Tcg;
    guest.spec.beginsAfter = "the domain starts";
    CHECK_FALSE(qemuArguments(guest));
}

TEST_CASE("a guest waits for the debugger unless it is told not to")
{
    TemporaryDirectory directory;
    RunningGuest guest = launchable(directory);
    CHECK(has(*qemuArguments(guest), "-S"));
    guest.spec.paused = false;
    CHECK_FALSE(has(*qemuArguments(guest), "-S"));
}

TEST_CASE("below a hypervisor the kernel and the initramfs are multiboot modules")
{
    TemporaryDirectory directory;
    RunningGuest guest = launchable(directory);
    guest.spec.hypervisor = directory / "xen";
    guest.spec.initrd = directory / "initrd.gz";
    guest.spec.append = "console=hvc0 a=b,c";
    guest.spec.hypervisorAppend = "dom0_mem=512M";
    std::ofstream(guest.spec.initrd) << "initrd";
    CHECK_FALSE(qemuArguments(guest));
    std::ofstream(guest.spec.hypervisor) << "xen";
    const auto arguments = qemuArguments(guest);
    REQUIRE(arguments);
    CHECK(valueOf(*arguments, "-kernel") == guest.spec.hypervisor);
    CHECK(valueOf(*arguments, "-append") == "dom0_mem=512M");
    CHECK(valueOf(*arguments, "-initrd")
        == guest.spec.kernel.string() + " console=hvc0 a=b,,c," + guest.spec.initrd.string());
    guest.spec.kernel = directory / "vm linuz";
    std::ofstream(guest.spec.kernel) << "kernel";
    const auto refused = qemuArguments(guest);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().happened.find("space") != std::string::npos);
}

TEST_CASE("the user's own arguments come last")
{
    TemporaryDirectory directory;
    RunningGuest guest = launchable(directory);
    guest.spec.extraQemuArgs = {"-cpu", "max"};
    auto arguments = qemuArguments(guest);
    REQUIRE(arguments->size() > 2);
    CHECK(arguments->back() == "max");
    CHECK(*(arguments->end() - 2) == "-cpu");
}

TEST_CASE("a comma in a path stays part of the path")
{
    TemporaryDirectory directory;
    RunningGuest guest = launchable(directory);
    guest.directory = directory / "a,b";
    CHECK(valueOf(*qemuArguments(guest), "-chardev").ends_with("a,,b/gdb.sock"));
}

TEST_CASE("a spec that cannot work is refused before QEMU is started")
{
    TemporaryDirectory directory;
    RunningGuest guest = launchable(directory);
    REQUIRE(qemuArguments(guest));
    SECTION("no kernel") { guest.spec.kernel = directory / "absent"; }
    SECTION("a directory for a kernel") { guest.spec.kernel = directory.path(); }
    SECTION("no initramfs at its path") { guest.spec.initrd = directory / "absent"; }
    SECTION("no memory") { guest.spec.memoryBytes = 0; }
    SECTION("memory that is not whole MiB") { guest.spec.memoryBytes += 4096; }
    SECTION("no CPU") { guest.spec.smp = 0; }
    SECTION("too many CPUs") { guest.spec.smp = 256; }
    SECTION("a directory too deep for a socket") { guest.directory = directory / std::string(100, 'd'); }
    CHECK_FALSE(qemuArguments(guest));
}

TEST_CASE("the record of a guest is read back as it was")
{
    RunningGuest guest;
    guest.id = "debian-2";
    guest.directory = "/run/x/debian-2";
    guest.process = {4711, 123456789};
    guest.ramFile = "/proc/4711/fd/13";
    guest.features = {40, true, false, true};
    guest.spec.extraQemuArgs = {"-cpu", "max"};
    guest.spec.accelerator = Accelerator::Kvm;
    guest.spec.paused = false;
    auto copy = runningGuestFrom(toJson(guest), guest.directory);
    REQUIRE(copy);
    CHECK(copy->id == guest.id);
    CHECK(copy->process == guest.process);
    CHECK(copy->ramFile == guest.ramFile);
    CHECK(copy->features == guest.features);
    CHECK(copy->spec == guest.spec);
    auto older = toJson(guest);
    older["spec"].erase("accelerator");
    CHECK(runningGuestFrom(older, guest.directory)->spec.accelerator == Accelerator::Tcg);
    CHECK(copy->gdbEndpoint().text() == "unix:/run/x/debian-2/gdb.sock");
}

TEST_CASE("a guest that 0.1.0 launched is one of ours")
{
    const auto record = nlohmann::json::parse(R"({"format": 1, "pid": 4711, "startTime": 99,
        "ramFile": "/proc/4711/fd/13", "owner": {"pid": 4712, "startTime": 98},
        "features": {"physicalAddressBits": 40, "pse36": true, "page1Gb": true, "known": true},
        "spec": {"name": "debian", "kernel": "/k/vmlinuz", "initrd": "/k/initrd", "append": "console=ttyS0",
            "hypervisor": "", "hypervisorAppend": "", "beginsAfter": "", "memoryBytes": 2147483648,
            "machine": "q35", "cpu": "qemu64", "smp": 1, "extraQemuArgs": ["-s"], "paused": true,
            "console": true, "writesPlugin": ""}})");
    const auto guest = runningGuestFrom(record, "/run/x/debian-1");
    REQUIRE(guest);
    CHECK(guest->id == "debian-1");
    CHECK(guest->process == ProcessId{4711, 99});
    REQUIRE(guest->owner);
    CHECK(guest->owner->pid == 4712);
    CHECK(guest->spec.memoryBytes == 2ULL << 30);
    CHECK(guest->spec.extraQemuArgs == std::vector<std::string>{"-s"});
    CHECK(guest->spec.accelerator == Accelerator::Tcg);
    CHECK_FALSE(guest->spec.deterministic);
}

TEST_CASE("a record with a part missing, or of another type, is none")
{
    auto record = toJson(RunningGuest{});
    REQUIRE(runningGuestFrom(record, "/x/y"));
    for (const auto& [key, value] : record.items()) {
        CAPTURE(key);
        auto without = record;
        without.erase(key);
        CHECK_FALSE(runningGuestFrom(without, "/x/y"));
        auto changed = record;
        changed[key] = nlohmann::json::array();
        CHECK_FALSE(runningGuestFrom(changed, "/x/y"));
    }
    CHECK_FALSE(runningGuestFrom(nlohmann::json(nlohmann::json::value_t::discarded), "/x/y"));
}

TEST_CASE("a run directory that others can enter is refused")
{
    TemporaryDirectory directory;
    fs::path shared = directory / "run";
    REQUIRE(::mkdir(shared.c_str(), 0700) == 0);
    CHECK(QemuLauncher(shared).listRunning());
    REQUIRE(::chmod(shared.c_str(), 0755) == 0);
    CHECK_FALSE(QemuLauncher(shared).listRunning());
    fs::create_directory_symlink(directory.path(), directory / "link");
    CHECK_FALSE(QemuLauncher(directory / "link").listRunning());
}

TEST_CASE("what dead guests left is swept when guests are listed")
{
    TemporaryDirectory directory;
    QemuLauncher launcher(directory.path());
    RunningGuest dead;
    dead.process = {::getpid(), 1};
    fs::create_directory(directory / "dead-1");
    std::ofstream(directory / "dead-1/guest.json") << toJson(dead);
    fs::create_directory(directory / "half-1");
    fs::create_directory(directory / "launching-1");
    auto held = FileLock::tryNow(directory / "launching-1");
    REQUIRE(held);

    auto guests = launcher.listRunning();
    REQUIRE(guests);
    CHECK(guests->empty());
    CHECK_FALSE(fs::exists(directory / "dead-1"));
    CHECK_FALSE(fs::exists(directory / "half-1"));
    CHECK(fs::exists(directory / "launching-1"));
}

TEST_CASE("no process is ended and no directory taken away that is not proven to be a guest without an owner")
{
    TemporaryDirectory directory;
    const fs::path guest = directory / "lab-1";
    fs::create_directory(guest);
    const Process process({"while :; do sleep 0.1; done"});
    const auto write
        = [&](const char* name, const std::string& text) { std::ofstream(guest / name) << text; };
    write("qemu.pid", std::to_string(process.id().pid));
    bool stays = true;
    SECTION("a pid file is stale, and its number was given to another process") { stays = false; }
    SECTION("a record is stale, and its number was given to another process")
    {
        RunningGuest record;
        record.process = {process.id().pid, process.id().startTime - 1};
        record.owner = record.process;
        write("guest.json", toJson(record).dump());
        stays = false;
    }
    SECTION("the record is of a newer version")
    {
        write("guest.json", R"({"format": 2, "process": "said otherwise"})");
    }
    SECTION("the owner is gone, and its guest's number and start were given to another process")
    {
        RunningGuest record;
        record.process = process.id();
        record.owner = ProcessId{::getpid(), 1};
        write("guest.json", toJson(record).dump());
        record.id = "lab-1";
        record.directory = guest;
        CHECK_FALSE(QemuLauncher(directory.path()).stop(record, WaitLimit::after(std::chrono::seconds(5))));
    }
    SECTION("the owner is alive")
    {
        RunningGuest record;
        record.process = process.id();
        record.owner = ProcessId::of(::getpid());
        write("guest.json", toJson(record).dump());
    }
    SECTION("it has no owner by design")
    {
        RunningGuest record;
        record.process = process.id();
        write("guest.json", toJson(record).dump());
    }
    CHECK(QemuLauncher(directory.path()).listRunning());
    CHECK(process.id().alive());
    CHECK(fs::exists(guest) == stays);
}

TEST_CASE("a guest whose record is damaged is left alone, one that was never recorded is ended")
{
    TemporaryDirectory directory;
    const fs::path guest = directory / "lab-1";
    fs::create_directory(guest);
    const fs::path pidFile = guest / "qemu.pid";
    const Process process({"while :; do sleep 0.1; done", "-pidfile", pidFile.string(), "-end"});
    std::ofstream(pidFile) << process.id().pid << '\n';
    SECTION("damaged")
    {
        std::ofstream(guest / "guest.json").flush();
        CHECK(QemuLauncher(directory.path()).listRunning());
        CHECK(process.id().alive());
        CHECK(fs::exists(guest));
    }
    SECTION("never recorded")
    {
        CHECK(QemuLauncher(directory.path()).listRunning());
        CHECK_FALSE(process.id().alive());
        CHECK_FALSE(fs::exists(guest));
    }
}

TEST_CASE("a guest whose owner is gone is ended by the next who looks")
{
    TemporaryDirectory directory;
    fs::create_directory(directory / "lab-1");
    const fs::path pidFile = directory / "lab-1/qemu.pid";
    const Process process({"while :; do sleep 0.1; done", "-pidfile", pidFile.string(), "-end"});
    RunningGuest record;
    record.process = process.id();
    record.owner = ProcessId{::getpid(), 1};
    std::ofstream(directory / "lab-1/guest.json") << toJson(record);
    const auto guests = QemuLauncher(directory.path()).listRunning();
    REQUIRE(guests);
    CHECK(guests->empty());
    CHECK_FALSE(process.id().alive());
    CHECK_FALSE(fs::exists(directory / "lab-1"));
}

TEST_CASE("a process that is to end with us does so when we are killed, and another stays")
{
    TemporaryDirectory directory;
    const auto lifetime = GENERATE(Lifetime::EndsWithUs, Lifetime::Stays);
    const fs::path note = directory / "pid";
    const pid_t starter = ::fork();
    if (starter == 0) {
        const auto started
            = startProcess("sh", {"-c", "while :; do sleep 0.1; done"}, directory / "log", lifetime);
        std::ofstream(note.string() + "-") << (started ? started->pid : 0);
        fs::rename(note.string() + "-", note);
        ::kill(::getpid(), SIGKILL);
    }
    REQUIRE(starter > 0);
    REQUIRE(::waitpid(starter, nullptr, 0) == starter);
    pid_t pid = 0;
    std::ifstream(note) >> pid;
    REQUIRE(pid > 0);
    const auto limit = WaitLimit::after(std::chrono::seconds(20));
    while (lifetime == Lifetime::EndsWithUs && ProcessId::of(pid) && !limit.passed())
        ::usleep(1000);
    const auto left = ProcessId::of(pid);
    CHECK(left.has_value() == (lifetime == Lifetime::Stays));
    if (left)
        CHECK(endProcess(*left, WaitLimit::after(std::chrono::seconds(10))));
}

TEST_CASE("what cannot be executed is an error with the system's reason, and how a child ended is told")
{
    TemporaryDirectory directory;
    std::ofstream(directory / "no-program") << "#!/nonexistent/interpreter\n";
    fs::permissions(directory / "no-program", fs::perms::owner_all);
    const auto refused
        = startProcess((directory / "no-program").string(), {}, directory / "log", Lifetime::EndsWithUs);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().happened == "No such file or directory");
    CHECK(startProcess("no-such-program-at-all", {}, directory / "log", Lifetime::Stays)
              .error()
              .happened.ends_with("is not installed"));
    const auto child
        = startProcess("sh", {"-c", "echo said; exit 7"}, directory / "log", Lifetime::EndsWithUs);
    REQUIRE(child);
    std::optional<int> status;
    const auto limit = WaitLimit::after(std::chrono::seconds(20));
    while (!status && !limit.passed())
        status = exitOf(*child);
    CHECK(status == 7);
    CHECK(readStart(directory / "log") == "said\n");
}

TEST_CASE("what a killed process left in its directory is removed by the next, what a living one has is not")
{
    TemporaryDirectory parent;
    const pid_t killed = ::fork();
    if (killed == 0) {
        const auto made = OwnedDirectory::make({"mine", {parent.path()}});
        std::ofstream(made->path() / "ram0") << "left";
        ::kill(::getpid(), SIGKILL);
    }
    REQUIRE(::waitpid(killed, nullptr, 0) == killed);
    REQUIRE(entriesOf(parent.path()).size() == 1);
    fs::create_directory(parent / "other-abcdef");
    fs::create_directory_symlink(parent / "other-abcdef", parent / "mine-link");
    {
        const auto first = OwnedDirectory::make({"mine", {parent / "absent", parent.path()}});
        const auto second = OwnedDirectory::make({"mine", {parent.path()}});
        REQUIRE((first && second));
        CHECK(fs::exists(first->path()));
        CHECK((fs::status(first->path()).permissions() & fs::perms(077)) == fs::perms::none);
        CHECK(entriesOf(parent.path()).size() == 4);
    }
    CHECK(entriesOf(parent.path()).size() == 2);
}

TEST_CASE("what killed processes left elsewhere goes when guests are listed")
{
    TemporaryDirectory parent;
    const fs::path left = parent / "pgtscope-mux-abcdef";
    fs::create_directory(left);
    fs::permissions(left, fs::perms::owner_all);
    const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
    const std::string before = runtime != nullptr ? runtime : "";
    ::setenv("XDG_RUNTIME_DIR", parent.path().c_str(), 1);
    const fs::path memory = fs::path("/dev/shm") / ("pgtscope-memory-" + std::to_string(::getpid()));
    if (fs::create_directory(memory))
        fs::permissions(memory, fs::perms::owner_all);
    CHECK(QemuLauncher(parent / "run").listRunning());
    CHECK_FALSE(fs::exists(left));
    CHECK_FALSE(fs::exists(memory));
    ::setenv("XDG_RUNTIME_DIR", before.c_str(), 1);
}

TEST_CASE("a name finds the newest guest of that name, and none is an error with advice")
{
    TemporaryDirectory directory;
    QemuLauncher launcher(directory.path());
    auto none = launcher.find("debian");
    REQUIRE_FALSE(none);
    CHECK(none.error().happened == "no guest is running");
    CHECK_FALSE(none.error().advice.empty());

    RunningGuest alive;
    alive.spec.name = "debian";
    alive.process = *ProcessId::of(::getpid());
    fs::create_directory(directory / "debian-1");
    std::ofstream(directory / "debian-1/guest.json") << toJson(alive);
    CHECK(launcher.find("debian")->id == "debian-1");
    CHECK(launcher.find("debian-1")->id == "debian-1");
    CHECK(launcher.find("")->id == "debian-1");
    auto other = launcher.find("debian-686");
    REQUIRE_FALSE(other);
    CHECK(other.error().happened.find("debian-1") != std::string::npos);
}

TEST_CASE("text on the console is found across the pieces in which it is read")
{
    TemporaryDirectory directory;
    RunningGuest guest = launchable(directory);
    guest.process = *ProcessId::of(::getpid());
    std::ofstream(guest.consoleLog())
        << std::string(65530, 'x') << "userspace reached" << std::string(200000, 'y');
    CHECK(waitForConsole(guest, "userspace reached", WaitLimit::after(std::chrono::seconds(30))));
    auto absent = waitForConsole(guest, "never", WaitLimit::after(std::chrono::milliseconds(50)));
    REQUIRE_FALSE(absent);
    CHECK(absent.error().happened.starts_with("it did not appear in time"));
}
