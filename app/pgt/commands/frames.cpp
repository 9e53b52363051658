// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>
#include <memory>

#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "core/report/frameformat.h"

namespace pgtscope::pgt {

void addFramesCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<SourceOptions>();
    CLI::App* command = app.add_subcommand("frames", "Count physical frames by their role");
    options->addTo(*command);
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] {
            return withScene(*options, invocation.console, [&](const Scene& scene) {
                const core::FrameSummary summary = core::summariseFrames(scene.snapshot);
                if (options->guest.json)
                    core::writeFramesJson(std::cout, summary);
                else
                    core::writeFramesText(std::cout, summary);
                return summary.gaps.empty() ? ExitStatus::Done : ExitStatus::Gaps;
            });
        };
    });
}

} // namespace pgtscope::pgt
