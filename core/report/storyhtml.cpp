// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/storyhtml.h"

#include <algorithm>
#include <optional>
#include <random>

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/linux/events.h"
#include "core/report/markdown.h"
#include "core/report/pgtbufbar.h"
#include "core/report/steptext.h"
#include "core/report/storypictures.h"
#include "core/report/storytext.h"
#include "core/rules/findingtext.h"
#include "core/rules/rule.h"
#include "core/rules/ruledifference.h"
#include "core/walk/translation.h"

namespace pgtscope::core {

namespace {

constexpr StepNumber maxSteps = 5'000;
constexpr std::uint64_t maxBytes = 64ULL << 20;
/// Of what a guest printed between two steps, the end.
constexpr std::size_t maxConsoleBytes = 8192;

std::string element(std::string_view tag, const std::string& text, std::string_view style = {})
{
    if (text.empty())
        return {};
    std::string html = "<" + std::string(tag);
    if (!style.empty())
        html += " class=\"" + std::string(style) + "\"";
    return html + ">" + htmlText(text) + "</" + std::string(tag) + ">\n";
}

/// The frame that a link of the narration is about, at that step; nullopt if it is about none.
std::optional<FrameNumber> linkedFrame(const Snapshot& snapshot, std::string_view target)
{
    const auto slash = std::min(target.find('/'), target.size());
    const std::string_view kind = target.substr(0, slash);
    const auto number = parseNumber(target.substr(std::min(slash + 1, target.size())));
    if (!number)
        return std::nullopt;
    if (kind == "pfn")
        return snapshot.frame(GuestFrame(*number));
    if (kind == "mfn")
        return FrameNumber(*number);
    if (kind == "pa" || kind == "entry")
        return frameOf(PhysicalAddress(*number));
    if (kind != "va")
        return std::nullopt;
    const Translation translation = translate(snapshot, LinearAddress(*number));
    return translation.end == TranslationEnd::Mapped ? std::optional(frameOf(translation.physical))
                                                     : std::nullopt;
}

/// The page of a recording beside this one, at the link's moment; empty if the link is no such one.
std::string pageBeside(std::string_view target)
{
    constexpr std::string_view kind = "recording/";
    constexpr std::string_view suffix = ".pgtrec";
    if (!target.starts_with(kind))
        return {};
    target.remove_prefix(kind.size());
    const auto mark = std::min(target.find('#'), target.size());
    const std::string_view name = target.substr(0, mark);
    if (name.size() <= suffix.size() || !name.ends_with(suffix) || name.find('/') != std::string_view::npos
        || name.find(':') != std::string_view::npos)
        return {};
    return std::string(name.substr(0, name.size() - suffix.size())) + ".html"
        + std::string(target.substr(mark));
}

/// Steps are elements of the page; a frame is marked in the pictures of the step that the text is on.
std::string pagePlace(const StoryStep& story, std::string_view target)
{
    if (std::string page = pageBeside(target); !page.empty())
        return page;
    if (std::string step = stepPlace(target); !step.empty())
        return step;
    const auto frame = linkedFrame(*story.snapshot, target);
    return frame ? "#step=" + std::to_string(story.step.number) + "&frame=" + hexText(frame->value)
                 : std::string();
}

std::string narrationHtml(const Annotation& annotation, const StoryStep& story)
{
    const bool chapter = annotation.kind == AnnotationKind::Chapter;
    std::string html = chapter ? "<div class=\"chapter\">\n" : "<div class=\"note\">\n";
    html += element(chapter ? "h2" : "h3", annotation.title);
    return html + markdownHtml(annotation.text, [&](std::string_view target) {
        return pagePlace(story, target);
    }) + "</div>\n";
}

std::string countsLine(const Step& step)
{
    return step.findings.empty() ? std::string() : "Findings: " + findingCountsText(step.findings);
}

std::string placeLine(const StoryStep& story)
{
    const Step& step = story.step;
    const std::string place
        = "at " + (step.ripSymbol.empty() ? step.cpu.codeAddressText() : step.ripSymbol) + "; ";
    if (!story.snapshot->paging().enabled())
        return place + "paging is off";
    return place + std::string(story.snapshot->paging().name()) + " paging, root "
        + hexText(story.snapshot->root().value) + ", "
        + countText(story.snapshot->tableFrames(), "table page") + ", "
        + countText(story.changes.entries.size(), "entry") + " changed";
}

std::string findingHtml(const Finding& finding)
{
    const std::string state(findingStateName(drawnAs(finding.state, finding.standing)));
    std::string html = "<details class=\"finding " + state + "\"><summary><b>"
        + labelText(finding.state, finding.standing) + "</b> " + htmlText(ruleLabelText(finding.rule)) + ": "
        + htmlText(finding.summary) + "</summary>\n<ul>\n";
    for (const Clause& clause : finding.clauses)
        html += "<li>" + std::string(clause.holds ? "&#10003; " : "&#10007; ") + htmlText(clause.text)
            + " <code>" + htmlText(clause.values) + "</code></li>\n";
    return html + "</ul>\n" + element("p", "To satisfy the rule: " + finding.remedy) + "</details>\n";
}

/// One finding of each state, the gravest first; the others are only counted.
std::string reportHtml(const RuleReport& report)
{
    std::string html;
    for (std::size_t state = 0; state < findingStateCount; ++state) {
        const auto found = std::find_if(report.findings.begin(), report.findings.end(),
            [&](const Finding& finding) { return static_cast<std::size_t>(finding.state) == state; });
        if (found == report.findings.end() || found->state == FindingState::Note)
            continue;
        html += findingHtml(*found);
        if (const std::uint64_t count = report.count(found->state); count > 1)
            html += element("p", "and " + groupedText(count - 1) + " more in this state", "muted more");
    }
    return html;
}

/// One of the two rules that are compared, in a column of its own.
std::string ruleHtml(const Rule& rule, const RuleReport& report, std::size_t alone)
{
    std::string html = "<section>\n" + element("h4", std::string(rule.text().plain));
    if (!report.coverage.evaluated)
        return html + element("p", report.notEvaluated(), "muted") + "</section>\n";
    const std::string count = report.total() == 0 ? "no finding" : countText(report.total(), "finding");
    html += element("p",
        std::string(rule.name()) + ": " + count
            + (alone == 0 ? std::string() : ", " + groupedText(alone) + " of them by this rule alone"));
    return html + reportHtml(report) + "</section>\n";
}

/// What the two rules of the argument make of the step, side by side and in the order of the argument's
/// bands; nothing while neither is about it.
std::string rulesHtml(const RuleContext& context)
{
    const Rule& first = comparedRule(RuleComparison::First);
    const Rule& second = comparedRule(RuleComparison::Second);
    const RuleReport one = first.check(context);
    const RuleReport other = second.check(context);
    if (!one.coverage.evaluated && !other.coverage.evaluated)
        return {};
    const RuleDifference difference = ruleDifference(one, other);
    return "<div class=\"rules\">\n" + ruleHtml(second, other, difference.onlySecond.size())
        + ruleHtml(first, one, difference.onlyFirst.size()) + "</div>\n";
}

std::string consoleHtml(const std::string& console)
{
    if (console.empty())
        return {};
    const std::size_t cut = console.size() > maxConsoleBytes ? console.size() - maxConsoleBytes : 0;
    return "<details><summary>Console</summary><pre>" + htmlText(console.substr(cut)) + "</pre></details>\n";
}

std::string stepHtml(const StoryStep& story, const Annotations& annotations, const RuleContext& context,
    const RuleReport& report)
{
    const Step& step = story.step;
    const std::string number = std::to_string(step.number);
    std::string html = "<section class=\"step\" id=\"step-" + number + "\">\n";
    auto annotation = std::lower_bound(annotations.begin(), annotations.end(), step.number,
        [](const Annotation& a, StepNumber wanted) { return a.step < wanted; });
    for (; annotation != annotations.end() && annotation->step == step.number; ++annotation)
        html += narrationHtml(*annotation, story);
    const std::string title = step.event.empty() ? std::string(causeText(step.cause)) : step.event;
    html += "<article>\n<h3><span class=\"number\">" + number + "</span> <span class=\"title\">"
        + htmlText(title) + (step.text.empty() ? "" : ": " + htmlText(step.text)) + "</span></h3>\n";
    if (const BootEvent* event = findBootEvent(step.event))
        html += element("p", std::string(event->meaning));
    html += element("p", placeLine(story), "place");
    html += element("p", pgtBufText(*story.snapshot), "place");
    html += "<noscript>" + pgtBufSvg(*story.snapshot) + "</noscript>\n";
    html += element("p", countsLine(step), "counts") + reportHtml(report) + rulesHtml(context)
        + consoleHtml(step.console);
    return html + "</article>\n</section>\n";
}

std::string headHtml(const Timeline& timeline)
{
    std::string html;
    const std::string text = recordingHeadText(timeline);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        html += element("p", text.substr(at, end - at));
        at = end + 1;
    }
    return html;
}

/// What the narration's author called it: its first chapter. Without one, which guest it is.
std::string titleOf(const Timeline& timeline, const Annotations& annotations)
{
    const auto named = std::find_if(annotations.begin(), annotations.end(),
        [](const Annotation& a) { return a.kind == AnnotationKind::Chapter && !a.title.empty(); });
    if (named != annotations.end())
        return htmlText(named->title);
    const GuestDescription guest = timeline.guest();
    return htmlText((guest.guest.empty() ? "A guest" : guest.guest) + ": how its page tables are built");
}

/// Unpredictable to the author of a recording: only the page's own script runs.
std::string newNonce()
{
    std::random_device random;
    std::string nonce;
    for (int i = 0; i < 4; ++i)
        nonce += hexText(random(), 8).substr(2);
    return nonce;
}

/// JSON inside a script element: no "<" of the recording may end it, and nothing depends on the encoding.
std::string scriptJson(const nlohmann::json& json)
{
    std::string text;
    for (const char c : jsonAscii(json))
        text += c == '<' ? std::string("\\u003c") : std::string(1, c);
    return text;
}

FrameNumber memoryEnd(const Snapshot& snapshot)
{
    FrameNumber end(1);
    for (const PhysicalRange& ram : snapshot.ramMap().ranges())
        end = std::max(end, FrameNumber((ram.end.value - 1) >> frameShift) + 1);
    return end;
}

class StoryPage {
public:
    StoryPage(std::ostream& out, const Timeline& timeline, const Annotations& annotations,
        const StoryPageOptions& options, FrameNumber memory)
        : m_out(out)
        , m_timeline(timeline)
        , m_annotations(annotations)
        , m_options(options)
        , m_pictures(memory)
        , m_nonce(newNonce())
    {
        m_steps.open('[');
    }

