// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/cpu/cpufacts.h"

#include <array>

#include "core/base/numbers.h"
#include "core/frames/framesummary.h"
#include "core/linux/pageisolation.h"
#include "core/model/xenlayout.h"
#include "views/model/text.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

using core::ControlRegisters;

/// A bit of a control register and what its two values mean for paging.
struct ControlBit {
    std::uint64_t ControlRegisters::*reg;
    std::uint64_t mask;
    const char* name;
    const char* set;
    const char* clear;
};

constexpr std::array controlBits{
    ControlBit{&ControlRegisters::cr0, core::cr0Pe, "CR0.PE", QT_TRANSLATE_NOOP("Text", "protected mode"),
        QT_TRANSLATE_NOOP("Text", "real mode: no paging")},
    ControlBit{&ControlRegisters::cr0, core::cr0Pg, "CR0.PG", QT_TRANSLATE_NOOP("Text", "paging is on"),
        QT_TRANSLATE_NOOP("Text", "paging is off: linear addresses are physical addresses")},
    ControlBit{&ControlRegisters::cr0, core::cr0Wp, "CR0.WP",
        QT_TRANSLATE_NOOP("Text", "read-only pages are read-only for the kernel too"),
        QT_TRANSLATE_NOOP("Text", "the kernel writes read-only pages without a fault")},
    ControlBit{&ControlRegisters::cr4, core::cr4Pse, "CR4.PSE",
        QT_TRANSLATE_NOOP("Text", "4 MiB pages in 32-bit paging"),
        QT_TRANSLATE_NOOP("Text", "no 4 MiB pages in 32-bit paging")},
    ControlBit{&ControlRegisters::cr4, core::cr4Pae, "CR4.PAE",
        QT_TRANSLATE_NOOP("Text", "entries of 8 bytes"), QT_TRANSLATE_NOOP("Text", "entries of 4 bytes")},
    ControlBit{&ControlRegisters::cr4, core::cr4Pge, "CR4.PGE",
        QT_TRANSLATE_NOOP("Text", "global pages stay in the TLB when CR3 is loaded"),
        QT_TRANSLATE_NOOP("Text", "the G bit has no effect")},
    ControlBit{&ControlRegisters::cr4, core::cr4La57, "CR4.LA57",
        QT_TRANSLATE_NOOP("Text", "five levels in long mode"),
        QT_TRANSLATE_NOOP("Text", "four levels in long mode")},
    ControlBit{&ControlRegisters::cr4, core::cr4Pcide, "CR4.PCIDE",
        QT_TRANSLATE_NOOP("Text", "CR3 holds a process-context identifier"),
        QT_TRANSLATE_NOOP("Text", "no process-context identifiers")},
    ControlBit{&ControlRegisters::cr4, core::cr4Smep, "CR4.SMEP",
        QT_TRANSLATE_NOOP("Text", "the kernel cannot execute user pages"),
        QT_TRANSLATE_NOOP("Text", "the kernel may execute user pages")},
    ControlBit{&ControlRegisters::cr4, core::cr4Smap, "CR4.SMAP",
        QT_TRANSLATE_NOOP("Text", "the kernel reaches user pages only while EFLAGS.AC is 1"),
        QT_TRANSLATE_NOOP("Text", "the kernel may read and write user pages")},
    ControlBit{&ControlRegisters::cr4, core::cr4Pke, "CR4.PKE",
        QT_TRANSLATE_NOOP("Text", "protection keys limit access to user pages"),
        QT_TRANSLATE_NOOP("Text", "no protection keys")},
    ControlBit{&ControlRegisters::efer, core::eferLme, "EFER.LME",
        QT_TRANSLATE_NOOP("Text", "paging, once enabled, is that of long mode"),
        QT_TRANSLATE_NOOP("Text", "no long mode")},
    ControlBit{&ControlRegisters::efer, core::eferLma, "EFER.LMA",
        QT_TRANSLATE_NOOP("Text", "long mode is active"),
        QT_TRANSLATE_NOOP("Text", "long mode is not active")},
    ControlBit{&ControlRegisters::efer, core::eferNxe, "EFER.NXE",
        QT_TRANSLATE_NOOP("Text", "bit 63 of an entry forbids execution"),
        QT_TRANSLATE_NOOP("Text", "bit 63 of an entry is reserved: setting it faults")},
};

