// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/guestoptions.h"

#include <algorithm>
#include <charconv>

#include "core/base/numbers.h"
#include "gdb/capture/readingsession.h"
#include "gdb/qemu/qemulauncher.h"

namespace pgtscope::pgt {

void SlideOptions::addTo(CLI::App& command)
{
    auto* none = command.add_flag("--nokaslr", noKaslr,
        "The kernel runs at its link address: its symbols are valid before its first instruction");
    command
        .add_option(
            "--slide", slide, "KASLR slide: how far above its link address the kernel runs, e.g. 0x1c000000")
        ->excludes(none);
}

core::Result<std::optional<std::uint64_t>> SlideOptions::value() const
{
    if (slide.empty())
        return noKaslr ? std::optional<std::uint64_t>(0) : std::nullopt;
    const auto number = core::parseNumber(slide);
    if (!number)
        return core::failure(
            "place the kernel", "\"" + slide + "\" is no number", "write e.g. --slide 0x1c000000");
    return std::optional<std::uint64_t>(*number);
}

void GuestOptions::addTo(CLI::App& command)
{
    auto* connectOption = command.add_option(
        "--connect", connect, "Attach to a stub: unix:PATH, HOST:PORT or gdbsx:HOST:PORT");
    command.add_option("--guest", guest, "A guest that \"pgt launch\" started, by name or id")
        ->excludes(connectOption);
    command
        .add_option("--kernel", kernel,
            "Symbols from this kernel (bzImage, vmlinux, UKI, Debian package; packed or not) or System.map")
        ->check(CLI::ExistingFile);
    slide.addTo(command);
    command.add_option("--cpu", cpu, "CPU number, from 0")->capture_default_str();
    command.add_option("--cr3", cr3,
        "Walk from this root instead of the CPU's CR3: a value of CR3, pa:, frame:, mfn:, pfn:, va: or a "
        "symbol; with a recording one that it has, as KPTI's other half");
    command.add_option("--nested-cr3", nestedCr3,
        "The root is a nested guest's: translate through the nested tables with this root (nCR3, a physical "
        "address)");
    command
        .add_option("--channel", channel,
            "Read memory through this channel only: mapped, procmem, rsp, pmemsave or gdb")
        ->check(CLI::IsMember({"mapped", "procmem", "rsp", "pmemsave", "gdb"}));
    command
        .add_option(
            "--maxphyaddr", physicalAddressBits, "Physical address bits, if the guest does not report them")
        ->check(CLI::Range(32, 52));
    command.add_option("--names", dialectName, "Level names: intel, kernel or xen")
        ->capture_default_str()
        ->check(CLI::IsMember({"intel", "kernel", "xen"}));
    command.add_flag("--json", json, "Answer in JSON");
}

core::Dialect GuestOptions::dialect() const
{
    return core::dialectByName(dialectName).value_or(core::Dialect::Intel);
}

core::Result<gdb::SessionOptions> sessionOptionsOf(const GuestOptions& options, Console& console)
{
    gdb::SessionOptions session;
    session.remark = console.remarks();
    session.kernelFile = options.kernel;
    ASSIGN_OR_RETURN(const auto slide, options.slide.value());
    session.slide = slide;
    session.channel = options.channel;
    if (options.physicalAddressBits != 0)
        session.physicalAddressBits = options.physicalAddressBits;
    if (!options.connect.empty()) {
        ASSIGN_OR_RETURN(const auto endpoint, gdb::parseEndpoint(options.connect));
        session.endpoint = endpoint;
    } else {
        ASSIGN_OR_RETURN(const auto guest, gdb::QemuLauncher().find(options.guest));
        session.endpoint = guest.gdbEndpoint();
        session.guest = guest;
    }
    return session;
}

core::Result<std::unique_ptr<gdb::GuestSession>> openGuest(const GuestOptions& options, Console& console)
{
    ASSIGN_OR_RETURN(const auto session, sessionOptionsOf(options, console));
    return gdb::GuestSession::open(session, console.cancel(), console.progress());
}

core::Result<std::unique_ptr<gdb::GuestReader>> openReader(const GuestOptions& options, Console& console)
{
    using Opened = core::Result<std::unique_ptr<gdb::GuestReader>>;
    ASSIGN_OR_RETURN(const auto session, sessionOptionsOf(options, console));
    const auto opened = [](auto result) {
        return result ? Opened(std::move(*result)) : Opened(tl::unexpected(result.error()));
    };
    return gdb::ReadingSession::possible(session)
        ? opened(gdb::ReadingSession::open(session, console.cancel(), console.progress()))
        : opened(gdb::GuestSession::open(session, console.cancel(), console.progress()));
}

namespace {

/// A value of CR3 as the processor, an oops text or the monitor has it: with a PCID, no-flush, or bits of
/// LAM. The paging mode masks it; what is a linear address is refused.
core::Result<core::PhysicalAddress> rootInNumber(
    const core::AddressWord& word, const core::CpuFeatures& features)
{
    constexpr std::uint64_t flags = 0xe000000000000000; // no-flush, LAM_U48, LAM_U57
    if ((word.value & ~flags) >> features.physicalAddressBits == 0)
        return core::PhysicalAddress(word.value);
    return core::failure("walk from the root " + word.text,
        "it is no value of CR3: physical addresses of this CPU have "
            + std::to_string(features.physicalAddressBits) + " bits",
        "give the table's physical address, or va:0x… for where it is mapped");
}

bool isValueOfCr3(const core::AddressWord& word)
{
    return word.space == core::AddressSpace::Bare || word.space == core::AddressSpace::Physical;
}

core::Result<core::PhysicalAddress> rootOfGuest(
    gdb::GuestReader& session, const GuestOptions& options, const gdb::CaptureRequest& request)
{
    ASSIGN_OR_RETURN(const auto word, core::parseAddressWord(options.cr3, session.symbols()));
    if (isValueOfCr3(word))
        return rootInNumber(word, session.features());
    // The tables that CR3 itself leads to show where the others are.
    ASSIGN_OR_RETURN(const auto snapshot, session.capture(request));
    return core::physicalAddressOf(word, *snapshot);
}

} // namespace

core::Result<core::PhysicalAddress> rootAsked(
    const std::string& cr3, const core::SymbolTable& symbols, const core::Snapshot& snapshot)
{
    ASSIGN_OR_RETURN(const auto word, core::parseAddressWord(cr3, symbols));
    return isValueOfCr3(word) ? rootInNumber(word, snapshot.paging().features())
                              : core::physicalAddressOf(word, snapshot);
}

core::Result<core::LinearAddress> linearAddressAsked(
    const std::string& text, const core::SymbolTable& symbols, const core::Snapshot& snapshot)
{
    ASSIGN_OR_RETURN(const auto word, core::parseAddressWord(text, symbols));
    return core::linearAddressOf(word, snapshot);
}

core::Result<core::SnapshotPtr> captureGuest(
    gdb::GuestReader& session, const GuestOptions& options, Console& console)
{
    gdb::CaptureRequest request;
    request.cpu = options.cpu;
    request.asInfoTlb = options.asInfoTlb;
    if (!options.cr3.empty()) {
        ASSIGN_OR_RETURN(const auto root, rootOfGuest(session, options, request));
        request.root = root;
    }
    if (!options.nestedCr3.empty()) {
        const auto number = core::parseNumber(options.nestedCr3);
        if (!number)
            return core::failure("walk through nested tables", "\"" + options.nestedCr3 + "\" is no number",
                "write e.g. --nested-cr3 0x1c000");
        request.nestedRoot = core::PhysicalAddress(*number);
    }
    console.progress()("Reading the page tables", 0, 0);
    return session.capture(request);
}

} // namespace pgtscope::pgt
