// SPDX-License-Identifier: GPL-2.0-or-later
// What asks a stub by itself, with the stub hostile: the client side of the remote protocol.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "gdb/net/serversocket.h"
#include "gdb/rsp/rspclient.h"
#include "gdb/stub/stubcpus.h"
#include "gdb/stub/stubprobe.h"
#include "tests/fuzz/wire.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using pgtscope::fuzz::Input;
using pgtscope::fuzz::require;
using pgtscope::fuzz::Wire;

namespace {

WaitLimit soon() { return WaitLimit::after(std::chrono::milliseconds(100)); }

/// All that the stub will ever say. A line is a packet; one that begins with '(' is bytes as they are.
std::string wordsOf(Input& input)
{
    std::string bytes;
    while (!input.empty()) {
        const std::string_view line = input.line();
        bytes += line.starts_with('(') ? std::string(line.substr(1)) : encodeRspPacket(line);
    }
    return bytes;
}

void readMemory(StubLine& line)
{
    std::vector<std::byte> bytes(4096);
    std::vector<StubRead> pieces;
    for (std::size_t at = 0; at < bytes.size(); at += 256)
        pieces.push_back({core::PhysicalAddress(at), std::span(bytes).subspan(at, 256), false});
    const auto done = line.read(pieces, soon());
    require(
        done || std::none_of(pieces.begin(), pieces.end(), [](const StubRead& piece) { return piece.ok; }));
}

void speak(std::uint8_t bits, Input& input)
{
    Wire wire;
    StreamSocket socket = wire.theirs();
    wire.send(wordsOf(input));
    wire.end();
    const StubTraits traits{(bits & 4U) != 0 ? std::size_t{4096} : std::size_t{0}, (bits & 8U) != 0, true,
        std::chrono::milliseconds(0)};
    StubLine line(socket, traits, (bits & 16U) != 0);
    switch (bits & 3U) {
    case 0: {
        StubCpus cpus;
        const auto states = cpus.read(line, soon());
        require(!states || !states->empty());
        break;
    }
    case 1:
        readMemory(line);
        break;
    default:
        (void)line.monitor("info mtree -f", soon());
        (void)line.ask("qC", soon());
    }
}

/// A stub that answers whoever connects.
void probe(Input& input)
{
    static const Endpoint endpoint = parseEndpoint("unix:"
        + (std::filesystem::temp_directory_path() / ("fuzz-stub-" + std::to_string(::getpid()))).string())
                                         .value();
    static ServerSocket server = ServerSocket::listen(endpoint).value();
    auto client = RspClient::connect(endpoint, soon());
    require(client.has_value());
    auto stub = server.accept();
    require(stub.has_value());
    (void)stub->writeSome(wordsOf(input));
    ::shutdown(stub->descriptor(), SHUT_WR);
    const auto facts = probeStub(*client, endpoint, soon(), nullptr);
    if (facts)
        require(facts->traits().readBytes() <= 32U << 10U);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Input input(data, size);
    const std::uint8_t bits = input.byte();
    if ((bits & 3U) == 3)
        probe(input);
    else
        speak(bits, input);
    return 0;
}
