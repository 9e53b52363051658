// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/steps/step.h"

namespace pgtscope::core {

/// What a step has of a fact that its record leaves out.
enum class Absent : std::uint8_t {
    Empty, ///< Nothing.
    Unchanged, ///< What the previous record has.
};

/// One fact of a step. A new one is a member of Step and a row in forEachStepField(): recordings keep it, and
/// JSON has it. A type that no other fact has also needs its functions in stepencoder.cpp, stepdecoder.cpp
/// and stepjson.cpp: without them nothing compiles.
template <class T>
struct StepField {
    unsigned tag = 0; ///< In recordings, for ever: a tag that was in use is not given to another fact.
    std::string_view name; ///< In JSON.
    T Step::*member;
    Absent absent = Absent::Empty;
    bool recurs = false; ///< A text worth writing once and referring to.
    std::size_t most = 0; ///< Bytes of a text, elements of a list that a recorder keeps; 0: it has no length.
};

/// Calls `visit` with the row of each fact of a step but its number.
template <class Visit>
void forEachStepField(Visit&& visit)
{
    using Texts = StepField<std::string>;
    visit(StepField<StepCause>{32, "cause", &Step::cause, Absent::Unchanged});
    visit(StepField<std::uint64_t>{33, "time", &Step::time, Absent::Unchanged});
    visit(Texts{0, "event", &Step::event, Absent::Empty, true, 4096});
    visit(Texts{1, "text", &Step::text, Absent::Empty, false, 4096});
    visit(StepField<CpuState>{2, "cpu", &Step::cpu, Absent::Unchanged});
    visit(Texts{3, "symbol", &Step::ripSymbol, Absent::Unchanged, true, 4096});
    visit(StepField<std::vector<FindingCount>>{4, "findings", &Step::findings, Absent::Unchanged, true, 256});
    visit(Texts{5, "console", &Step::console, Absent::Empty, false, 64 << 10});
}

} // namespace pgtscope::core