GridRow heading(const QString& text)
{
    GridRow row;
    row.cells = {text};
    row.heading = true;
    return row;
}

GridRow fact(const QString& name, const QString& value, const QString& meaning, bool changed)
{
    GridRow row;
    row.cells = {name, changed ? value + QStringLiteral(" ◥") : value, meaning};
    row.current = changed;
    return row;
}

/// Who runs: a PV kernel of Xen does so in ring 3.
QString ringText(const core::Snapshot& snapshot)
{
    if (snapshot.cpu().smm)
        return Text::tr("system-management mode (SMM)");
    if (snapshot.xen())
        return wordsOf(core::placeText(core::xenPlace(snapshot.cpu())));
    return snapshot.cpu().cpl() == 3 ? Text::tr("user mode (or a Xen PV kernel)") : Text::tr("supervisor");
}

/// Whose root CR3 holds, and where.
QString rootInCr3Text(const core::Snapshot& snapshot)
{
    const core::PhysicalAddress root = snapshot.paging().root(snapshot.cpu().control.cr3);
    const QString at = hexOf(root.value) + pfnBeside(snapshot, core::frameOf(root));
    const core::XenState* xen = snapshot.xen();
    if (snapshot.otherHalf())
        return Text::tr("%1, root table at %2").arg(wordsOf(core::halfText(root)), at);
    if (!xen)
        return Text::tr("root table at %1").arg(at);
    const QString domain = QString::fromStdString(core::domainText(*xen));
    return (xen->isolated ? Text::tr("Xen's copy of the root table of %1, at %2")
                          : Text::tr("root table of %1 at %2"))
        .arg(domain, at);
}

/// What Xen keeps of the domain's frames: its types of them, and the domain's own array of them.
void addXenTables(std::vector<GridRow>& rows, const core::Snapshot& snapshot, const core::XenState& xen)
{
    if (xen.complete && xen.domain) {
        const core::XenTypeCounts counts = core::countXenTypes(snapshot);
        rows.push_back(fact(QStringLiteral("frame_table"), countOf(xen.tables.size(), "table"),
            Text::tr("L1 to L4: %1, %2, %3, %4; %5 pinned, %6 not reached from the root")
                .arg(counts.tables[1])
                .arg(counts.tables[2])
                .arg(counts.tables[3])
                .arg(counts.tables[4])
                .arg(counts.pinned)
                .arg(counts.notReached),
            false));
    }
    if (xen.p2m.value == 0)
        return;
    rows.push_back(fact(QStringLiteral("P2M"), linearOf(snapshot.paging(), xen.p2m),
        Text::tr("machine frames of the domain's %1; M2P at %2")
            .arg(QString::fromStdString(core::groupedText(xen.p2mFrames)),
                linearOf(snapshot.paging(), core::xen::machineToPhysical)),
        false));
    rows.back().place = Place{};
    rows.back().place->linear = xen.p2m;
}

void addXen(std::vector<GridRow>& rows, const core::Snapshot& snapshot)
{
    const core::XenState* xen = snapshot.xen();
    if (!xen)
        return;
    rows.push_back(heading(QStringLiteral("Xen")));
    rows.push_back(fact(Text::tr("domain"), QString::fromStdString(core::domainText(*xen)),
        Text::tr("owner of the root"), false));
    rows.push_back(fact(QStringLiteral("XPTI"), xen->isolated ? Text::tr("on") : Text::tr("off"),
        wordsOf(core::isolationText(*xen)), false));
    if (xen->rootKnown) {
        rows.push_back(fact(Text::tr("true root"), hexOf(xen->root.value),
            Text::tr("root of the domain's own tables") + pfnBeside(snapshot, core::frameOf(xen->root)),
            false));
        rows.back().place = Place{};
        rows.back().place->frame = core::frameOf(xen->root);
    } else {
        rows.push_back(fact(Text::tr("true root"), Text::tr("unknown"),
            xen->isolated ? Text::tr("the walk shown starts at Xen's copy")
                          : Text::tr("the walk shown starts at the process's root"),
            false));
    }
    addXenTables(rows, snapshot, *xen);
}

