// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/capture/guestkernel.h"

#include <algorithm>
#include <span>

#include "core/linux/events.h"
#include "core/linux/recognition.h"
#include "core/linux/unpackedkernel.h"
#include "core/symbols/symbolcache.h"
#include "core/walk/runs.h"
#include "core/walk/translation.h"

namespace pgtscope::gdb {

core::Result<std::optional<core::KernelSymbols>> GuestKernel::load(
    const SessionOptions& options, const core::Progress& progress)
{
    const bool named = !options.kernelFile.empty();
    if (!named && !options.guest)
        return std::nullopt;
    if (progress)
        progress("Reading the kernel's symbols", 0, 0);
    auto loaded
        = core::SymbolCache().loadFile(named ? options.kernelFile : options.guest->spec.kernel.string());
    if (named)
        RETURN_IF_ERROR(loaded);
    const auto problem = loaded ? loaded->undecoded : std::optional(loaded.error());
    if (problem && options.remark)
        options.remark(
            "the kernel's symbols cannot be read, continuing without names: " + problem->message());
    if (!loaded)
        return std::nullopt;
    return std::move(*loaded);
}

void GuestKernel::use(core::KernelSymbols kernel, const SessionOptions& options)
{
    // A System.map has no banner to look for: its addresses are taken as they are.
    if (auto clues = core::slideCluesOf(kernel))
        m_slideClues = std::move(*clues);
    else
        m_slideState = core::SlideState::Found;
    m_hasDwarf = kernel.hasDwarf && !kernel.gdbFile.empty();
    m_symbols = std::move(kernel.table);
    const std::string commandLine = options.guest ? " " + options.guest->spec.append + " " : "";
    // KASLR does not apply to a PV kernel: Xen loads it where it was linked.
    const bool underXen = options.guest && !options.guest->spec.hypervisor.empty();
    m_assumeLinked = underXen || commandLine.find(" nokaslr ") != std::string::npos || options.slide
        || core::runsWhereLinked(m_symbols);
    // strtobool() takes "off", "n" and "0" (lib/kstrtox.c); init/main.c, since 4.6.
    for (const char* off : {" rodata=off ", " rodata=n ", " rodata=0 "})
        m_rodataOff = m_rodataOff || commandLine.find(off) != std::string::npos;
    m_symbols.setSlide(options.slide.value_or(0));
}

namespace {

std::vector<core::LinearAddress> executableMappings(const core::Snapshot& snapshot)
{
    constexpr std::size_t enough = 4096;
    std::vector<core::LinearAddress> starts;
    core::RunOptions options;
    options.physicallyContiguous = false;
    core::forEachRun(snapshot, options, [&](const core::Run& run) {
        if (run.kind == core::RunKind::Mapping && run.rights.execute)
            starts.push_back(run.begin);
        return starts.size() < enough;
    });
    return starts;
}

} // namespace

void GuestKernel::findSlide(const core::Snapshot& snapshot, core::PhysicalMemory& memory)
{
    if (!m_slideClues || m_slideState == core::SlideState::Found)
        return;
    const auto answer = core::findSlide(
        *m_slideClues, [&] { return executableMappings(snapshot); },
        [&](core::LinearAddress linear, std::span<std::byte> bytes) {
            return core::readLinear(snapshot, memory, linear, bytes);
        });
    m_slideState = answer.state;
    if (answer.state == core::SlideState::Found)
        m_symbols.setSlide(answer.slide);
}

bool GuestKernel::canBeUnpacked() const
{
    return m_slideClues && m_slideState == core::SlideState::NotMapped
        && core::canBeSeenUnpacked(m_symbols, *m_slideClues);
}

core::Result<std::vector<core::PhysicalAddress>> GuestKernel::unpackingAt(core::PhysicalMemory& memory) const
{
    if (!m_slideClues)
        return std::vector<core::PhysicalAddress>();
    return core::elfFilesInRam(memory, *m_slideClues);
}

bool GuestKernel::placeUnpacked(core::PhysicalAddress text, core::PhysicalMemory& memory)
{
    const auto slide
        = m_slideClues ? core::slideOfUnpacked(m_symbols, *m_slideClues, memory, text) : std::nullopt;
    if (!slide)
        return false;
    m_slideState = core::SlideState::Found;
    m_symbols.setSlide(*slide);
    m_entryShift = m_slideClues->text.value + *slide - text.value;
    return true;
}

bool GuestKernel::placeAround(core::PhysicalAddress pc, core::PhysicalMemory& memory)
{
    if (!m_slideClues)
        return false;
    const auto places = core::unpackedAround(m_symbols, *m_slideClues, pc);
    return std::any_of(places.begin(), places.end(),
        [&](core::PhysicalAddress text) { return placeUnpacked(text, memory); });
}

std::vector<core::DetachedRoot> GuestKernel::finalRoots(const core::Snapshot& snapshot) const
{
    std::vector<core::DetachedRoot> roots;
    if (!snapshot.paging().enabled())
        return roots;
    for (const core::LinearAddress address : core::finalRoots(m_symbols)) {
        const core::Translation at = core::translate(snapshot, address);
        if (at.end == core::TranslationEnd::Mapped && at.physical.value % 32 == 0)
            roots.push_back({at.physical, snapshot.paging().levels()});
    }
    return roots;
}

void GuestKernel::place(const core::Snapshot& snapshot, core::PhysicalMemory& memory)
{
    findSlide(snapshot, memory);
    if (const core::SymbolTable* symbols = placedSymbols()) {
        const auto text = symbols->find("_text");
        m_isLinux = core::areLinux(*symbols)
            && (!text || core::translate(snapshot, *text).end == core::TranslationEnd::Mapped);
    } else {
        m_banner = core::findLinuxBanner(snapshot, memory, m_banner);
        m_isLinux = m_banner.has_value();
    }
}

core::PgtBufReading GuestKernel::variable(
    const core::Snapshot& snapshot, core::PhysicalMemory& memory, std::string_view name) const
{
    const auto address = m_symbols.find(name);
    if (!address)
        return core::PgtBufReading::noSymbol();
    std::uint64_t value = 0;
    const std::size_t bytes = snapshot.paging().linearBits() == 32 ? 4 : 8;
    const auto destination = std::as_writable_bytes(std::span(&value, 1)).first(bytes);
    if (!snapshot.paging().enabled() || !core::readLinear(snapshot, memory, *address, destination))
        return core::PgtBufReading::notMapped();
    return core::PgtBufReading::of(value);
}

bool GuestKernel::rodataOff(const core::Snapshot& snapshot, core::PhysicalMemory& memory) const
{
    // A bool, init/main.c since 4.6.
    const core::PgtBufReading enabled = variable(snapshot, memory, "rodata_enabled");
    return m_rodataOff || (enabled.hasValue() && (enabled.value & 0xff) == 0);
}

} // namespace pgtscope::gdb
