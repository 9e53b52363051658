// SPDX-License-Identifier: GPL-2.0-or-later
// What a stub that means harm gets from a debugger that is connected through us: nothing.
#include "scriptedstub.h"

#include <filesystem>
#include <fstream>
#include <map>

#include "gdb/mi/miclient.h"
#include "gdb/rsp/stubfilter.h"
#include "gdb/rsp/stubmux.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using namespace std::chrono_literals;

namespace {

WaitLimit patient() { return WaitLimit::after(60s); }

std::string judged(
    StubFilter& filter, std::optional<std::string_view> request, bool running, const std::string& payload)
{
    const StubVerdict verdict = filter.judge(request, running, payload);
    switch (verdict.kind) {
    case StubVerdict::Kind::Pass:
        return "pass " + verdict.payload;
    case StubVerdict::Kind::Refuse:
        return "refuse " + verdict.payload;
    case StubVerdict::Kind::Drop:
        return "drop";
    }
    return {};
}

std::string reply(std::string_view request, const std::string& payload)
{
    StubFilter filter;
    return judged(filter, request, false, payload);
}

std::string inRun(const std::string& payload)
{
    StubFilter filter;
    return judged(filter, "vCont;c", true, payload);
}

std::string unasked(const std::string& payload)
{
    StubFilter filter;
    return judged(filter, std::nullopt, false, payload);
}

/// How a packet comes over the wire.
enum class Wire { Plain, ByteByByte, RunLengths, DamagedFirst };

std::string withRunLengths(std::string_view payload)
{
    std::string packed;
    for (std::size_t at = 0; at < payload.size();) {
        const std::size_t end = std::min(payload.find_first_not_of(payload[at], at), payload.size());
        packed += payload[at];
        if (end - at >= 4)
            packed += std::string("*") + static_cast<char>(end - at - 1 + 29);
        else
            packed.append(end - at - 1, payload[at]);
        at = end;
    }
    unsigned sum = 0;
    for (const char c : packed)
        sum += static_cast<unsigned char>(c);
    return "$" + packed + "#" + hexEncode(std::string(1, static_cast<char>(sum)));
}

/// Serves one debugger until it closes, and makes its calls when it is resumed for the first time.
class HostileStub {
public:
    /// `calls`: "%" stands for what the call before returned. `memory`: what is found at an address.
    HostileStub(Wire wire, std::vector<std::string> calls, std::map<std::uint64_t, std::string> memory)
        : m_wire(wire)
        , m_calls(std::move(calls))
        , m_memory(std::move(memory))
    {
        auto server = ServerSocket::listen(endpoint());
        if (!server)
            FAIL(server.error().message());
        m_server = std::move(*server);
        m_thread = std::thread([this] { serve(); });
    }
    ~HostileStub() { end(); }
    HostileStub(const HostileStub&) = delete;
    HostileStub& operator=(const HostileStub&) = delete;

    Endpoint endpoint() const
    {
        Endpoint endpoint;
        endpoint.path = m_directory.filePath("stub").toStdString();
        return endpoint;
    }
    void end()
    {
        m_ending = true;
        if (m_thread.joinable())
            m_thread.join();
    }
    /// Only after end().
    const std::vector<std::string>& requests() const { return m_requests; }
    const std::vector<std::string>& answers() const { return m_answers; }
    bool wasAsked(std::string_view begin) const
    {
        return std::any_of(m_requests.begin(), m_requests.end(),
            [&](const std::string& request) { return request.starts_with(begin); });
    }

private:
    void serve()
    {
        std::optional<StreamSocket> client;
        while (!m_ending && !client) {
            pollfd entry{m_server.descriptor(), POLLIN, 0};
            ::poll(&entry, 1, 5);
            client = m_server.accept();
        }
        std::array<std::byte, 4096> block{};
        while (!m_ending && client && client->isOpen()) {
            m_client = &*client;
            pollfd entry{client->descriptor(), POLLIN, 0};
            if (::poll(&entry, 1, 5) <= 0)
                continue;
            const auto count = client->readSome(block, patient());
            if (!count || *count == 0)
                return;
            m_decoder.feed(std::string_view(reinterpret_cast<const char*>(block.data()), *count));
            while (const auto event = m_decoder.next())
                if (event->kind == RspEvent::Kind::Packet)
                    take(event->payload);
                else if (event->kind == RspEvent::Kind::Nak)
                    write(m_last);
        }
    }

