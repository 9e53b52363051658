// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "core/base/physicalmemory.h"
#include "core/model/pagetablebuffer.h"
#include "core/model/region.h"
#include "core/model/xenstate.h"
#include "core/paging/registers.h"

namespace pgtscope::core {

/// What a stop shows of a guest besides its registers, its tables and Xen: values of which a recording keeps
/// each as a whole, where it differs from the previous step's. To add one: a member here, a row of
/// `factRows`, and what finds it out (SnapshotBuilder::facts()); `pgt help recording` describes its tag. A
/// type that no other fact has needs its functions in stepencoder.cpp and stepdecoder.cpp: without them
/// nothing compiles.
struct SnapshotFacts {
    CpuFeatures features;
    PhysicalAddress root; ///< The one that was walked.
    PhysicalAddress otherHalf; ///< See Snapshot::otherHalf(); 0: none.
    RamMap ramMap;
    std::string channel; ///< Of memory: the one that delivered the tables.
    bool truncated = false; ///< The capture's limit of tables left some unread.
    std::vector<LinearRegion> linearRegions; ///< By their beginning.
    std::vector<PhysicalRegion> physicalRegions;
    PageTableBuffer pgtBuf;
    std::vector<std::string> gaps; ///< See Snapshot::gaps().
    CheckerTypes checker; ///< What the lab guest's checker takes as page tables.
    bool rodataOff = false; ///< The kernel was started with rodata=off.
};

template <class T>
struct FactRow {
    unsigned tag; ///< In recordings, for ever: a tag that was in use is not given to another fact.
    T SnapshotFacts::*member;
    /// Capturing the tables yields it by itself.
    bool captured = false;
};

inline constexpr std::tuple factRows{
    FactRow<CpuFeatures>{7, &SnapshotFacts::features, true},
    FactRow<PhysicalAddress>{8, &SnapshotFacts::root, true},
    FactRow<RamMap>{9, &SnapshotFacts::ramMap, true},
    FactRow<std::string>{10, &SnapshotFacts::channel, true},
    FactRow<bool>{11, &SnapshotFacts::truncated, true},
    FactRow<std::vector<LinearRegion>>{12, &SnapshotFacts::linearRegions},
    FactRow<std::vector<PhysicalRegion>>{13, &SnapshotFacts::physicalRegions},
    FactRow<PageTableBuffer>{14, &SnapshotFacts::pgtBuf},
    FactRow<std::vector<std::string>>{35, &SnapshotFacts::gaps},
    FactRow<PhysicalAddress>{36, &SnapshotFacts::otherHalf},
    FactRow<CheckerTypes>{37, &SnapshotFacts::checker},
    FactRow<bool>{38, &SnapshotFacts::rodataOff},
};

/// Calls `visit` with the row of each fact.
template <class Visit>
void forEachFact(Visit&& visit)
{
    std::apply([&](const auto&... row) { (visit(row), ...); }, factRows);
}

} // namespace pgtscope::core
