// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/qemu/runningguest.h"

#include <cstdlib>

#include "gdb/debian/initramfs.h"

namespace pgtscope::gdb {

namespace {

using nlohmann::json;

constexpr unsigned recordFormat = 1;

json featuresJson(const core::CpuFeatures& features)
{
    return {{"physicalAddressBits", features.physicalAddressBits}, {"pse36", features.pse36},
        {"page1Gb", features.page1Gb}, {"known", features.known}};
}

core::CpuFeatures featuresFrom(const json& features)
{
    return {features.at("physicalAddressBits").get<unsigned>(), features.at("pse36").get<bool>(),
        features.at("page1Gb").get<bool>(), features.at("known").get<bool>()};
}

/// Throws json::exception.
LaunchSpec specFrom(const json& spec)
{
    LaunchSpec result;
    spec.at("name").get_to(result.name);
    result.kernel = spec.at("kernel").get<std::string>();
    result.initrd = spec.at("initrd").get<std::string>();
    spec.at("append").get_to(result.append);
    result.hypervisor = spec.value("hypervisor", std::string());
    result.hypervisorAppend = spec.value("hypervisorAppend", std::string());
    result.beginsAfter = spec.value("beginsAfter", std::string());
    spec.at("memoryBytes").get_to(result.memoryBytes);
    result.emulator = spec.value("emulator", result.emulator);
    result.accelerator
        = acceleratorNamed(spec.value("accelerator", std::string())).value_or(Accelerator::Tcg);
    spec.at("machine").get_to(result.machine);
    spec.at("cpu").get_to(result.cpu);
    spec.at("smp").get_to(result.smp);
    result.deterministic = spec.value("deterministic", false);
    spec.at("extraQemuArgs").get_to(result.extraQemuArgs);
    spec.at("paused").get_to(result.paused);
    spec.at("console").get_to(result.console);
    result.writesPlugin = spec.value("writesPlugin", "");
    result.stopsPlugin = spec.value("stopsPlugin", "");
    return result;
}

} // namespace

std::string usualEmulator()
{
    const char* named = std::getenv("PGTSCOPE_QEMU");
    return named != nullptr && *named != '\0' ? named : "qemu-system-x86_64";
}

json toJson(const LaunchSpec& spec)
{
    return {{"name", spec.name}, {"kernel", spec.kernel.string()}, {"initrd", spec.initrd.string()},
        {"append", spec.append}, {"hypervisor", spec.hypervisor.string()},
        {"hypervisorAppend", spec.hypervisorAppend}, {"beginsAfter", spec.beginsAfter},
        {"memoryBytes", spec.memoryBytes}, {"emulator", spec.emulator},
        {"accelerator", nameOf(spec.accelerator)}, {"machine", spec.machine}, {"cpu", spec.cpu},
        {"smp", spec.smp}, {"deterministic", spec.deterministic}, {"extraQemuArgs", spec.extraQemuArgs},
        {"paused", spec.paused}, {"console", spec.console}, {"writesPlugin", spec.writesPlugin.string()},
        {"stopsPlugin", spec.stopsPlugin.string()}};
}

std::optional<LaunchSpec> launchSpecFrom(const json& spec)
{
    try {
        return specFrom(spec);
    } catch (const json::exception&) {
        // Missing or of another type.
        return std::nullopt;
    }
}

LaunchSpec launchSpec(const FetchedGuest& guest)
{
    LaunchSpec spec;
    spec.name = guest.recipe.name;
    spec.kernel = guest.files.kernel;
    spec.initrd = guest.files.initrd;
    spec.append = guest.recipe.append;
    spec.hypervisor = guest.files.hypervisor;
    spec.hypervisorAppend = guest.recipe.hypervisorAppend;
    if (guest.recipe.startsDomain)
        spec.beginsAfter = domainMessage;
    spec.memoryBytes = guest.recipe.memoryBytes;
    spec.machine = guest.recipe.machine;
    spec.cpu = guest.recipe.cpu;
    return spec;
}

json toJson(const RunningGuest& guest)
{
    json record{{"format", recordFormat}, {"pid", guest.process.pid}, {"startTime", guest.process.startTime},
        {"ramFile", guest.ramFile.string()}, {"features", featuresJson(guest.features)},
        {"spec", toJson(guest.spec)}};
    if (guest.owner)
        record["owner"] = {{"pid", guest.owner->pid}, {"startTime", guest.owner->startTime}};
    return record;
}

bool isNewerRecord(const json& record)
{
    const auto format = record.is_object() ? record.find("format") : record.end();
    return format != record.end() && format->is_number() && format->get<double>() > recordFormat;
}

std::optional<RunningGuest> runningGuestFrom(const json& record, const std::filesystem::path& directory)
{
    try {
        if (record.at("format") != recordFormat)
            return std::nullopt;
        RunningGuest guest;
        guest.id = directory.filename().string();
        guest.directory = directory;
        guest.process = {record.at("pid").get<pid_t>(), record.at("startTime").get<std::uint64_t>()};
        if (const auto owner = record.find("owner"); owner != record.end())
            guest.owner = {owner->at("pid").get<pid_t>(), owner->at("startTime").get<std::uint64_t>()};
        guest.spec = specFrom(record.at("spec"));
        guest.ramFile = record.at("ramFile").get<std::string>();
        guest.features = featuresFrom(record.at("features"));
        return guest;
    } catch (const json::exception&) {
        // Missing or of another type: not a record of ours.
        return std::nullopt;
    }
}

} // namespace pgtscope::gdb