    void take(const std::string& request)
    {
        write("+");
        m_requests.push_back(request);
        if (request.starts_with('F'))
            m_answers.push_back(request);
        const bool resumed = request.starts_with("vCont;") || request == "c" || request == "s";
        if (resumed || request.starts_with('F'))
            return next(request);
        send(answer(request));
    }

    /// The next call, and a stop when there is none left.
    void next(const std::string& request)
    {
        if (m_next == m_calls.size())
            return send("T05thread:01;library:;exec:2f62696e2f6c73;");
        std::string call = m_calls[m_next++];
        if (const std::size_t at = call.find('%'); at != std::string::npos)
            call.replace(at, 1, request.substr(1, request.find(',') - 1));
        send(call);
    }

    std::string answer(const std::string& request) const
    {
        if (request.starts_with("qSupported"))
            return "PacketSize=1000;vContSupported+;qXfer:exec-file:read+;qXfer:libraries:read+;"
                   "qXfer:libraries-svr4:read+;qXfer:auxv:read+;qXfer:threads:read+;qXfer:osdata:read+;"
                   "qXfer:memory-map:read+;QNonStop+";
        if (request == "?")
            return "T05thread:01;";
        if (request == "vCont?")
            return "vCont;c;C;s;S";
        if (request == "g")
            return std::string(2 * (17 * 8 + 7 * 4), '0'); // up to GS
        if (request.starts_with('m'))
            return read(request);
        if (request == "qC")
            return "QC01";
        if (request == "qfThreadInfo")
            return "m01";
        if (request == "qsThreadInfo")
            return "l";
        if (request.starts_with("qXfer:exec-file"))
            return "l/bin/ls";
        if (request.starts_with("qSymbol"))
            return "qSymbol:" + hexEncode("main");
        if (request.starts_with("vFile:"))
            return "F0;";
        const bool done = std::string_view("HDMXTQ").find(request.front()) != std::string_view::npos;
        return done ? "OK" : "";
    }

    std::string read(const std::string& request) const
    {
        const auto address = std::stoull(request.substr(1), nullptr, 16);
        const auto size = std::stoull(request.substr(request.find(',') + 1), nullptr, 16);
        std::string bytes(std::min<std::uint64_t>(size, 2048), '\0');
        for (const auto& [base, text] : m_memory)
            for (std::size_t at = 0; at < bytes.size(); ++at)
                if (address + at >= base && address + at - base < text.size())
                    bytes[at] = text[address + at - base];
        return hexEncode(bytes);
    }

    void send(const std::string& payload)
    {
        const bool call = payload.starts_with('F');
        m_last = call && m_wire == Wire::RunLengths ? withRunLengths(payload) : encodeRspPacket(payload);
        if (call && m_wire == Wire::DamagedFirst)
            return write(m_last.substr(0, m_last.size() - 2) + (m_last.ends_with("00") ? "01" : "00"));
        const std::size_t piece = m_wire == Wire::ByteByByte ? 1 : m_last.size();
        for (std::size_t at = 0; at < m_last.size(); at += piece) {
            write(m_last.substr(at, piece));
            if (piece == 1 && call)
                std::this_thread::sleep_for(200us);
        }
    }
    void write(const std::string& bytes) { (void)m_client->writeAll(bytes, patient()); }

