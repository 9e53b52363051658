// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/linux/pgtbuftracker.h"
#include "core/model/snapshot.h"
#include "core/symbols/symboltable.h"

namespace pgtscope::core {

enum class BootPhase : std::uint8_t {
    EntryCode, ///< First instructions of the kernel proper.
    EarlyC, ///< C code on the early tables.
    Setup, ///< setup_arch(): the direct map is built.
    Tables, ///< Paging is made final.
    Init, ///< The rest of start_kernel().
    Running, ///< init and user space.
};

enum class BootEventKind : std::uint8_t {
    Function, ///< Stop at the function's entry.
    Return, ///< Stop where the function returns.
    RootSwitch, ///< CR3 begins to hold the symbol's physical address.
};

/// What the table is that a RootSwitch makes the root.
enum class RootStage : std::uint8_t {
    None,
    Early, ///< Static tables of the first instructions.
    Final, ///< The kernel's own root for good; Linux fills it while CR3 still holds another one.
};

enum class KernelFlavour : std::uint8_t { Any, Bits64, Bits32, XenPv, Lab };

/// Kernel release as major * 1000 + minor; 2.6.39 counts as 2 * 1000 + 639.
using KernelRelease = std::uint32_t;
inline constexpr KernelRelease kernel2639 = 2639;
/// The newest one that the catalogue knows.
inline constexpr KernelRelease newestKernel = 6012;

/// One milestone on a kernel's way to its final page tables.
struct BootEvent {
    std::string_view name; ///< As the user spells it, e.g. "init_mem_mapping".
    std::array<std::string_view, 2> symbols{}; ///< Alternatives; the first one that a kernel has is meant.
    BootEventKind kind = BootEventKind::Function;
    BootPhase phase = BootPhase::EntryCode;
    KernelFlavour flavour = KernelFlavour::Any;
    KernelRelease since = kernel2639; ///< First release (from 2.6.39 on) that has it.
    std::optional<KernelRelease> until
        = std::nullopt; ///< Last release that has it; nullopt: v6.12 still does.
    std::string_view meaning{}; ///< One or two sentences for a learner.
    /// The compiler may inline it, so that the symbol can be missing in a kernel that has the function.
    bool oftenInlined = false;
    /// Calls of it, or returns, that are reported; later ones do not stop the guest.
    unsigned reports = 1;
    /// What it asks of a hypervisor is refused if a mapping is wrong: while one is, it is reported again.
    bool mayFail = false;
    /// The guest stops for good: nothing is worth waiting for afterwards.
    bool halts = false;
    /// The kernel is dying. It may come at any time, whatever the phase.
    bool dies = false;
    PgtBufEffect pgtBuf = PgtBufEffect::None;
    RootStage root = RootStage::None; ///< Set for a RootSwitch and for nothing else.
    /// With it this phase begins: events that do not last into it do not come any more, and those of this
    /// phase and of later ones did not come before.
    std::optional<BootPhase> begins = std::nullopt;
    std::optional<BootPhase> lasts = std::nullopt; ///< The last phase in which it comes; nullopt: its own.
    /// From here on a boot is about page tables: where a session in the window begins.
    bool tablesBegin = false;
    /// Each boot meets it that has come no further in this table, where the kernel has the symbol and the
    /// flavour is the boot's.
    bool everyBoot = false;
    bool needsKaslr = false; ///< Only kernels that can randomise their bases have it.
    bool makesPgtBuf = false; ///< It sets pgt_buf up: until it has run there is none.
    bool sealsImage = false; ///< From here on the kernel separates code and data in its own part.
    bool sealsUserHalf = false; ///< From here on its copies in KPTI's user half have the same rights.
    /// A variable of the kernel that holds the function's address until the first CPU has read it.
    std::string_view pointer{};
};

/// All boot events, Linux 2.6.39 to 6.12 on x86, in the order in which a boot meets them.
std::span<const BootEvent> bootEvents();
const BootEvent* findBootEvent(std::string_view name);
/// The first event, in the order of a boot, for which `is` holds: a member of BootEvent, or a function. There
/// is one.
template <class Is>
const BootEvent& firstEvent(Is is)
{
    return *std::ranges::find_if(bootEvents(), is);
}
/// The first one with this effect on pgt_buf.
const BootEvent& firstEventWith(PgtBufEffect effect);
/// Its name without ":return".
std::string_view calledName(const BootEvent& event);
/// Index of an event in bootEvents().
std::size_t placeOf(const BootEvent& event);
std::string_view bootPhaseName(BootPhase phase);
/// "2.6.39 to 3.8", "since 3.9".
std::string releaseText(const BootEvent& event);
/// "2.6.39 to 3.8", "3.9 to 6.12".
std::string releaseRangeText(const BootEvent& event);

/// Whether "symbol+0x10" lies in a function that a kernel on x86 enters only to die: what it was asked for
/// last has failed. arch/x86/kernel/dumpstack.c, kernel/panic.c and arch/x86/xen/enlighten.c, 2.6.39 to 6.12.
bool isDeathSymbol(std::string_view symbol);
/// Whether the snapshot shows a guest at its end: it was captured for that, or RIP is in such a function.
bool isDying(const Snapshot& snapshot);
/// What a kernel or a hypervisor prints when it is at its end and stops without a stop that a debugger sees.
/// kernel/panic.c, and arch/x86/mm/extable.c or kernel/head_64.S for an exception before there are handlers,
/// Linux 2.6.39 to 6.12; xen/common/shutdown.c and xen/drivers/char/console.c, Xen 4.17.
std::span<const std::string_view> lastWords();

struct ResolvedEvent {
    const BootEvent* event = nullptr;
    std::string_view symbol; ///< The alternative that was found.
    LinearAddress address; ///< Run-time address of the symbol.
};

struct MissingEvent {
    const BootEvent* event = nullptr;
    std::string reason;
};

struct ResolvedEvents {
    std::vector<ResolvedEvent> available; ///< In the order of a boot.
    std::vector<MissingEvent> missing;
};

ResolvedEvents resolveEvents(const SymbolTable& symbols);
/// The last of them that a boot is to reach; null if there is none.
const BootEvent* lastOf(std::span<const ResolvedEvent> events);

/// Whether the kernel has code to randomise its bases.
bool hasKaslr(const SymbolTable& symbols);
/// Whether the kernel surely has no code to move itself: it is older than KASLR (v3.14), or was built
/// without. arch/x86/lib/kaslr.c, kaslr_get_random_long, comes with CONFIG_RANDOMIZE_BASE since v4.7; between
/// the two no symbol says so, but for dump_kernel_offset that such kernels are not older
/// (arch/x86/kernel/setup.c).
bool runsWhereLinked(const SymbolTable& symbols);
/// Run-time addresses of the tables that are the kernel's roots for good.
std::vector<LinearAddress> finalRoots(const SymbolTable& symbols);
/// Symbols of static tables, roots first: of Linux (arch/x86/kernel/head_64.S, head_32.S, mm/ioremap.c) and
/// of the lab guest.
std::vector<std::string_view> tableSymbols();

} // namespace pgtscope::core
