// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <vector>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "app/pgt/command.h"
#include "core/base/json.h"
#include "gdb/host/childprocess.h"
#include "gdb/mi/miclient.h"
#include "gdb/qemu/accelerator.h"
#include "gdb/qemu/qemulauncher.h"
#include "gdb/writes/writesplugin.h"

namespace pgtscope::pgt {

namespace {

enum class Health : std::uint8_t {
    Good,
    Limited, ///< Something is slower or not there; the rest works.
    Bad, ///< Live guests cannot be used.
};

struct Finding {
    const char* what;
    Health health;
    std::string found;
    std::string advice; ///< Empty if nothing is to be done.
};

const char* healthText(Health health)
{
    switch (health) {
    case Health::Good:
        return "ok";
    case Health::Limited:
        return "limited";
    case Health::Bad:
        return "bad";
    }
    return "";
}

/// Checks that a program runs, by the version that it prints.
Finding program(const char* what, const std::string& name, std::vector<std::string> arguments,
    const std::string& advice, Console& console)
{
    arguments.emplace_back("--version");
    const auto limit = gdb::WaitLimit::after(std::chrono::seconds(10), &console.cancel());
    const auto ran = gdb::runChild({name, std::move(arguments), {}, {}, {}}, limit);
    if (!ran)
        return {what, Health::Bad, ran.error().happened, advice};
    const std::string first = ran->output.substr(0, ran->output.find('\n'));
    if (ran->exitStatus != 0 || first.empty())
        return {what, Health::Bad, "it does not run: " + gdb::lastLine(ran->errors), advice};
    return {what, Health::Good, first, ""};
}

/// Which of the plugin's builds this QEMU takes.
Finding everyStore(Console& console)
{
    const auto plugin = gdb::findWritesPlugin(gdb::usualEmulator(), &console.cancel());
    if (!plugin)
        return {"every store", Health::Limited, plugin.error().happened, plugin.error().advice};
    return {"every store", Health::Good, "QEMU takes " + plugin->filename().string(), ""};
}

/// What "pgt launch" runs guests on where it works, and what a guest of the user's may want.
Finding kvm()
{
    const auto works = gdb::kvmWorks();
    if (works && !gdb::kvmIsHardware())
        return {"KVM", Health::Limited,
            "it answers, but the processor has neither VMX nor SVM: it is for paravirtual guests (PVM)",
            "nothing: guests are emulated, which is slower; --accel kvm tries it nevertheless"};
    if (works)
        return {"KVM", Health::Good, "it works; \"pgt launch\" uses it, other commands with --accel kvm", ""};
    const bool forbidden = ::access("/dev/kvm", F_OK) == 0 && ::access("/dev/kvm", R_OK | W_OK) != 0;
    return {"KVM", Health::Limited, works.error().happened,
        forbidden ? "join the group kvm: guests are emulated until then, which is slower"
                  : "nothing: guests are emulated, which is slower; KVM needs virtualization in the "
                    "firmware's setup, "
                    "and in the machine around this one if it is a guest itself"};
}

/// Decides whether /proc/PID/mem of a QEMU that is not our child can be read: ptrace(2), Yama.
Finding processMemory()
{
    std::ifstream file("/proc/sys/kernel/yama/ptrace_scope");
    int scope = 0;
    if (!(file >> scope) || scope == 0 || ::geteuid() == 0)
        return {"reading of other processes", Health::Good, "allowed", ""};
    return {"reading of other processes", Health::Limited, "ptrace_scope is " + std::to_string(scope),
        "memory is read through the stub instead of from QEMU's process, which is slower; sysctl "
        "kernel.yama.ptrace_scope=0 allows the latter"};
}

/// Listing what runs makes the directory and locks it.
Finding runDirectory()
{
    const std::string path = gdb::defaultRunDirectory().string();
    const auto running = gdb::QemuLauncher().listRunning();
    if (!running)
        return {"run directory", Health::Bad, running.error().happened + " (" + path + ")",
            running.error().advice};
    return {"run directory", Health::Good, path + ", guests running: " + std::to_string(running->size()), ""};
}

Finding display()
{
    for (const char* name : {"WAYLAND_DISPLAY", "DISPLAY"})
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0')
            return {"display", Health::Good, std::string(name) + "=" + value, ""};
    return {"display", Health::Limited, "neither WAYLAND_DISPLAY nor DISPLAY is set",
        "the window needs one; pgt does not"};
}

std::vector<Finding> examine(Console& console)
{
    return {program("gdb", "gdb", gdb::gdbStartOptions(), "install Debian's package gdb", console),
        program("QEMU", gdb::usualEmulator(), {}, "install Debian's package qemu-system-x86", console),
        everyStore(console), kvm(), processMemory(), runDirectory(), display()};
}

void print(const std::vector<Finding>& findings, bool json)
{
    nlohmann::json list = nlohmann::json::array();
    for (const Finding& finding : findings) {
        list.push_back({{"what", finding.what}, {"state", healthText(finding.health)},
            {"found", finding.found}, {"advice", finding.advice}});
        if (json)
            continue;
        std::cout << healthText(finding.health) << "\t" << finding.what << ": " << finding.found << '\n';
        if (!finding.advice.empty())
            std::cout << "\t  " << finding.advice << '\n';
    }
    if (json)
        std::cout << core::jsonBlock({{"checks", list}}) << '\n';
}

ExitStatus doctor(bool json, Console& console)
{
    const auto findings = examine(console);
    print(findings, json);
    for (const Finding& finding : findings)
        if (finding.health == Health::Bad)
            return ExitStatus::Findings;
    return ExitStatus::Done;
}

} // namespace

void addDoctorCommand(CLI::App& app, Invocation& invocation)
{
    auto json = std::make_shared<bool>(false);
    CLI::App* command = app.add_subcommand("doctor",
        "Check what live guests need on this machine, with advice; status 1 if they cannot be used");
    command->add_flag("--json", *json, "Answer in JSON");
    command->callback([json, &invocation] {
        invocation.run = [json, &invocation] { return doctor(*json, invocation.console); };
    });
}

} // namespace pgtscope::pgt
