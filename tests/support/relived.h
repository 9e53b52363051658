// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tests/support/catch.h"

#include <iostream>
#include <sstream>
#include <string>

#include <nlohmann/json.hpp>

#include "core/steps/step.h"
#include "tests/app/pgtrunner.h"
#include "tests/support/runplace.h"

namespace pgtscope::test {

struct RelivedStep {
    nlohmann::json answer;
    std::string said; ///< To the user.
};

/// What pgt relive prints for a step, at which the guest is identical; the guest is ended.
inline RelivedStep relivedStep(const std::string& file, core::StepNumber step)
{
    std::ostringstream said;
    std::streambuf* const before = std::cerr.rdbuf(said.rdbuf());
    const tests::PgtRun run = tests::runPgt({"relive", file, "--step", std::to_string(step), "--json"});
    std::cerr.rdbuf(before);
    INFO(run.out << said.str());
    REQUIRE(run.status == 0);
    RunPlace::endGuests();
    return {nlohmann::json::parse(run.out), said.str()};
}

} // namespace pgtscope::test