void addPlaces(std::vector<GridRow>& rows, const StepState& state, const core::CpuState* before)
{
    const core::CpuState& cpu = state.snapshot()->cpu();
    const core::Paging& paging = state.snapshot()->paging();
    const auto addLinear
        = [&](const char* name, core::LinearAddress address, const QString& meaning, bool changed) {
              GridRow row = fact(QLatin1String(name), linearOf(paging, address), meaning, changed);
              row.place = Place{};
              row.place->linear = address;
              rows.push_back(row);
          };
    const QString symbol = toText(state.snapshot()->ripSymbol());
    if (cpu.usesSegments())
        addLinear("CS:IP", cpu.codeAddress(), toText(cpu.codeAddressText()), before && *before != cpu);
    else
        addLinear("RIP", cpu.rip, symbol, before && before->rip != cpu.rip);
    addLinear("RSP", cpu.rsp, Text::tr("stack"), before && before->rsp != cpu.rsp);
    rows.push_back(fact(QStringLiteral("CPL"), QString::number(cpu.cpl()), ringText(*state.snapshot()),
        before && before->cpl() != cpu.cpl()));
    rows.push_back(fact(QStringLiteral("RFLAGS"), hexOf(cpu.rflags),
        (cpu.rflags >> 18 & 1) != 0 ? Text::tr("AC is 1") : Text::tr("AC is 0"),
        before && before->rflags != cpu.rflags));
}

void addRegisters(std::vector<GridRow>& rows, const StepState& state, const core::CpuState* before)
{
    const ControlRegisters& now = state.snapshot()->cpu().control;
    const core::Paging& paging = state.snapshot()->paging();
    const auto add = [&](const char* name, std::uint64_t ControlRegisters::*reg, const QString& meaning) {
        rows.push_back(
            fact(QLatin1String(name), hexOf(now.*reg), meaning, before && before->control.*reg != now.*reg));
    };
    add("CR0", &ControlRegisters::cr0, Text::tr("protection and paging"));
    add("CR2", &ControlRegisters::cr2, Text::tr("address of the last page fault"));
    add("CR3", &ControlRegisters::cr3, rootInCr3Text(*state.snapshot()));
    rows.back().place = Place{};
    rows.back().place->frame = core::frameOf(paging.root(now.cr3));
    add("CR4", &ControlRegisters::cr4, Text::tr("extensions"));
    add("EFER", &ControlRegisters::efer, Text::tr("long mode and no-execute"));
    const core::XenState* xen = state.snapshot()->xen();
    const core::PhysicalAddress own = xen ? xen->root : paging.root(now.cr3);
    if (state.snapshot()->root() != own)
        rows.push_back(fact(Text::tr("root shown"), hexOf(state.snapshot()->root().value),
            Text::tr("not CR3: chosen by the user"), false));
}

} // namespace

std::vector<GridRow> cpuRows(const StepState& state, const core::CpuState* before)
{
    const core::Snapshot& snapshot = *state.snapshot();
    const core::Paging& paging = snapshot.paging();
    std::vector<GridRow> rows{heading(Text::tr("CPU %1").arg(snapshot.cpu().id))};
    addPlaces(rows, state, before);
    rows.push_back(heading(Text::tr("Paging")));
    rows.push_back(fact(Text::tr("mode"), toText(paging.name()),
        paging.enabled()
            ? Text::tr("%1 levels, linear addresses of %2 bits").arg(paging.levels()).arg(paging.linearBits())
            : Text::tr("no translation"),
        false));
    rows.push_back(fact(QStringLiteral("MAXPHYADDR"), QString::number(paging.features().physicalAddressBits),
        paging.features().known ? Text::tr("bits of a physical address")
                                : Text::tr("assumed; not reported by the guest"),
        false));
    addRegisters(rows, state, before);
    addXen(rows, snapshot);
    rows.push_back(heading(Text::tr("Control bits")));
    for (const ControlBit& bit : controlBits) {
        const bool set = (snapshot.cpu().control.*bit.reg & bit.mask) != 0;
        const bool was = before && (before->control.*bit.reg & bit.mask) != 0;
        rows.push_back(fact(QLatin1String(bit.name), set ? QStringLiteral("1") : QStringLiteral("0"),
            Text::tr(set ? bit.set : bit.clear), before && was != set));
    }
    return rows;
}

} // namespace pgtscope::views
