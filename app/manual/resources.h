// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace pgtscope::app {

/// Texts of resources/ that are compiled in; see app/CMakeLists.txt.
std::string_view storyPage();
std::string_view exercisePage();
std::string_view manualStart();
std::string_view manualIntroduction();
std::string_view manualFilter();
std::string_view manualJson();
std::string_view manualFiles();
std::string_view manualRecording();
std::string_view manualWindow();

} // namespace pgtscope::app
