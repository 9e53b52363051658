// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/report/storytext.h"

#include <algorithm>
#include <sstream>

#include <nlohmann/json.hpp>

#include "core/base/json.h"
#include "core/base/numbers.h"
#include "core/linux/events.h"
#include "core/report/markdown.h"
#include "core/report/pgtbufbar.h"
#include "core/report/recordwriter.h"
#include "core/report/stepjson.h"
#include "core/report/steptext.h"
#include "core/report/textwrap.h"
#include "core/timeline/branchparent.h"

namespace pgtscope::core {

namespace {

constexpr std::size_t barIndent = 7; // where writeStepText() begins its lines

std::uint64_t detachedTables(const Snapshot& snapshot)
{
    const auto tables = snapshot.tables();
    return static_cast<std::uint64_t>(std::count_if(
        tables.begin(), tables.end(), [](const Table& t) { return t.origin == TableOrigin::Detached; }));
}

std::string annotationText(const Annotation& annotation)
{
    const bool chapter = annotation.kind == AnnotationKind::Chapter;
    std::string text = "\n";
    if (!annotation.title.empty()) {
        text += annotation.title + '\n';
        if (chapter)
            text += std::string(std::min<std::size_t>(annotation.title.size(), 72), '=') + '\n';
        text += '\n';
    }
    const std::string body = markdownPlain(annotation.text);
    return body.empty() ? text : text + body + '\n';
}

std::string csvLine(const StoryStep& story)
{
    const Step& step = story.step;
    const auto& epochs = story.snapshot->pgtBuf().epochs;
    std::string findings;
    for (const FindingCount& finding : step.findings)
        findings += (findings.empty() ? "" : " ") + finding.name + "=" + std::to_string(finding.count);
    std::string line = std::to_string(step.number) + ',' + std::string(causeText(step.cause)) + ','
        + csvText(step.event) + ',' + csvText(step.text) + ',' + std::to_string(step.time) + ','
        + hexText(step.cpu.rip.value) + ',' + csvText(step.ripSymbol) + ','
        + std::to_string(story.snapshot->tableFrames()) + ',' + std::to_string(story.changes.entries.size());
    if (epochs.empty())
        line += ",,,";
    else
        line += ',' + hexText(epochs.back().start.value) + ',' + hexText(epochs.back().end.value) + ','
            + hexText(epochs.back().top.value);
    return line + ',' + csvText(findings) + '\n';
}

Error streamError()
{
    return {"write the export", "the output accepts no more data", "check the disk's space"};
}

} // namespace

Result<StoryStep> storyStep(const Timeline& timeline, StepNumber number)
{
    StoryStep story;
    ASSIGN_OR_RETURN(auto step, timeline.step(number));
    story.step = std::move(step);
    ASSIGN_OR_RETURN(auto snapshot, timeline.snapshot(number));
    story.snapshot = std::move(snapshot);
    if (number == 0)
        return story;
    ASSIGN_OR_RETURN(auto changes, timeline.changes(number));
    story.changes = std::move(changes);
    return story;
}

std::string recordingHeadText(const Timeline& timeline)
{
    const GuestDescription guest = timeline.guest();
    std::string text = guest.guest.empty() ? timeline.path() : guest.guest;
    text += ", " + countText(timeline.size(), "step");
    if (!guest.granularity.empty())
        text += " recorded at " + guest.granularity;
    if (!timeline.finished())
        text += " (the recorder was killed before it finished)";
    text += '\n';
    const auto add = [&text](const char* name, const std::string& value) {
        if (!value.empty())
            text += std::string(name) + value + '\n';
    };
    add("kernel    ", guest.kernel);
    add("arguments ", guest.commandLine);
    add("machine   ", guest.machine + (guest.memoryBytes == 0 ? "" : ", " + sizeText(guest.memoryBytes)));
    add("recorded  ", guest.started + (guest.recorder.empty() ? "" : " by " + guest.recorder));
    if (const auto parent = branchParent(guest))
        add("branch    ", "of " + parent->file + " from step " + std::to_string(parent->step));
    return text + '\n';
}

std::string storyStepText(const StoryStep& story, const Annotations& annotations, std::size_t width)
{
    std::string text;
    for (const Annotation& annotation : annotations)
        if (annotation.step == story.step.number)
            text += annotationText(annotation);
    std::ostringstream step;
    writeStepText(step, story.step, *story.snapshot, story.step.number == 0 ? nullptr : &story.changes);
    text += step.str();
    const std::string bar = pgtBufBar(story.snapshot->pgtBuf(), std::min<std::size_t>(width, 80) - barIndent);
    return bar.empty() ? text : text + std::string(barIndent, ' ') + bar + '\n';
}

nlohmann::json storyStepJson(const StoryStep& story)
{
    nlohmann::json json = stepJson(story.step);
    json["changes"] = changesJson(story.changes);
    json["pgtBuf"] = pgtBufJson(story.snapshot->pgtBuf());
    json["paging"] = story.snapshot->paging().name();
    json["root"] = hexText(story.snapshot->root().value);
    json["tableFrames"] = story.snapshot->tableFrames();
    json["detachedTables"] = detachedTables(*story.snapshot);
    const BootEvent* event = findBootEvent(story.step.event);
    json["meaning"] = event != nullptr ? std::string(event->meaning) : std::string();
    return json;
}

Result<void> writeStoryJson(std::ostream& out, const Timeline& timeline, const Annotations& annotations,
    StepNumber from, StepNumber to)
{
    nlohmann::json notes = nlohmann::json::array();
    for (const Annotation& annotation : annotations)
        notes.push_back(annotationJson(annotation));
    std::string text;
    JsonStream json(text, JsonStream::Blanks::One);
    const auto onNewLine = [&json](std::string_view key, std::string_view value) {
        json.newLine();
        json.key(key);
        json.ready(value);
    };
    json.open('{');
    json.key("format");
    json.text("pgtscope.story");
    json.key("version");
    json.number(1);
    onNewLine("guest", jsonLine(guestJson(timeline.guest())));
    onNewLine("finished", timeline.finished() ? "true" : "false");
    onNewLine("annotations", jsonLine(notes));
    json.newLine();
    json.key("steps");
    json.open('[');
    for (StepNumber number = from; number <= to && out; ++number) {
        ASSIGN_OR_RETURN(const auto story, storyStep(timeline, number));
        json.newLine();
        json.ready(jsonLine(storyStepJson(story)));
        out << text;
        text.clear();
    }
    json.newLine();
    json.close(']');
    json.close('}');
    out << text << '\n';
    return out ? Result<void>{} : tl::unexpected(streamError());
}

Result<void> writeStoryCsv(std::ostream& out, const Timeline& timeline, StepNumber from, StepNumber to)
{
    out << "step,cause,event,text,time,rip,symbol,tables,entries_changed,pgt_buf_start,pgt_buf_end,"
           "pgt_buf_top,findings\n";
    for (StepNumber number = from; number <= to && out; ++number) {
        ASSIGN_OR_RETURN(const auto story, storyStep(timeline, number));
        out << csvLine(story);
    }
    return out ? Result<void>{} : tl::unexpected(streamError());
}

Result<void> writeStoryText(std::ostream& out, const Timeline& timeline, const Annotations& annotations,
    StepNumber from, StepNumber to, std::size_t width)
{
    out << wrapText(recordingHeadText(timeline), width);
    for (StepNumber number = from; number <= to && out; ++number) {
        ASSIGN_OR_RETURN(const auto story, storyStep(timeline, number));
        out << wrapText(storyStepText(story, annotations, width), width);
    }
    return out ? Result<void>{} : tl::unexpected(streamError());
}

} // namespace pgtscope::core
