// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/qmp/cpufeatures.h"

namespace pgtscope::gdb {

namespace {

using nlohmann::json;

core::Result<std::string> firstCpuPath(QmpClient& monitor, const WaitLimit& limit)
{
    ASSIGN_OR_RETURN(auto cpus, monitor.execute("query-cpus-fast", limit));
    auto path = json::json_pointer("/0/qom-path");
    if (!cpus.is_array() || !cpus.contains(path) || !cpus[path].is_string())
        return core::failure("read the CPU's features", "QEMU's monitor lists no CPU");
    return cpus[path].get<std::string>();
}

} // namespace

core::Result<core::CpuFeatures> cpuFeatures(QmpClient& monitor, const WaitLimit& limit)
{
    ASSIGN_OR_RETURN(auto path, firstCpuPath(monitor, limit));
    auto property = [&](const char* name) {
        return monitor.execute("qom-get", {{"path", path}, {"property", name}}, limit);
    };
    auto bits = property("phys-bits");
    auto pse36 = property("pse36");
    auto page1Gb = property("pdpe1gb");
    for (const auto* answer : {&bits, &pse36, &page1Gb})
        RETURN_IF_ERROR(*answer);
    if (!bits->is_number_unsigned() || *bits < 32U || *bits > 52U || !pse36->is_boolean()
        || !page1Gb->is_boolean())
        return core::failure("read the CPU's features", "QEMU's monitor reported values that no CPU has");
    return core::CpuFeatures{bits->get<unsigned>(), pse36->get<bool>(), page1Gb->get<bool>(), true};
}

} // namespace pgtscope::gdb