    Result<void> write()
    {
        std::string_view page = m_options.page;
        while (!page.empty()) {
            const std::size_t open = page.find('@');
            const std::size_t close = open == page.npos ? open : page.find('@', open + 1);
            if (close == page.npos)
                break;
            m_out << page.substr(0, open);
            ASSIGN_OR_RETURN(const auto done, writePart(page.substr(open + 1, close - open - 1)));
            // What is not one of ours ("@media") stays, and its second '@' may begin the next.
            page.remove_prefix(done ? close + 1 : close);
        }
        m_out << page;
        return {};
    }

private:
    /// False if there is no such part.
    Result<bool> writePart(std::string_view name)
    {
        if (name == "TITLE")
            m_out << titleOf(m_timeline, m_annotations);
        else if (name == "NONCE")
            m_out << m_nonce;
        else if (name == "HEAD")
            m_out << headHtml(m_timeline);
        else if (name == "LAST")
            m_out << m_options.to - m_options.from;
        else if (name == "MAKER")
            m_out << htmlText(m_options.maker);
        else if (name == "DATA")
            writeData();
        else if (name == "STEPS")
            return writeSteps().map([] { return true; });
        else {
            m_out << '@' << name;
            return false;
        }
        return true;
    }

    /// After the steps.
    void writeData()
    {
        m_steps.close(']');
        std::string text;
        JsonStream json(text);
        json.open('{');
        json.key("map");
        json.ready(scriptJson(m_pictures.mapShape()));
        json.newLine();
        json.key("steps");
        json.ready(m_data);
        json.close('}');
        m_out << text;
    }

