// SPDX-License-Identifier: GPL-2.0-or-later
// Emulators and machines beside qemu-system-x86_64's usual one: what they are is what their stub describes.
#include "firmwareguest.h"

#include "gdb/capture/guestsession.h"
#include "gdb/capture/readingsession.h"
#include "tests/support/required.h"

using namespace pgtscope;
using namespace pgtscope::gdb;
using namespace pgtscope::test;

namespace {

struct Machine {
    const char* what;
    const char* program;
    QStringList arguments;
};

} // namespace

TEST_CASE("Every x86 emulator and machine is read by gdb and without it alike")
{
    const Machine machine = GENERATE(values<Machine>({
        {"i386", "qemu-system-i386", {}},
        {"i386, isapc", "qemu-system-i386", {"-machine", "isapc", "-cpu", "486"}},
        {"isapc", "qemu-system-x86_64", {"-machine", "isapc"}},
        {"microvm", "qemu-system-x86_64", {"-machine", "microvm"}},
        {"cpu max", "qemu-system-x86_64", {"-cpu", "max"}},
        {"16 processors", "qemu-system-x86_64", {"-smp", "16"}},
    }));
    INFO(machine.what);
    FirmwareGuest guest(QStringList{"-S"} + machine.arguments, 0, machine.program);
    core::CancelFlag cancel;
    SessionOptions options;
    options.endpoint = guest.stub();
    auto reading = required(ReadingSession::open(options, cancel));
    const auto without = required(reading->capture({}));
    required(reading->detach());
    auto session = required(GuestSession::open(options, cancel));
    const auto with = required(session->capture({}));
    CHECK(without->cpu() == with->cpu());
    CHECK(with->cpu().rip.value == 0xfff0);
    CHECK_FALSE(with->paging().enabled());
    CHECK(required(session->target().cpus()).size() == (machine.arguments.contains("16") ? 16U : 1U));
    required(session->target().stepInstruction());
    CHECK(required(session->capture({}))->cpu().rip != with->cpu().rip);
    required(session->close());
    CHECK(guest.status() != "running");
}
