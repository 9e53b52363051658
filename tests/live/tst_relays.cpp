// SPDX-License-Identifier: GPL-2.0-or-later
// A stub that is reached through something else: a slow tunnel, a forwarded port.
#include "firmwareguest.h"

#include <QFile>

#include "gdb/capture/guestsession.h"
#include "gdb/capture/readingsession.h"
#include "gdb/memory/choosechannel.h"
#include "tests/support/relay.h"
#include "tests/support/required.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using namespace pgtscope::test;
using namespace std::chrono_literals;

namespace {

core::SnapshotPtr captured(GuestReader& reader) { return required(reader.capture({})); }

SessionOptions optionsFor(const Relay& relay)
{
    SessionOptions options;
    options.endpoint = relay.endpoint();
    return options;
}

} // namespace

TEST_CASE("A tunnel that delays each reply by two seconds is slow, and works")
{
    FirmwareGuest guest;
    Relay relay(guest.stub());
    relay.delayReplies(2s);
    core::CancelFlag cancel;
    auto session = required(ReadingSession::open(optionsFor(relay), cancel));
    CHECK(captured(*session)->cpu().rip != core::LinearAddress(0));
    required(session->detach());
    relay.delayReplies(0s);
    CHECK(guest.reaches("running"));
}

TEST_CASE("A reply that comes late is not taken for a guest that somebody resumed")
{
    FirmwareGuest guest;
    Relay relay(guest.stub());
    core::CancelFlag cancel;
    auto session = required(GuestSession::open(optionsFor(relay), cancel));
    const core::SnapshotPtr before = captured(*session);
    auto target = &session->target();
    required(target->cpus());
    relay.delayReplies(1800ms);
    required(target->checkStillStopped());
    relay.delayReplies(0s);
    CHECK(captured(*session)->cpu() == before->cpu());
}

TEST_CASE("Memory behind a forwarded port is read from the stub, never from a process on this machine")
{
    FirmwareGuest guest({}, 29431);
    FirmwareGuest other({}, 29432);
    const Relay relay(guest.stub(), Relay::Listens::Port);
    const core::CancelFlag never;
    CHECK(required(probeStub(guest.stub(), WaitLimit::after(10s))).processId);
    CHECK_FALSE(required(probeStub(relay.endpoint(), WaitLimit::after(10s))).processId);
    ConnectOptions options;
    options.endpoint = relay.endpoint();
    const auto target = required(Target::attach(options, &never));
    const auto chosen = required(chooseChannel(*target, target.get(), {}));
    CHECK(chosen.channel->name() == "gdbstub, pipelined");
}

TEST_CASE("Memory of which only zeros were seen is proven once more is there, and another machine's is "
          "refused then")
{
    const QTemporaryDir files("/dev/shm/pgtscope-test-XXXXXX");
    QFile zeros(files.filePath("zeros"));
    REQUIRE(zeros.open(QIODevice::WriteOnly));
    REQUIRE(zeros.resize(256 << 20));
    FirmwareGuest guest({"-S"});
    const core::CancelFlag never;
    const auto target = required(Target::attach(guest.options(), &never));
    const std::string anothers = zeros.fileName().toStdString();
    auto wrong = required(chooseChannel(*target, target.get(), {"mapped", anothers, std::nullopt}));
    CHECK_FALSE(wrong.proven);
    auto right = required(chooseChannel(*target, target.get(), {"procmem", {}, std::nullopt}));
    CHECK_FALSE(required(provesItself(*target, target.get(), *right.channel)));

    required(target->writePhysical(core::PhysicalAddress(0), 0x1122334455667788, 8));
    CHECK(required(provesItself(*target, target.get(), *right.channel)));
    const auto differs = provesItself(*target, target.get(), *wrong.channel);
    REQUIRE_FALSE(differs);
    CHECK(differs.error().happened.find("differs") != std::string::npos);
    CHECK(required(chooseChannel(*target, target.get(), {"", anothers, std::nullopt})).proven);
}
