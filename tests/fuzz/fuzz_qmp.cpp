// SPDX-License-Identifier: GPL-2.0-or-later
// QEMU's machine protocol, with a hostile server that says everything at once.
#include "gdb/qmp/cpufeatures.h"
#include "gdb/qmp/qmpclient.h"
#include "tests/fuzz/wire.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using pgtscope::fuzz::require;
using pgtscope::fuzz::Wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Wire wire;
    StreamSocket socket = wire.theirs();
    wire.send({reinterpret_cast<const char*>(data), size});
    wire.end();
    const WaitLimit limit = WaitLimit::after(std::chrono::seconds(1));
    auto monitor = QmpClient::start(std::move(socket), limit);
    if (!monitor)
        return 0;
    require(!monitor->qemuVersion().empty());
    if (const auto features = cpuFeatures(*monitor, limit))
        require(features->physicalAddressBits >= 32 && features->physicalAddressBits <= 52);
    if (const auto text = monitor->monitor("info mtree -f", limit))
        require(text->find('\r') == std::string::npos);
    (void)monitor->execute("query-status", limit);
    require(monitor->takeEvents().size() <= 256);
    return 0;
}
