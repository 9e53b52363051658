// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tests/support/catch.h"

#include <filesystem>
#include <memory>
#include <string>

#include <unistd.h>

#include "core/rules/rule.h"
#include "core/timeline/timeline.h"
#include "testpaths.h"

namespace pgtscope::tests {

/// The recordings in resources/walkthroughs.
inline constexpr const char* walkthroughNames[]
    = {"lab-buffer-high", "lab-buffer-low", "debian-boot", "xen-dom0-boot", "xen-skip-readonly",
        "xen-flip-writable", "lab-xen-end-rule", "lab-xen-top-rule", "the-arc"};

/// A copy of a shipped recording, so that nothing the test does can touch the original.
class Walkthrough {
public:
    explicit Walkthrough(const std::string& name)
        : m_file(std::filesystem::temp_directory_path() / (name + std::to_string(::getpid()) + ".pgtrec"))
    {
        const auto shipped
            = std::filesystem::path(pgtscope::test::projectDirectory) / "resources/walkthroughs";
        std::filesystem::copy_file(
            shipped / (name + ".pgtrec"), m_file, std::filesystem::copy_options::overwrite_existing);
        auto timeline = core::Timeline::open(m_file.string());
        REQUIRE(timeline);
        m_timeline = *timeline;
    }
    ~Walkthrough()
    {
        m_timeline.reset();
        std::filesystem::remove(m_file);
    }
    Walkthrough(const Walkthrough&) = delete;
    Walkthrough& operator=(const Walkthrough&) = delete;

    core::Timeline* operator->() const { return m_timeline.get(); }
    core::Timeline& operator*() const { return *m_timeline; }
    std::uintmax_t bytes() const { return std::filesystem::file_size(m_file); }

private:
    std::filesystem::path m_file;
    std::shared_ptr<core::Timeline> m_timeline;
};

inline core::StepNumber stepOf(const core::Timeline& timeline, std::string_view event)
{
    for (core::StepNumber number = 0; number < timeline.size(); ++number)
        if (timeline.step(number).value().event == event)
            return number;
    FAIL("no step is " << event);
    return 0;
}

inline core::RuleReport report(const core::Timeline& timeline, core::StepNumber step, std::string_view rule)
{
    const core::RuleContext context(timeline.snapshot(step).value());
    return core::findRule(rule)->check(context);
}

} // namespace pgtscope::tests
