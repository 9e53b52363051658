// SPDX-License-Identifier: GPL-2.0-or-later
// A guest is read through its stub, without gdb, and let go as it was found.
#include "tests/lab/labboot.h"

#include "core/steps/diff.h"
#include "gdb/capture/readingsession.h"

using namespace pgtscope;
using namespace pgtscope::test;

namespace {

/// The lab guest at the end of a scenario, where it halts with its tables in place.
struct HaltedLab {
    HaltedLab()
        : guest("lab", [](gdb::LaunchSpec& spec) { spec.append = "scenario=native"; })
    {
        guest.resume();
        guest.awaitConsole("LAB: done");
    }

    gdb::SessionOptions options(const std::string& channel = {}) const
    {
        gdb::SessionOptions options;
        options.endpoint = guest.guest().gdbEndpoint();
        options.guest = guest.guest();
        options.channel = channel;
        return options;
    }
    bool runs() const { return guest.monitor("info status").find("running") != std::string::npos; }

    LiveGuest guest;
};

} // namespace

TEST_CASE("a guest is read without gdb as it is with it, by every channel, and runs on")
{
    const HaltedLab lab;
    core::CancelFlag cancel;
    auto session = required(gdb::GuestSession::open(lab.options(), cancel));
    const core::SnapshotPtr withGdb = required(session->capture({}));
    required(session->close());
    for (const std::string channel : {"", "mapped", "procmem", "rsp"}) {
        CAPTURE(channel);
        auto reading = required(gdb::ReadingSession::open(lab.options(channel), cancel));
        const core::SnapshotPtr snapshot = required(reading->capture({}));
        CHECK_FALSE(lab.runs());
        required(reading->detach());
        CHECK(lab.runs());
        CHECK(snapshot->cpu().control == withGdb->cpu().control);
        const auto diff = core::diffSnapshots(*withGdb, *snapshot, {});
        CHECK(diff.tables.entries.empty());
        CHECK(diff.tables.tables.empty());
        CHECK(snapshot->tables().size() == withGdb->tables().size());
    }
}

TEST_CASE(
    "a guest that was paused stays paused when it was read, and one that ran runs on however reading ends")
{
    const HaltedLab lab;
    core::CancelFlag cancel;
    lab.guest.pause();
    for (int round = 0; round < 2; ++round) {
        auto reading = required(gdb::ReadingSession::open(lab.options(), cancel));
        required(reading->capture({}));
        required(reading->detach());
        CHECK_FALSE(lab.runs());
    }
    lab.guest.resume();
    {
        const auto abandoned = required(gdb::ReadingSession::open(lab.options(), cancel));
        CHECK_FALSE(lab.runs());
    }
    CHECK(lab.runs());
    gdb::SessionOptions wrong = lab.options("mapped");
    wrong.guest->ramFile = "/dev/null";
    CHECK_FALSE(gdb::ReadingSession::open(wrong, cancel));
    CHECK(lab.runs());
}

TEST_CASE("registers are of this moment where the stub's single ones are not, without gdb as well")
{
    LiveGuest guest("lab", [](gdb::LaunchSpec& spec) { spec.append = "scenario=native"; });
    KvmStub kvm(guest.guest().gdbEndpoint());
    core::CancelFlag cancel;
    gdb::SessionOptions options;
    options.endpoint = kvm.endpoint();
    const auto ripNow = [&] {
        auto reading = required(gdb::ReadingSession::open(options, cancel));
        const auto rip = required(reading->capture({}))->cpu().rip;
        required(reading->detach());
        return rip;
    };
    const core::LinearAddress before = ripNow();
    guest.resume();
    guest.awaitConsole("LAB: done");
    CHECK(ripNow() != before);
}

TEST_CASE("a hypervisor whose names cannot be read is said once, where a name was asked for")
{
    const HaltedLab lab;
    gdb::SessionOptions options = lab.options();
    options.guest->spec.hypervisor = options.guest->spec.kernel;
    std::vector<std::string> remarks;
    options.remark = [&](const std::string& text) { remarks.push_back(text); };
    core::CancelFlag cancel;
    auto reading = required(gdb::ReadingSession::open(options, cancel));
    CHECK(remarks.empty());
    CHECK(reading->xenNames().symbols().symbols().empty());
    CHECK(reading->xenNames().symbols().symbols().empty());
    REQUIRE(remarks.size() == 1);
    CHECK(remarks[0].rfind("Xen's functions have no names: ", 0) == 0);
    CHECK(remarks[0].find(options.guest->spec.kernel.filename().string()) != std::string::npos);
    required(reading->detach());
}
