// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/steps/step.h"

namespace pgtscope::core {

enum class AnnotationKind : std::uint8_t {
    Chapter, ///< A new part of the story begins at the step.
    Note,
};

struct Annotation {
    StepNumber step = 0;
    AnnotationKind kind = AnnotationKind::Note;
    std::string title;
    std::string text; ///< Markdown.
    bool operator==(const Annotation&) const = default;
};

/// What people wrote on a recording. It lies in tables of its own with a version of its own: editing it never
/// touches what was recorded.
using Annotations = std::vector<Annotation>;

/// By step, then as they were saved.
Result<Annotations> loadAnnotations(const std::string& path);
/// Replaces all annotations of the recording, in one transaction. At most 100,000 of them, texts of at most
/// 1 MiB.
Result<void> saveAnnotations(const std::string& path, const Annotations& annotations);

} // namespace pgtscope::core
