// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/callback.h"
#include "core/recording/annotations.h"
#include "core/recording/recording.h"
#include "core/recording/recordingwriter.h"
#include "core/rules/rule.h"

namespace pgtscope::core {

/// The ordered steps of a guest. A live guest and a recording are the same to their readers: a live
/// session appends to a recording, and its timeline reads there. Safe to use from several threads; a call
/// waits for the previous call.
class Timeline {
public:
    /// A recording that is complete, or as complete as it will ever be; an Error if no step can be read.
    static Result<std::shared_ptr<Timeline>> open(const std::string& path);
    /// Follows a recording that is being written.
    static Result<std::shared_ptr<Timeline>> follow(const std::shared_ptr<RecordingWriter>& writer);
    ~Timeline();
    Timeline(const Timeline&) = delete;
    Timeline& operator=(const Timeline&) = delete;

    const std::string& path() const { return m_path; }
    GuestDescription guest() const;
    /// False while steps may still be appended, and for a recording whose recorder was killed.
    bool finished() const;
    /// What is wrong with the recording, for the user; empty if nothing is known to be.
    std::string damage() const;

    StepNumber size() const;
    /// Where other rules than this program's were at work when it was recorded, its findings are counted
    /// anew.
    Result<Step> step(StepNumber number) const;
    /// From the previous step. Step 0 has none.
    Result<StepChanges> changes(StepNumber number) const;
    /// Random access; the latest ones asked for are kept.
    Result<SnapshotPtr> snapshot(StepNumber number) const;
    /// What every rule says of it, if its recorder had it at hand and it is still kept; else null.
    RuleReportsPtr reports(StepNumber number) const;
    /// For the recorder, before it appends step `number`: what was captured need not be read back. `reports`
    /// may be null.
    void expect(StepNumber number, const SnapshotPtr& snapshot, const RuleReportsPtr& reports);
    Result<SymbolTable> symbols() const;
    /// The code around the step's place, as gdb disassembled it; empty if none was kept.
    Result<std::vector<CodeLine>> code(StepNumber number) const;

    Result<Annotations> annotations() const;
    /// As core::changeAnnotations().
    Result<void> changeAnnotations(const Annotations& before, const Annotations& after);

    /// Called after steps were appended, with the new size, from the appending thread. As Callback::set(): an
    /// empty one ends it, and the previous one does not run any more.
    void onAppend(std::function<void(StepNumber size)> callback);

private:
    explicit Timeline(std::unique_ptr<Recording> recording, std::string path);
    void appended(StepNumber size);
    StepNumber stopOf(StepNumber number) const;
    Result<std::vector<FindingCount>> countedAnew(StepNumber stop) const;

    mutable std::mutex m_mutex;
    std::unique_ptr<Recording> m_recording;
    std::string m_path;
    bool m_otherRules; ///< Those of the recording are not this program's.
    std::shared_ptr<RecordingWriter> m_writer;
    Callback<StepNumber> m_onAppend;
    struct Kept {
        StepNumber number;
        SnapshotPtr snapshot;
        RuleReportsPtr reports; ///< May be null.
    };
    std::list<Kept>::iterator findKept(StepNumber number) const;
    void cache(Kept kept) const;
    mutable std::list<Kept> m_kept; ///< Latest first; also of a step that is expected.
    /// Steps that are no single writes; filled when first asked for, and only if m_otherRules.
    mutable std::vector<StepNumber> m_stops;
    mutable StepNumber m_stopsSeen = 0; ///< Steps that m_stops is about.
    mutable std::unordered_map<StepNumber, std::vector<FindingCount>> m_counts; ///< By stop; if m_otherRules.
};

} // namespace pgtscope::core
