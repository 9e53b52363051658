// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/qemu/accelerator.h"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace pgtscope::gdb {

std::string_view nameOf(Accelerator accelerator) { return accelerator == Accelerator::Kvm ? "kvm" : "tcg"; }

std::optional<Accelerator> acceleratorNamed(std::string_view name)
{
    for (const Accelerator one : {Accelerator::Tcg, Accelerator::Kvm})
        if (name == nameOf(one))
            return one;
    return std::nullopt;
}

core::Result<void> kvmWorks()
{
    const std::string tried = "run the guest under KVM";
    const std::string advice = "run it with --accel tcg, or see \"pgt doctor\"";
    const int device = ::open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (device < 0)
        return core::failure(tried, "/dev/kvm: " + std::generic_category().message(errno), advice);
    // The only version there will be (Documentation/virt/kvm/api.rst, KVM_GET_API_VERSION).
    const int version = ::ioctl(device, KVM_GET_API_VERSION, 0);
    ::close(device);
    return version == KVM_API_VERSION ? core::Result<void>()
                                      : core::failure(tried, "/dev/kvm does not behave as KVM", advice);
}

bool hasVirtualization(std::istream& cpuinfo)
{
    for (std::string line; std::getline(cpuinfo, line);) {
        if (!line.starts_with("flags"))
            continue;
        std::istringstream words(line);
        for (std::string word; words >> word;)
            if (word == "vmx" || word == "svm")
                return true;
        return false; // all processors are alike
    }
    return false;
}

bool kvmIsHardware()
{
    std::ifstream cpuinfo("/proc/cpuinfo");
    return hasVirtualization(cpuinfo);
}

Accelerator bestAccelerator() { return kvmWorks() && kvmIsHardware() ? Accelerator::Kvm : Accelerator::Tcg; }

} // namespace pgtscope::gdb
