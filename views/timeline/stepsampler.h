// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include <QObject>
#include <QTimer>

#include "core/model/pagetablebuffer.h"
#include "core/steps/step.h"
#include "views/timeline/stepcounts.h"

namespace pgtscope::views {

class Document;

/// What a plot shows of one step.
struct StepSample {
    core::StepNumber step = 0;
    std::size_t entries = 0; ///< Changed at the step.
    StepCounts findings;
    QString event; ///< Empty if the step is no boot event.
    std::optional<core::PgtBufEpoch> buffer; ///< The current one; only some samples have been asked for it.
};

/// Reads a bounded number of steps, spread over the whole timeline, and as many again spread over the part
/// that is looked at, while the window has nothing else to do: coarse first, finer later. Steps of a short
/// timeline are all read.
class StepSampler : public QObject {
    Q_OBJECT
public:
    static constexpr core::StepNumber maxSamples = 1024;
    static constexpr core::StepNumber maxBuffers = 256; ///< A buffer's place costs a snapshot.

    explicit StepSampler(Document& document, QObject* parent = nullptr);

    /// By step.
    const std::vector<StepSample>& samples() const { return m_samples; }
    /// Steps from `begin` to before `end` are looked at.
    void focus(core::StepNumber begin, core::StepNumber end);
    bool complete() const { return m_wanted.empty(); }
    /// Reads all that is left, for exports and tests.
    void finish();

signals:
    void sampled();

private:
    void restart();
    void grown(quint64 size);
    void want(core::StepNumber begin, core::StepNumber end, core::StepNumber stride);
    void widen();
    void begin();
    void work();
    void read(core::StepNumber step);

    Document& m_document;
    QTimer m_timer;
    core::StepNumber m_size = 0;
    core::StepNumber m_stride = 1; ///< Between samples of the whole.
    std::vector<core::StepNumber> m_wanted; ///< The next one last.
    std::vector<StepSample> m_samples;
    core::StepNumber m_bufferEvery = 1;
};

} // namespace pgtscope::views
