// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/xen/xenahead.h"

#include <tuple>
#include <utility>

namespace pgtscope::core {

namespace {

/// Whatever of a CPU probeXen() looks at.
auto looksAt(const CpuState& cpu)
{
    const ControlRegisters& control = cpu.control;
    return std::tuple(control.cr0, control.cr3, control.cr4, control.efer, cpu.cpl());
}

} // namespace

void XenAhead::begin(PhysicalMemory& memory, const CpuState& expected, const CpuFeatures& features,
    const XenProbeOptions& options)
{
    m_task.wait();
    m_answer.reset();
    m_expected = expected;
    m_task.start([this, &memory, features, options](const CancelFlag& cancel) {
        XenProbeOptions own = options;
        own.cancel = &cancel;
        m_answer = probeXen(memory, m_expected, features, own);
    });
}

std::optional<std::shared_ptr<XenState>> XenAhead::take(const CpuState& cpu)
{
    const bool right = m_task.started() && looksAt(cpu) == looksAt(m_expected);
    if (!right) {
        drop();
        return std::nullopt;
    }
    m_task.wait();
    auto answer = std::exchange(m_answer, std::nullopt);
    if (!answer || !*answer)
        return std::nullopt;
    return std::move(**answer);
}

void XenAhead::drop()
{
    if (m_task.started())
        m_task.cancel();
    m_task.wait();
    m_answer.reset();
}

} // namespace pgtscope::core
