// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/frames/framesummary.h"
#include "core/linux/layout.h"
#include "core/linux/pageisolation.h"
#include "core/report/frameformat.h"
#include "core/report/spaceword.h"

namespace pgtscope::pgt {

namespace {

struct ControlBit {
    const char* name;
    bool set;
    const char* meaning;
};

std::vector<ControlBit> controlBits(const core::ControlRegisters& c)
{
    using namespace core;
    return {
        {"CR0.PG", (c.cr0 & cr0Pg) != 0, "paging is on"},
        {"CR0.WP", (c.cr0 & cr0Wp) != 0, "read-only pages are read-only for the supervisor too"},
        {"CR4.PSE", (c.cr4 & cr4Pse) != 0, "4 MiB pages under 32-bit paging"},
        {"CR4.PAE", (c.cr4 & cr4Pae) != 0, "8-byte entries"},
        {"CR4.PGE", (c.cr4 & cr4Pge) != 0, "global pages survive a CR3 switch"},
        {"CR4.LA57", (c.cr4 & cr4La57) != 0, "5-level paging"},
        {"CR4.PCIDE", (c.cr4 & cr4Pcide) != 0, "CR3 carries a process-context identifier"},
        {"CR4.SMEP", (c.cr4 & cr4Smep) != 0, "the supervisor may not execute user pages"},
        {"CR4.SMAP", (c.cr4 & cr4Smap) != 0, "the supervisor may not touch user pages while EFLAGS.AC = 0"},
        {"CR4.PKE", (c.cr4 & cr4Pke) != 0, "user pages carry protection keys"},
        {"EFER.LMA", (c.efer & eferLma) != 0, "long mode"},
        {"EFER.NXE", (c.efer & eferNxe) != 0, "bit 63 of an entry forbids execution"},
    };
}

std::string slideText(const Scene& scene)
{
    if (scene.symbols.empty())
        return "no kernel symbols";
    switch (scene.slideState) {
    case core::SlideState::Found:
        return core::groupedText(scene.symbols.size()) + " symbols, KASLR slide "
            + core::hexText(scene.symbols.slide());
    case core::SlideState::NotMapped:
        return scene.placed
            ? core::groupedText(scene.symbols.size())
                + " symbols; the kernel is not mapped yet, but nokaslr fixes its address"
            : core::groupedText(scene.symbols.size()) + " symbols, the kernel is not mapped yet";
    case core::SlideState::NoMatch:
        return core::groupedText(scene.symbols.size())
            + " symbols, but another kernel is mapped, or it is not in place yet";
    }
    return {};
}

void printXen(const core::Snapshot& snapshot, const core::XenState& xen)
{
    std::cout << "Xen       " << core::domainText(xen) << "'s root, "
              << core::placeText(core::xenPlace(snapshot.cpu())) << "; " << core::isolationText(xen) << '\n';
    if (xen.complete && xen.domain) {
        const auto counts = core::countXenTypes(snapshot);
        std::cout << "          frame_table: " << core::countText(xen.tables.size(), "table")
                  << " (L1 to L4: " << counts.tables[1] << ", " << counts.tables[2] << ", "
                  << counts.tables[3] << ", " << counts.tables[4] << "), " << counts.pinned << " pinned, "
                  << counts.notReached << " not reached from the root\n";
    }
    if (xen.p2m.value != 0)
        std::cout << "          P2M at " << core::hexText(xen.p2m.value) << ", "
                  << core::countText(xen.p2mFrames, "frame") << "; M2P at 0xffff800000000000\n";
}

nlohmann::json xenJson(const core::Snapshot& snapshot, const core::XenState& xen)
{
    const auto counts = core::countXenTypes(snapshot);
    nlohmann::json json{{"owner", core::domainText(xen)},
        {"place", core::placeText(core::xenPlace(snapshot.cpu()))}, {"xpti", xen.isolated},
        {"rootKnown", xen.rootKnown}, {"root", core::hexText(xen.root.value)},
        {"frameTableRead", xen.complete}, {"p2m", core::hexText(xen.p2m.value)}, {"p2mFrames", xen.p2mFrames},
        {"tables", counts.tables}, {"pinned", counts.pinned}, {"notReached", counts.notReached}};
    json["domain"] = xen.domain ? nlohmann::json(*xen.domain) : nlohmann::json();
    return json;
}

void printText(const Scene& scene)
{
    const core::Snapshot& snapshot = *scene.snapshot;
    const core::CpuState& cpu = snapshot.cpu();
    const core::Paging& paging = snapshot.paging();
    std::cout << "paging    " << paging.name() << ", MAXPHYADDR " << paging.features().physicalAddressBits
              << (paging.features().known ? "\n" : " (assumed)\n");
    std::cout << "CPU       " << cpu.id << (cpu.smm ? ", in SMM" : "") << ", CPL " << cpu.cpl()
              << (cpu.usesSegments() ? ", CS:IP " : ", RIP ") << cpu.codeAddressText() << ' '
              << snapshot.ripSymbol() << '\n';
    const std::string_view root = core::rootText(snapshot);
    std::cout << "root      " << core::spaceWord(snapshot) << core::hexText(snapshot.root().value) << "  ("
              << (root == "CR3" ? std::string() : std::string(root) + "; ") << "CR3 "
              << core::hexText(cpu.control.cr3) << ")\n";
    if (const core::Snapshot* nested = snapshot.nested())
        std::cout << "          through nested tables with the root " << core::hexText(nested->root().value)
                  << ": " << core::countText(nested->tableFrames(), "frame")
                  << "; physical addresses are the guest's\n";
    if (const auto other = snapshot.otherHalf())
        std::cout << "          " << core::halfText(*other) << ": --cr3 " << core::hexText(other->value)
                  << '\n';
    const std::size_t inRom = core::tableFramesInRom(snapshot);
    std::cout << "tables    " << core::countText(snapshot.tableFrames(), "frame") << ", "
              << (inRom == 0 ? std::string() : core::groupedText(inRom) + " of them in ROM or flash, ")
              << "read through " << snapshot.channel() << '\n';
    if (!scene.accelerator.empty())
        std::cout << "machine   QEMU under " << scene.accelerator << '\n';
    std::cout << "RAM       " << core::roundedSizeText(snapshot.ramMap().bytes()) << '\n';
    if (const core::XenState* xen = snapshot.xen())
        printXen(snapshot, *xen);
    std::cout << "kernel    " << slideText(scene)
              << (core::hasPlainRegions(snapshot) ? "; the running system is not known to be Linux" : "")
              << "\n\n";
    for (const ControlBit& bit : controlBits(cpu.control))
        std::cout << (bit.set ? "  [x] " : "  [ ] ") << bit.name
                  << std::string(12 - std::string(bit.name).size(), ' ') << bit.meaning << '\n';
}

void printJson(const Scene& scene)
{
    const core::Snapshot& snapshot = *scene.snapshot;
    const core::CpuState& cpu = snapshot.cpu();
    nlohmann::json json{{"paging", snapshot.paging().name()}, {"cpu", cpu.id}, {"cpl", cpu.cpl()},
        {"rip", core::hexText(cpu.rip.value)}, {"symbol", snapshot.ripSymbol()},
        {"root", core::hexText(snapshot.root().value)}, {"rootOf", core::rootText(snapshot)},
        {"cr0", core::hexText(cpu.control.cr0)}, {"cr2", core::hexText(cpu.control.cr2)},
        {"cr3", core::hexText(cpu.control.cr3)}, {"cr4", core::hexText(cpu.control.cr4)},
        {"efer", core::hexText(cpu.control.efer)}, {"smm", cpu.smm}, {"tableFrames", snapshot.tableFrames()},
        {"tableFramesInRom", core::tableFramesInRom(snapshot)}, {"otherHalf", nullptr},
        {"linux",
            snapshot.linearRegions().empty() ? nlohmann::json()
                                             : nlohmann::json(!core::hasPlainRegions(snapshot))},
        {"channel", snapshot.channel()}, {"ramBytes", snapshot.ramMap().bytes()},
        {"maxphyaddr", snapshot.paging().features().physicalAddressBits},
        {"maxphyaddrKnown", snapshot.paging().features().known}, {"symbols", scene.symbols.size()},
        {"slideFound", scene.slideState == core::SlideState::Found},
        {"slide", core::hexText(scene.symbols.slide())}};
    if (const core::Snapshot* nested = snapshot.nested())
        json["nestedRoot"] = core::hexText(nested->root().value);
    if (const auto other = snapshot.otherHalf())
        json["otherHalf"] = core::hexText(other->value);
    if (const core::XenState* xen = snapshot.xen())
        json["xen"] = xenJson(snapshot, *xen);
    if (!scene.accelerator.empty())
        json["accelerator"] = scene.accelerator;
    for (const ControlBit& bit : controlBits(cpu.control))
        json["bits"][bit.name] = bit.set;
    std::cout << core::jsonBlock(json) << '\n';
}

} // namespace

void addInfoCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<SourceOptions>();
    options->asksAccelerator = true;
    CLI::App* command
        = app.add_subcommand("info", "Show a guest's paging mode, control bits and current position");
    options->addTo(*command);
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] {
            return withScene(*options, invocation.console, [&](const Scene& scene) {
                options->guest.json ? printJson(scene) : printText(scene);
                return ExitStatus::Done;
            });
        };
    });
}

} // namespace pgtscope::pgt
