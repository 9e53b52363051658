// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/annotationfile.h"

#include <algorithm>
#include <limits>

#include "core/base/numbers.h"
#include "core/report/showing.h"

namespace pgtscope::core {

namespace {

bool looksLikeHeading(std::string_view line) { return line.starts_with("# [") || line.starts_with("## ["); }

std::string escaped(std::string_view text)
{
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const auto line = text.substr(at, end - at);
        const auto behindMarks = line.substr(std::min(line.find_first_not_of('\\'), line.size()));
        out += (looksLikeHeading(behindMarks) ? "\\" : "") + std::string(line) + '\n';
        at = end + 1;
    }
    return out;
}

std::string_view unescaped(std::string_view line)
{
    const auto behindMarks = line.substr(std::min(line.find_first_not_of('\\'), line.size()));
    const bool marked = behindMarks.size() < line.size() && looksLikeHeading(behindMarks);
    return marked ? line.substr(1) : line;
}

/// "12", "event" or "event#2".
std::optional<StepNumber> stepItself(std::string_view name, const StepResolver& steps)
{
    if (const auto number = parseNumber(name))
        return *number;
    const std::size_t mark = name.find('#');
    const auto occurrence
        = mark == std::string_view::npos ? Result<std::uint64_t>(1) : parseNumber(name.substr(mark + 1));
    if (!steps || !occurrence || *occurrence == 0)
        return std::nullopt;
    return steps(name.substr(0, mark), *occurrence);
}

/// The same, with ":after" for the next step of the recording.
std::optional<StepNumber> stepNamed(std::string_view name, const StepResolver& steps)
{
    constexpr std::string_view after = ":after";
    if (!name.ends_with(after))
        return stepItself(name, steps);
    name.remove_suffix(after.size());
    const auto step = stepItself(name, steps);
    // A step that a live guest has yet to reach has the largest number.
    return step && *step != std::numeric_limits<StepNumber>::max() ? std::optional(*step + 1) : step;
}

Result<Annotation> parseHeading(std::string_view line, std::size_t number, const StepResolver& steps)
{
    const std::size_t open = line.find('[');
    const std::size_t close = line.find(']', open);
    Annotation annotation;
    annotation.kind = line.starts_with("## ") ? AnnotationKind::Note : AnnotationKind::Chapter;
    const auto step = close == std::string_view::npos
        ? std::nullopt
        : stepNamed(line.substr(open + 1, close - open - 1), steps);
    if (!step)
        return failure("read the annotations",
            "line " + std::to_string(number) + " names no step of the recording",
            "write \"# [12] Title\" or \"# [event] Title\" for a chapter, with \"##\" for a note");
    annotation.step = *step;
    const std::size_t title = line.find_first_not_of(' ', close + 1);
    if (title != std::string_view::npos)
        annotation.title = std::string(line.substr(title));
    return annotation;
}

/// Empty lines around the text belong to the file, not to it.
void trimText(std::string& text)
{
    const std::size_t begin = text.find_first_not_of('\n');
    text.erase(0, begin == std::string::npos ? text.size() : begin);
    text.erase(text.find_last_not_of('\n') + 1);
}

/// The error says in which chapter or note the line is.
Result<void> checkShowing(const Annotation& annotation)
{
    if (const auto showing = showingOf(annotation.text); !showing)
        return failure(showing.error().tried,
            "under \"" + annotation.title + "\": " + showing.error().happened, showing.error().advice);
    return {};
}

} // namespace

std::string annotationsToMarkdown(const Annotations& annotations)
{
    std::string out;
    for (const Annotation& annotation : annotations) {
        out += out.empty() ? "" : "\n";
        out += annotation.kind == AnnotationKind::Chapter ? "# [" : "## [";
        std::string title = annotation.title;
        std::replace(title.begin(), title.end(), '\n', ' ');
        out += std::to_string(annotation.step) + "] " + title + "\n\n" + escaped(annotation.text);
    }
    return out;
}

Result<Annotations> annotationsFromMarkdown(std::string_view markdown, const StepResolver& steps)
{
    Annotations annotations;
    std::size_t number = 0;
    for (std::size_t at = 0; at < markdown.size();) {
        const std::size_t end = std::min(markdown.find('\n', at), markdown.size());
        std::string_view line = markdown.substr(at, end - at);
        while (line.ends_with('\r'))
            line.remove_suffix(1);
        at = end + 1;
        ++number;
        if (looksLikeHeading(line)) {
            ASSIGN_OR_RETURN(auto heading, parseHeading(line, number, steps));
            annotations.push_back(std::move(heading));
        } else if (!annotations.empty()) {
            annotations.back().text += std::string(unescaped(line)) + '\n';
        } else if (!line.empty()) {
            return failure("read the annotations",
                "line " + std::to_string(number) + " comes before the first heading",
                "start with \"# [0] Title\"");
        }
    }
    for (Annotation& annotation : annotations) {
        trimText(annotation.text);
        RETURN_IF_ERROR(checkShowing(annotation));
    }
    return annotations;
}

} // namespace pgtscope::core
