// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/stub/stoppedguest.h"

#include <charconv>

#include "gdb/stub/stubprobe.h"

namespace pgtscope::gdb {

std::optional<std::string> StoppedGuest::cpuObjectPath()
{
    // CPUs that the machine made are children of "unattached", those of -device are peripherals.
    for (const std::string parent :
        {"/machine/unattached", "/machine/peripheral", "/machine/peripheral-anon"}) {
        const auto list = monitor("qom-list " + parent);
        // "host-x86_64-cpu", "qemu32-i386-cpu": what the emulator is called (QEMU target/i386/cpu-qom.h).
        std::size_t type = list ? list->find("-x86_64-cpu>)") : std::string::npos;
        if (list && type == std::string::npos)
            type = list->find("-i386-cpu>)");
        if (type == std::string::npos)
            continue;
        const std::size_t line = list->rfind('\n', type);
        const std::size_t begin = line == std::string::npos ? 0 : line + 1;
        return parent + "/" + list->substr(begin, list->find(' ', begin) - begin);
    }
    return std::nullopt;
}

core::CpuFeatures StoppedGuest::features()
{
    core::CpuFeatures features;
    const auto path = cpuObjectPath();
    if (!path)
        return features;
    const auto bits = monitor("qom-get " + *path + " phys-bits");
    const auto pse36 = monitor("qom-get " + *path + " pse36");
    const auto page1Gb = monitor("qom-get " + *path + " pdpe1gb");
    const auto isBoolean = [](const core::Result<std::string>& text) {
        return text && (text->starts_with("true") || text->starts_with("false"));
    };
    unsigned number = 0;
    if (bits)
        std::from_chars(bits->data(), bits->data() + bits->size(), number);
    if (number < 32 || number > 52 || !isBoolean(pse36) || !isBoolean(page1Gb))
        return features;
    return {number, pse36->starts_with("true"), page1Gb->starts_with("true"), true};
}

bool StoppedGuest::isInSmm(unsigned cpu)
{
    // "CPU#0", then "RIP=… CPL=0 II=0 A20=1 SMM=0 HLT=0" (QEMU target/i386/cpu-dump.c).
    if (!facts().can.monitor)
        return false;
    const auto text = monitor(cpu == 0 ? "info registers" : "info registers -a");
    if (!text)
        return false;
    const std::size_t of = cpu == 0 ? 0 : text->find("CPU#" + std::to_string(cpu) + "\n");
    const std::size_t at = of == std::string::npos ? of : text->find(" SMM=", of);
    return at != std::string::npos && text->compare(at, 6, " SMM=1") == 0;
}

core::Result<std::vector<RamPiece>> StoppedGuest::ram()
{
    if (m_ram)
        return *m_ram;
    ASSIGN_OR_RETURN(auto text, monitor("info mtree -f"));
    auto pieces = parseMemoryTree(text);
    if (!pieces)
        return pieces;
    auto states = cpus();
    m_ramProvisional = !states || (states->front().control.cr0 & core::cr0Pg) == 0;
    m_ram = *pieces;
    return pieces;
}

void StoppedGuest::forgetProvisionalRam()
{
    if (m_ramProvisional)
        m_ram.reset();
}

} // namespace pgtscope::gdb