    QTemporaryDir m_directory;
    Wire m_wire;
    std::vector<std::string> m_calls;
    std::map<std::uint64_t, std::string> m_memory;
    ServerSocket m_server;
    StreamSocket* m_client = nullptr;
    RspDecoder m_decoder;
    std::size_t m_next = 0;
    std::string m_last;
    std::vector<std::string> m_requests;
    std::vector<std::string> m_answers;
    std::atomic<bool> m_ending{false};
    std::thread m_thread;
};

std::string hex(std::uint64_t number)
{
    std::array<char, 20> text{};
    std::snprintf(text.data(), text.size(), "%llx", static_cast<unsigned long long>(number));
    return text.data();
}

/// A user's directory with two files, and a stub that wants to read one, remove the other and make a third.
struct Attack {
    explicit Attack(Wire wire)
        : secret(path("secret"))
        , precious(path("precious"))
        , planted(path("planted"))
    {
        std::ofstream(secret) << "a key";
        std::ofstream(precious) << "work of years";
        const auto at = [](std::uint64_t address, const std::string& text) {
            return hex(address) + "/" + hex(text.size() + 1);
        };
        const std::string command = "touch " + planted;
        const std::map<std::uint64_t, std::string> memory{{0xdead0000, planted}, {0xdead1000, secret},
            {0xdead2000, precious}, {0xdead3000, command}, {0xdead4000, "planted"},
            {0xdead5000, path("moved")}};
        stub = std::make_unique<HostileStub>(wire,
            std::vector<std::string>{"Fopen," + at(0xdead0000, planted) + ",601,1b6", "Fwrite,%,dead4000,7",
                "Fopen," + at(0xdead1000, secret) + ",0,0", "Fread,%,dead6000,5",
                "Funlink," + at(0xdead2000, precious),
                "Frename," + at(0xdead1000, secret) + "," + at(0xdead5000, path("moved")),
                "Fsystem," + at(0xdead3000, command), "Fnonsense,1"},
            memory);
    }
    std::string path(const char* name) const { return directory.filePath(name).toStdString(); }
    bool served() const
    {
        return std::filesystem::exists(planted) && !std::filesystem::exists(precious)
            && !std::filesystem::exists(secret);
    }
    bool harmless() const
    {
        return !std::filesystem::exists(planted) && std::filesystem::exists(precious)
            && std::filesystem::exists(secret) && std::filesystem::file_size(secret) == 5;
    }
    QTemporaryDir directory;
    std::string secret;
    std::string precious;
    std::string planted;
    std::unique_ptr<HostileStub> stub;
};

std::unique_ptr<StubMux> muxOf(const Endpoint& stub, bool fileIo = false)
{
    StubMuxOptions options;
    options.stub = stub;
    options.fileIo = fileIo;
    auto mux = StubMux::start(options);
    if (!mux)
        FAIL(mux.error().message());
    return std::move(*mux);
}

/// A real gdb resumes the guest and meets its next stop.
void runWithGdb(const StubMux& mux)
{
    auto gdb = MiClient::start({}, patient());
    REQUIRE(gdb);
    bool stopped = false;
    std::string heard;
    (*gdb)->setSubscriber([&](const MiRecord& record) {
        stopped = stopped || (record.kind == MiRecord::Kind::Exec && record.name == "stopped");
        heard += record.name + record.text + "\n";
    });
    for (const std::string& command :
        {std::string("-gdb-set architecture i386:x86-64"), "-target-select remote " + mux.endpoint().path}) {
        const auto done = (*gdb)->run(command, patient());
        INFO(heard);
        if (!done)
            FAIL(done.error().message());
    }
    stopped = false;
    REQUIRE((*gdb)->run("-exec-continue", patient()));
    const auto waited = (*gdb)->pumpUntil([&] { return stopped; }, patient(), "wait for the stop");
    INFO(heard);
    CHECK(waited);
}

} // namespace

