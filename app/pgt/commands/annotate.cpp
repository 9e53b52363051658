// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/pgt/command.h"
#include "app/pgt/source.h"
#include "core/base/json.h"
#include "core/recording/output.h"
#include "core/report/annotationfile.h"
#include "core/report/stepjson.h"
#include "core/symbols/filebytes.h"

namespace pgtscope::pgt {

namespace {

constexpr std::size_t maxFileBytes = 64 << 20;

struct AnnotateOptions {
    std::string file;
    std::string from;
    std::string to;
    std::optional<core::StepNumber> step;
    std::string chapter;
    std::string note;
    std::string text;
    bool remove = false;
    bool force = false; ///< Replace the file of `to`.
    bool json = false;
};

/// Where the nth stop at an event is, or at a step of that cause if it has no event.
core::StepResolver resolverOf(const core::Timeline& timeline)
{
    return [&timeline](std::string_view name, std::uint64_t occurrence) -> std::optional<core::StepNumber> {
        for (core::StepNumber number = 0; number < timeline.size(); ++number) {
            const auto step = timeline.step(number);
            if (!step)
                return std::nullopt;
            const std::string_view met = step->event.empty() ? core::causeText(step->cause) : step->event;
            if (met == name && --occurrence == 0)
                return number;
        }
        return std::nullopt;
    };
}

core::Result<core::Annotations> readNarration(const std::string& path, const core::Timeline& timeline)
{
    ASSIGN_OR_RETURN(const auto bytes, core::readFile(path, maxFileBytes));
    return core::annotationsFromMarkdown(
        {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, resolverOf(timeline));
}

core::Result<core::Annotations> edited(
    const AnnotateOptions& options, const core::Timeline& timeline, core::Annotations annotations)
{
    if (!options.from.empty())
        return readNarration(options.from, timeline);
    if (options.remove)
        std::erase_if(annotations, [&](const core::Annotation& a) { return a.step == *options.step; });
    if (!options.chapter.empty() || !options.note.empty() || !options.text.empty()) {
        const bool chapter = !options.chapter.empty();
        annotations.push_back(
            {*options.step, chapter ? core::AnnotationKind::Chapter : core::AnnotationKind::Note,
                chapter ? options.chapter : options.note, options.text});
    }
    return annotations;
}

void print(const core::Annotations& annotations, bool json)
{
    if (!json) {
        std::cout << core::annotationsToMarkdown(annotations);
        return;
    }
    nlohmann::json list = nlohmann::json::array();
    for (const core::Annotation& annotation : annotations)
        list.push_back(core::annotationJson(annotation));
    std::cout << core::jsonBlock({{"annotations", list}}) << '\n';
}

core::Result<core::Annotations> annotate(
    const AnnotateOptions& options, core::Timeline& timeline, bool writes)
{
    std::error_code missing;
    if (!options.from.empty() && !options.to.empty()
        && std::filesystem::equivalent(options.from, options.to, missing))
        return core::failure("write " + options.to, "it is the file that is read", "choose another name");
    // Before anything is changed: a file that cannot be made leaves the recording as it was too.
    std::unique_ptr<core::WholeFile> file;
    if (!options.to.empty()) {
        ASSIGN_OR_RETURN(auto made,
            core::createOutput(options.to, options.force ? core::Existing::Replace : core::Existing::Refuse));
        file = std::move(made);
    }
    auto annotations = timeline.annotations();
    if (!annotations)
        return annotations;
    if (writes) {
        auto changed = edited(options, timeline, *annotations);
        if (!changed)
            return changed;
        for (const core::Annotation& annotation : *changed)
            RETURN_IF_ERROR(stepOf(timeline, annotation.step));
        RETURN_IF_ERROR(timeline.changeAnnotations(*annotations, *changed));
        annotations = timeline.annotations();
    }
    if (annotations && file) {
        file->stream() << core::annotationsToMarkdown(*annotations);
        RETURN_IF_ERROR(file->commit());
    }
    return annotations;
}

ExitStatus annotateFile(AnnotateOptions options, Console& console)
{
    if (const auto taken = takeMoment(options.file, options.step); !taken)
        return console.fail(taken.error());
    const bool edits
        = options.remove || !options.chapter.empty() || !options.note.empty() || !options.text.empty();
    if (edits && !options.step)
        return console.fail({"annotate a step", "none was named", "add --step N"});
    const auto timeline = openTimeline(options.file, console);
    if (!timeline)
        return console.fail(timeline.error());
    const auto annotations = annotate(options, **timeline, edits || !options.from.empty());
    if (!annotations)
        return console.fail(annotations.error());
    if (options.json || (!edits && options.from.empty() && options.to.empty()))
        print(*annotations, options.json);
    return ExitStatus::Done;
}

} // namespace

void addAnnotateCommand(CLI::App& app, Invocation& invocation)
{
    auto options = std::make_shared<AnnotateOptions>();
    CLI::App* command = app.add_subcommand("annotate",
        "Print or change the narration of a recording: chapters and notes in Markdown. The recorded steps "
        "are not changed");
    command->add_option("file", options->file, "The recording")->required();
    auto* from = command->add_option("--from", options->from, "Replace all narration by this Markdown file")
                     ->check(CLI::ExistingFile);
    auto* to = command->add_option("--to", options->to, "Write all narration to this Markdown file")
                   ->check(hasName());
    command->add_flag("--force", options->force, "Replace the file of --to if it exists")->needs(to);
    command
        ->add_option("--step", options->step, "The step that --chapter, --note, --text and --remove apply to")
        ->excludes(from);
    auto* chapter = command->add_option("--chapter", options->chapter, "Start a chapter of this title");
    command->add_option("--note", options->note, "Add a note of this title")->excludes(chapter);
    command->add_option("--text", options->text, "Text of the chapter or note, in Markdown");
    command->add_flag("--remove", options->remove, "First remove the narration of the step");
    command->add_flag("--json", options->json, "Answer in JSON");
    command->callback([options, &invocation] {
        invocation.run = [options, &invocation] { return annotateFile(*options, invocation.console); };
    });
}

} // namespace pgtscope::pgt
