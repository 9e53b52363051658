// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/format/storyhtml.h"

#include "core/base/numbers.h"
#include "core/format/markdown.h"
#include "core/format/pgtbufbar.h"
#include "core/format/steptext.h"
#include "core/format/storytext.h"
#include "core/linux/events.h"

namespace pgtscope::core {

namespace {

constexpr StepNumber mostSteps = 20'000;

std::string paragraph(const std::string& text, std::string_view style = {})
{
    if (text.empty())
        return {};
    const std::string opening = style.empty() ? "<p>" : "<p class=\"" + std::string(style) + "\">";
    return opening + htmlText(text) + "</p>\n";
}

std::string narrationHtml(const Annotation& annotation)
{
    const bool chapter = annotation.kind == AnnotationKind::Chapter;
    const std::string level = chapter ? "2" : "3";
    std::string html = chapter ? "<section class=\"chapter\">\n" : "<section class=\"note\">\n";
    if (!annotation.title.empty())
        html += "<h" + level + ">" + htmlText(annotation.title) + "</h" + level + ">\n";
    return html + markdownHtml(annotation.text) + "</section>\n";
}

std::string findingsLine(const Step& step)
{
    std::string text;
    for (const FindingCount& finding : step.findings)
        text += (text.empty() ? "findings: " : ", ") + finding.name + " " + groupedText(finding.count);
    return text;
}

std::string placeLine(const StoryStep& story)
{
    const Step& step = story.step;
    return "at " + (step.ripSymbol.empty() ? hexText(step.cpu.rip.value) : step.ripSymbol) + "; "
        + std::string(story.snapshot->paging().name()) + ", root " + hexText(story.snapshot->root().value)
        + ", " + groupedText(story.snapshot->tableFrames()) + " table pages, "
        + groupedText(story.changes.entries.size()) + " entries changed";
}

std::string stepHtml(const StoryStep& story, const Annotations& annotations)
{
    const Step& step = story.step;
    std::string html;
    for (const Annotation& annotation : annotations)
        if (annotation.step == step.number)
            html += narrationHtml(annotation);
    const std::string title = step.event.empty() ? std::string(causeText(step.cause)) : step.event;
    html += "<article class=\"step\" id=\"step-" + std::to_string(step.number)
        + "\">\n<h3><span class=\"number\">" + std::to_string(step.number) + "</span> " + htmlText(title)
        + (step.text.empty() ? "" : ": " + htmlText(step.text)) + "</h3>\n";
    if (const BootEvent* event = findBootEvent(step.event))
        html += paragraph(std::string(event->meaning));
    html += paragraph(placeLine(story), "mono");
    html += pgtBufSvg(story.snapshot->pgtBuf());
    html += paragraph(pgtBufText(story.snapshot->pgtBuf()));
    html += paragraph(findingsLine(step), "findings");
    if (!step.console.empty())
        html += "<details><summary>console</summary><pre>" + htmlText(step.console) + "</pre></details>\n";
    return html + "</article>\n";
}

std::string headHtml(const Timeline& timeline)
{
    std::string html;
    const std::string text = recordingHeadText(timeline);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        html += paragraph(text.substr(at, end - at));
        at = end + 1;
    }
    return html;
}

std::string titleOf(const Timeline& timeline)
{
    const GuestDescription guest = timeline.guest();
    const std::string name = guest.guest.empty() ? "A guest" : guest.guest;
    return htmlText(name + ": how its page tables came to be");
}

Result<void> writeSteps(std::ostream& out, const Timeline& timeline, const Annotations& annotations)
{
    for (StepNumber number = 0; number < timeline.size() && out; ++number) {
        const auto story = storyStep(timeline, number);
        if (!story)
            return tl::unexpected(story.error());
        out << stepHtml(*story, annotations);
    }
    return {};
}

} // namespace

Result<void> writeStoryHtml(
    std::ostream& out, const Timeline& timeline, const Annotations& annotations, std::string_view page)
{
    if (timeline.size() > mostSteps)
        return failure("export " + timeline.path() + " as a page",
            "it has " + groupedText(timeline.size()) + " steps, a page takes " + groupedText(mostSteps),
            "use --format json or csv");
    while (!page.empty()) {
        const std::size_t open = page.find('@');
        const std::size_t close = open == std::string_view::npos ? open : page.find('@', open + 1);
        out << page.substr(0, open);
        if (close == std::string_view::npos) {
            out << (open == std::string_view::npos ? std::string_view() : page.substr(open));
            break;
        }
        const auto name = page.substr(open + 1, close - open - 1);
        page.remove_prefix(close + 1);
        if (name == "TITLE")
            out << titleOf(timeline);
        else if (name == "HEAD")
            out << headHtml(timeline);
        else if (name == "LAST")
            out << (timeline.size() == 0 ? 0 : timeline.size() - 1);
        else if (name == "STEPS") {
            if (const auto done = writeSteps(out, timeline, annotations); !done)
                return done;
        } else {
            // Not one of ours ("@media"): it stays, and its second '@' may begin the next.
            out << '@' << name;
            page = std::string_view(name.data() + name.size(), page.size() + 1);
        }
    }
    return out ? Result<void>{}
               : failure("write the page", "the output takes no more", "check the disk's space");
}

} // namespace pgtscope::core