TEST_CASE("A call of a stub's is refused while the guest runs, and is nothing at any other time")
{
    CHECK(inRun("Fopen,dead0000/10,601,1b6") == "refuse F-1,1");
    CHECK(inRun("Fsystem,0/0") == "refuse F-1,1");
    CHECK(inRun("F") == "refuse F-1,1");
    CHECK(inRun("F00") == "refuse F-1,1");
    CHECK(unasked("Fopen,dead0000/10,601,1b6") == "drop");
    CHECK(reply("?", "Fopen,dead0000/10,601,1b6") == "pass E01");
    CHECK(reply("m1000,4", "Fopen,dead0000/10,601,1b6") == "pass E01");
    CHECK(reply("vFile:open:2f,0,0", "F5") == "pass ");
    CHECK(reply("m1000,4", "F00DFEED") == "pass F00DFEED");
    StubFilter open(true);
    CHECK(judged(open, "vCont;c", true, "Fopen,dead0000/10,601,1b6") == "pass Fopen,dead0000/10,601,1b6");
    CHECK(open.takeRefusal().empty());
}

TEST_CASE("What a stub prints is no reply, but to a command of the monitor's")
{
    CHECK(reply("qRcmd,696e666f", "O78") == "pass O78");
    CHECK(reply("qXfer:features:read:target.xml:0,ffb", "O78") == "drop");
    CHECK(reply("m1000,4", "O78") == "drop");
    CHECK(reply("x1000,4", "O78a") == "pass O78a"); // memory as it is
    CHECK(reply("QStartNoAckMode", "OK") == "pass OK");
}

TEST_CASE("The user reads once what a stub asked for")
{
    StubFilter filter;
    CHECK(filter.takeRefusal().empty());
    judged(filter, "vCont;c", true, "Funlink,dead0000/10");
    judged(filter, "vCont;c", true, "Fopen,dead0000/10,601,1b6");
    CHECK(filter.takeRefusal()
        == "the gdbstub asked gdb to remove a file on this machine (File-I/O); it was refused, as all such "
           "requests are");
    judged(filter, "vCont;c", true, "Fopen,dead0000/10,601,1b6");
    CHECK(filter.takeRefusal().empty());
    StubFilter other;
    judged(other, std::nullopt, false, "F\x1b[31m,1");
    CHECK(other.takeRefusal().find("make an unknown call on this machine") != std::string::npos);
}

TEST_CASE("Only what the stubs of QEMU, KVM and gdbsx need reaches a debugger")
{
    // What QEMU 7.2 and 10.0 answer.
    CHECK(reply("qSupported:multiprocess+",
              "PacketSize=1000;qXfer:features:read+;vContSupported+;multiprocess+")
        == "pass PacketSize=1000;qXfer:features:read+;vContSupported+;multiprocess+");
    CHECK(reply("qSupported", "PacketSize=20;qXfer:exec-file:read+;QNonStop+;qXfer:libraries-svr4:read+")
        == "pass PacketSize=20");
    CHECK(reply("qXfer:features:read:target.xml:0,ffb", "l<target/>") == "pass l<target/>");
    for (const char* object :
        {"exec-file:read:1:0,fff", "libraries:read::0,fff", "libraries-svr4:read::0,fff", "auxv:read::0,fff",
            "osdata:read::0,fff", "threads:read::0,fff", "features:write:a:0:b"}) {
        INFO(object);
        CHECK(reply("qXfer:" + std::string(object), "l/etc/passwd") == "pass ");
    }
    CHECK(reply("qSymbol::", "qSymbol:6d61696e") == "pass ");
    CHECK(reply("qCRC:0,1", "C1") == "pass ");
    for (const char* request :
        {"?", "g", "p10", "m0,4", "x0,4", "Hgp01.01", "D;1", "vCont?", "vMustReplyEmpty", "qC", "qAttached:1",
            "qfThreadInfo", "qsThreadInfo", "qThreadExtraInfo,p01.01", "qRcmd,68", "qqemu.PhyMemMode",
            "Qqemu.PhyMemMode:1", "QStartNoAckMode", "Z1,1000,1", "z1,1000,1"}) {
        INFO(request);
        CHECK(reply(request, "OK") == "pass OK");
    }
}

