// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>

#include <QObject>
#include <QString>
#include <QTimer>

#include "core/symbols/symboltable.h"
#include "core/timeline/timeline.h"
#include "views/model/stepstate.h"
#include "views/model/writehistory.h"

namespace pgtscope::views {

/// The timeline and the step that the window shows. Live or recorded makes no difference.
class Document : public QObject {
    Q_OBJECT
public:
    explicit Document(QObject* parent = nullptr);
    ~Document() override;

    /// Shows another timeline, or none; goes to where a reader begins, or to its last step if `live`.
    void setTimeline(std::shared_ptr<core::Timeline> timeline, bool live);
    const std::shared_ptr<core::Timeline>& timeline() const { return m_timeline; }
    core::StepNumber size() const { return m_size; }
    /// Empty while there is no step.
    const StepStatePtr& state() const { return m_state; }
    core::StepNumber step() const { return m_step; }
    /// Names for addresses; empty if the timeline has none.
    const core::SymbolTable& symbols() const { return m_symbols; }
    /// A live guest's new steps are followed while the last one is shown.
    bool live() const { return m_live; }
    /// Whether something here, a hypervisor or a guest's own checker, enforces Xen's rule on page tables, as
    /// far as steps were looked at: those that were shown, and a few more.
    bool enforced() const;
    /// The step that the user compares others with: what differs is in state() and marked by views.
    std::optional<core::StepNumber> compared() const { return m_compared; }
    /// Who wrote what, over all steps.
    WriteHistory& writes() { return m_writes; }
    const WriteHistory& writes() const { return m_writes; }

    /// Replaces what people wrote on the timeline; there must be one.
    core::Result<void> annotate(const core::Annotations& before, const core::Annotations& after);

    /// Compares the steps that are shown with that one; nullopt ends that.
    void compareWith(std::optional<core::StepNumber> step);

    /// Whether steps are shown from the root of KPTI's other half, where they have both.
    bool showsOtherHalf() const { return m_otherHalf; }

public slots:
    /// Clamped to the timeline.
    void goTo(quint64 step);
    void goForward() { goTo(m_step + 1); }
    /// Shows the steps that were appended by now, if the last one was shown.
    void catchUp();
    void goBack() { goTo(m_step == 0 ? 0 : m_step - 1); }
    void showOtherHalf(bool shown);

signals:
    void timelineChanged();
    /// Steps were appended; `size` is their number now.
    void grown(quint64 size);
    /// Before stepChanged(), for what decides which place the views are to show there.
    void stepArrived(const pgtscope::views::StepStatePtr& state);
    void stepChanged(const pgtscope::views::StepStatePtr& state);
    /// What people wrote on the timeline is different now.
    void annotated();
    /// A step could not be read.
    void failed(const QString& message);

private:
    void appended(quint64 size);
    void load(core::StepNumber step);
    /// Null, and failed(), if a step cannot be read.
    StepStatePtr read(core::StepNumber number);
    ComparisonPtr comparison(core::StepNumber number, const core::SnapshotPtr& snapshot);
    void reload();

    std::shared_ptr<core::Timeline> m_timeline;
    core::StepNumber m_size = 0;
    core::StepNumber m_step = 0;
    StepStatePtr m_state;
    std::optional<core::StepNumber> m_compared;
    bool m_otherHalf = false;
    core::SymbolTable m_symbols;
    bool m_live = false;
    mutable bool m_enforced = false;
    mutable bool m_enforcementLooked = false; ///< Steps were looked at for it.
    WriteHistory m_writes;
    core::StepNumber m_appended = 0; ///< What catchUp() has to catch up with.
    unsigned m_behind
        = 0; ///< How often something was appended since the last time, and the time before that.
    unsigned m_wasBehind = 0;
    QTimer m_catchUp;
};

} // namespace pgtscope::views
