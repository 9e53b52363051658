// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/paging/registers.h"
#include "gdb/qmp/qmpclient.h"

namespace pgtscope::gdb {

/// What the guest's first CPU has, read from the properties of QEMU's CPU object.
core::Result<core::CpuFeatures> cpuFeatures(QmpClient& monitor, const WaitLimit& limit);

} // namespace pgtscope::gdb
