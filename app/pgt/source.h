// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/pgt/guestoptions.h"
#include "core/timeline/timeline.h"

namespace pgtscope::pgt {

/// What a command looks at: a live guest, or a step of a recording.
struct SourceOptions {
    GuestOptions guest;
    std::string recording; ///< Empty: the live guest.
    std::optional<core::StepNumber> step; ///< Of the recording; nullopt: its last.
    /// As typed: "[FILE]", or "[FILE] OPERAND".
    std::vector<std::string> words;
    std::string operand;
    bool asksAccelerator = false; ///< For Scene::accelerator.

    /// Adds the options of a guest, --step and the words. `operandName` is empty for a command without one.
    void addTo(CLI::App& command, const std::string& operandName = {});
    /// Separates recording and operand, of a link to a moment also its step and its place; throws
    /// CLI::ValidationError while the command line is parsed.
    void splitWords(bool hasOperand);

private:
    void takeLink(bool hasOperand);
};

/// One stop of a guest with what is known of it, wherever it came from.
struct Scene {
    core::SnapshotPtr snapshot;
    core::SnapshotPtr before; ///< The previous step in a recording; null otherwise.
    const core::SymbolTable& symbols;
    /// Whether the symbols are at the addresses where the kernel ran.
    bool placed = false;
    core::SlideState slideState = core::SlideState::NotMapped;
    std::shared_ptr<core::Timeline> timeline; ///< Null for a live guest.
    core::StepNumber step = 0; ///< Within the timeline.
    std::string accelerator = {}; ///< "KVM" or "TCG" of a live guest, if it was asked for; else empty.
};

using SceneWork = std::function<ExitStatus(const Scene&)>;

/// Replaces a link to a moment, FILE#step=65, by its file, and puts its step where --step would. An Error if
/// it is no link, or if both name a step and they differ.
core::Result<void> takeMoment(std::string& file, std::optional<core::StepNumber>& step);
/// An Error if `path` is a link to a moment: for commands that are about a whole recording.
core::Result<void> refuseMoment(const std::string& path);
/// Opens a recording and remarks on what is wrong with it. Refuses a link to a moment.
core::Result<std::shared_ptr<core::Timeline>> openTimeline(const std::string& path, Console& console);
/// The step that is meant, or an Error that says which there are.
core::Result<core::StepNumber> stepOf(
    const core::Timeline& timeline, const std::optional<core::StepNumber>& wanted);
/// A recording's symbols, or those of the kernel file that the options name, at the recording's slide.
core::Result<core::SymbolTable> symbolsOf(const core::Timeline& timeline, const std::string& kernelFile);

/// Captures the guest, which is detached before `work` begins, or reads the step.
ExitStatus withScene(const SourceOptions& options, Console& console, const SceneWork& work);

} // namespace pgtscope::pgt