    Result<void> writeSteps()
    {
        for (StepNumber number = m_options.from; number <= m_options.to && m_out; ++number) {
            if (m_options.cancel != nullptr && m_options.cancel->cancelled())
                return failure("write the page", "stopped by the user");
            if (m_options.progress)
                m_options.progress(
                    "writing the page", number - m_options.from, m_options.to - m_options.from + 1);
            RETURN_IF_ERROR(writeStep(number));
            if (m_bytes > maxBytes)
                return failure("write the page",
                    "at step " + std::to_string(number) + " it is larger than " + sizeText(maxBytes),
                    "choose fewer steps");
        }
        return {};
    }

    Result<void> writeStep(StepNumber number)
    {
        ASSIGN_OR_RETURN(const auto story, storyStep(m_timeline, number));
        RuleLimits limits;
        limits.findings = 1; // of each state
        const RuleContext context(story.snapshot, limits);
        const RuleReport report = leadingRule().check(context);
        const std::string html = stepHtml(story, m_annotations, context, report);
        const std::string data = scriptJson(m_pictures.step(story, context, report));
        m_out << html;
        m_steps.newLine();
        m_steps.ready(data);
        m_bytes += html.size() + data.size();
        return {};
    }

    std::ostream& m_out;
    const Timeline& m_timeline;
    const Annotations& m_annotations;
    const StoryPageOptions& m_options;
    StoryPictures m_pictures;
    std::string m_nonce;
    std::string m_data; ///< Of all steps: JSON inside the script element.
    JsonStream m_steps{m_data};
    std::uint64_t m_bytes = 0;
};

} // namespace

Result<void> writeStoryHtml(std::ostream& out, const Timeline& timeline, const Annotations& annotations,
    const StoryPageOptions& options)
{
    const StepNumber steps = options.to - options.from + 1;
    if (steps > maxSteps)
        return failure("write " + timeline.path() + " as a page",
            "these are " + groupedText(steps) + " steps, a page takes " + groupedText(maxSteps),
            "choose fewer steps, or another format");
    ASSIGN_OR_RETURN(const auto last, timeline.snapshot(options.to));
    StoryPage page(out, timeline, annotations, options, memoryEnd(*last));
    RETURN_IF_ERROR(page.write());
    return out ? Result<void>{}
               : failure("write the page", "the output accepts no more data", "check the disk's space");
}

} // namespace pgtscope::core