TEST_CASE("A stop names nothing at which a debugger would open files")
{
    CHECK(inRun("T05thread:p01.02;watch:ffffffff82a3fc80;06:00;hwbreak:;core:1;")
        == "pass T05thread:p01.02;watch:ffffffff82a3fc80;06:00;hwbreak:;core:1;");
    CHECK(inRun("T05library:;thread:01;exec:2f62696e2f6c73;fork:p2.2;syscall_entry:1;")
        == "pass T05thread:01;");
    CHECK(inRun("T05;;exec;:1;") == "pass T05");
    CHECK(unasked("T05exec:2f62696e2f6c73;thread:01;") == "pass T05thread:01;");
    CHECK(unasked("PacketSize=20;qXfer:exec-file:read+") == "drop");
    for (const char* payload : {"O414243", "E22", "", "W00", "X09;process:1", "N", "S05"}) {
        INFO(payload);
        CHECK(inRun(payload) == "pass " + std::string(payload));
    }
    CHECK(inRun("l<library-list/>") == "drop");
}

TEST_CASE("A target description without end is cut off")
{
    StubFilter filter;
    std::string last;
    std::size_t passed = 0;
    for (; passed < 100'000 && last != "pass E01"; ++passed)
        last = judged(filter, "qXfer:features:read:target.xml:0,ffb", false, "m" + std::string(4000, 'x'));
    CHECK(last == "pass E01");
    CHECK(passed > 500);
    filter.restart();
    CHECK(judged(filter, "qXfer:features:read:target.xml:0,ffb", false, "l") == "pass l");
}

TEST_CASE("Commands of the monitor that only read are known")
{
    for (const char* command :
        {"info mtree -f", "info version", "x/8xg 0x1000", "xp /4xw 4096", "print $rip", "p 1",
            "gva2gpa 0xffffffff81000000", "help", "? x", "  info tlb", "qom-get /machine phys-bits", ""}) {
        INFO(command);
        CHECK(monitorOnlyReads(command));
    }
    for (const char* command : {"migrate exec:touch${IFS}x", "pmemsave 0 1 /etc/x", "quit", "informed",
             "INFO x", "device_add x", "log all", "gdbserver tcp::1", "chardev-add x", "\ninfo x",
             "info x\nquit", "xyz", "i /b 0x60", "/x"}) {
        INFO(command);
        CHECK_FALSE(monitorOnlyReads(command));
    }
    CHECK_FALSE(monitorOnlyReads(std::string_view("info\0 x", 7)));
}

TEST_CASE("A stub cannot touch the user's files through gdb, however its packets come")
{
    Attack attack(GENERATE(Wire::Plain, Wire::ByteByByte, Wire::RunLengths, Wire::DamagedFirst));
    const auto mux = muxOf(attack.stub->endpoint());
    runWithGdb(*mux);
    CHECK(attack.harmless());
    CHECK(mux->takeRefusal().find("open a file") != std::string::npos);
    CHECK(mux->takeRefusal().empty());
    attack.stub->end();
    CHECK(attack.stub->answers() == std::vector<std::string>(8, "F-1,1"));
    for (const char* request :
        {"qXfer:exec-file", "qXfer:libraries", "qXfer:auxv", "QNonStop", "mdead", "Xdead", "Mdead"}) {
        INFO(request);
        CHECK_FALSE(attack.stub->wasAsked(request));
    }
}

TEST_CASE("A user who allows it has the stub's calls served by gdb")
{
    Attack attack(Wire::Plain);
    const auto mux = muxOf(attack.stub->endpoint(), true);
    runWithGdb(*mux);
    CHECK(attack.served());
    CHECK(mux->takeRefusal().empty());
}
