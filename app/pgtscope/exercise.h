// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <QObject>

#include "core/recording/annotations.h"
#include "views/model/document.h"

namespace pgtscope::app {

/// Experiments with a guest of the catalogue: each is an exercise. Those of Debian's kernel are shipped as
/// recordings, too.
struct Experiment {
    const char* name;
    const char* guest;
    const char* append; ///< Words for the kernel's command line.
};
inline constexpr Experiment flipWritable{"xen-flip-writable", "xen", ""};
inline constexpr Experiment skipReadonly{"xen-skip-readonly", "xen", ""};
inline constexpr Experiment lastEntry{
    "lab-xen-last-entry", "lab-xen", "scenario=end-rule-high hole=yes ramdisk=2"};
inline constexpr std::array<Experiment, 3> experiments{flipWritable, skipReadonly, lastEntry};

/// Something to try on a live guest, explained step by step.
struct Exercise {
    QString name;
    QString guest; ///< By its name in the catalogue.
    QString append; ///< Words for its kernel's command line.
    QString file; ///< Markdown as "pgt annotate --from" takes it; empty if it is not installed.
    QString title; ///< Of its first chapter.
};

/// Those that came with the program: below its source tree, or installed.
std::vector<Exercise> shippedExercises();

/// Puts the chapters of an exercise on the recording of a live guest, each as soon as the guest has got to
/// the step that it is about, beside what the user notes there.
class ExerciseGuide : public QObject {
    Q_OBJECT
public:
    /// `document` shows the live guest and outlives the guide.
    ExerciseGuide(views::Document& document, std::string markdown, QObject* parent = nullptr);

    /// Looks at the steps that were appended since the last time.
    void follow();

signals:
    /// The exercise cannot be continued.
    void failed(const QString& message);

private:
    core::Result<core::Annotations> reached() const;
    core::Result<void> put();
    std::optional<core::StepNumber> stepOf(std::string_view name, std::uint64_t occurrence) const;

    views::Document& m_document;
    std::string m_markdown;
    std::map<std::string, std::vector<core::StepNumber>, std::less<>> m_met; ///< Steps by event or cause.
    core::StepNumber m_seen = 0; ///< Steps looked at.
    std::set<std::string> m_shown; ///< Titles.
};

} // namespace pgtscope::app
