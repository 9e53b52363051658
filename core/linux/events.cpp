// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/linux/events.h"

#include <algorithm>
#include <array>

namespace pgtscope::core {

namespace {

using enum KernelFlavour;

std::string releaseName(KernelRelease release)
{
    if (release == kernel2639)
        return "2.6.39";
    return std::to_string(release / 1000) + '.' + std::to_string(release % 1000);
}

std::string_view flavourText(KernelFlavour flavour)
{
    constexpr std::array<std::string_view, 5> texts{"", "64-bit kernels only", "32-bit kernels only",
        "kernels built for Xen PV only", "the lab guest only"};
    return texts[static_cast<std::size_t>(flavour)];
}

bool fits(const BootEvent& event, bool is64Bit) { return event.flavour != (is64Bit ? Bits32 : Bits64); }

bool hasSymbolOf(const BootEvent& event, const SymbolTable& symbols)
{
    return std::any_of(event.symbols.begin(), event.symbols.end(),
        [&](std::string_view symbol) { return !symbol.empty() && symbols.find(symbol).has_value(); });
}

/// 32-bit kernels have symbols of later functions and tables of 64-bit ones, but none of their entry.
bool isOf64Bits(const SymbolTable& symbols)
{
    const auto events = bootEvents();
    return std::any_of(events.begin(), events.end(), [&](const BootEvent& event) {
        return event.flavour == Bits64 && event.kind == BootEventKind::Function
            && event.phase <= BootPhase::EarlyC && hasSymbolOf(event, symbols);
    });
}

std::string missingReason(const BootEvent& event, bool is64Bit)
{
    if (!fits(event, is64Bit) || event.flavour == Lab)
        return std::string(flavourText(event.flavour));
    std::string reason = "no symbol";
    for (std::size_t i = 0; i < event.symbols.size() && !event.symbols[i].empty(); ++i)
        reason += (i == 0 ? " " : " or ") + std::string(event.symbols[i]);
    if (event.since != kernel2639 || event.until)
        reason += "; kernels " + releaseText(event);
    if (event.flavour != Any)
        reason += "; " + std::string(flavourText(event.flavour));
    if (event.oftenInlined)
        reason += "; often inlined: a vmlinux with DWARF gives its address";
    return reason;
}

} // namespace

const BootEvent* findBootEvent(std::string_view name)
{
    const auto events = bootEvents();
    const auto found
        = std::find_if(events.begin(), events.end(), [name](const BootEvent& e) { return e.name == name; });
    return found == events.end() ? nullptr : &*found;
}

const BootEvent& firstEventWith(PgtBufEffect effect)
{
    return firstEvent([effect](const BootEvent& event) { return event.pgtBuf == effect; });
}

std::string_view calledName(const BootEvent& event) { return event.name.substr(0, event.name.find(':')); }

bool isDeathSymbol(std::string_view symbol)
{
    // Called on the way to the functions of the catalogue, or after them.
    constexpr std::array<std::string_view, 7> others{"__die_body", "oops_begin", "oops_end", "handle_bug",
        "exc_invalid_op", "do_invalid_op", "xen_reboot"};
    const std::string_view name = symbol.substr(0, symbol.find('+'));
    const auto is = [name](std::string_view function) { return !name.empty() && function == name; };
    return std::any_of(others.begin(), others.end(), is)
        || std::any_of(bootEvents().begin(), bootEvents().end(), [&](const BootEvent& event) {
               return event.dies && std::any_of(event.symbols.begin(), event.symbols.end(), is);
           });
}

bool isDying(const Snapshot& snapshot) { return snapshot.dying() || isDeathSymbol(snapshot.ripSymbol()); }

std::span<const std::string_view> lastWords()
{
    static constexpr std::array<std::string_view, 5> words{"Kernel panic - not syncing",
        "PANIC: early exception", "Hardware Dom0 halted", "Hardware Dom0 crashed", "Panic on CPU "};
    return words;
}

const BootEvent* lastOf(std::span<const ResolvedEvent> events)
{
    const auto last = std::find_if(
        events.rbegin(), events.rend(), [](const ResolvedEvent& known) { return !known.event->dies; });
    return last == events.rend() ? nullptr : last->event;
}

std::string_view bootPhaseName(BootPhase phase)
{
    constexpr std::array<std::string_view, 6> names{"entry", "early C", "setup", "tables", "init", "running"};
    return names[static_cast<std::size_t>(phase)];
}

std::string releaseText(const BootEvent& event)
{
    return event.until ? releaseRangeText(event) : "since " + releaseName(event.since);
}

std::string releaseRangeText(const BootEvent& event)
{
    return releaseName(event.since) + " to " + releaseName(event.until.value_or(newestKernel));
}

ResolvedEvents resolveEvents(const SymbolTable& symbols)
{
    const bool is64Bit = isOf64Bits(symbols);
    ResolvedEvents result;
    for (const BootEvent& event : bootEvents()) {
        std::optional<ResolvedEvent> resolved;
        for (const std::string_view symbol : event.symbols) {
            const auto address = symbol.empty() ? std::nullopt : symbols.find(symbol);
            if (address && fits(event, is64Bit) && !resolved)
                resolved = ResolvedEvent{&event, symbol, *address};
        }
        if (resolved)
            result.available.push_back(*resolved);
        else
            result.missing.push_back({&event, missingReason(event, is64Bit)});
    }
    return result;
}

bool hasKaslr(const SymbolTable& symbols)
{
    const auto events = bootEvents();
    return std::any_of(events.begin(), events.end(),
        [&](const BootEvent& event) { return event.needsKaslr && hasSymbolOf(event, symbols); });
}

bool runsWhereLinked(const SymbolTable& symbols)
{
    constexpr KernelRelease ownSymbol = 4007; // of kaslr_get_random_long
    if (symbols.empty() || hasKaslr(symbols) || symbols.find("kaslr_get_random_long"))
        return false;
    const auto events = bootEvents();
    const bool newer = std::any_of(events.begin(), events.end(), [&](const BootEvent& event) {
        return event.since > ownSymbol && symbols.find(event.symbols.front());
    });
    return newer || !symbols.find("dump_kernel_offset");
}

std::vector<LinearAddress> finalRoots(const SymbolTable& symbols)
{
    const bool is64Bit = isOf64Bits(symbols);
    std::vector<LinearAddress> roots;
    for (const BootEvent& event : bootEvents())
        for (const std::string_view symbol : event.symbols)
            if (event.root == RootStage::Final && !symbol.empty())
                // A list of symbols may lack the entry code, but not the width of its addresses.
                if (const auto address = symbols.find(symbol);
                    address && fits(event, is64Bit || address->value >> 32 != 0))
                    roots.push_back(*address);
    return roots;
}

std::vector<std::string_view> tableSymbols()
{
    std::vector<std::string_view> names;
    for (const BootEvent& event : bootEvents())
        for (const std::string_view symbol : event.symbols)
            if (event.root != RootStage::None && !symbol.empty())
                names.push_back(symbol);
    constexpr std::array<std::string_view, 9> others{"level4_kernel_pgt", "level3_ident_pgt",
        "level3_kernel_pgt", "level2_ident_pgt", "level2_kernel_pgt", "level2_fixmap_pgt",
        "level1_fixmap_pgt", "bm_pte", "early_dynamic_pgts"};
    names.insert(names.end(), others.begin(), others.end());
    return names;
}

} // namespace pgtscope::core
