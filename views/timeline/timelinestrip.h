// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include <QSet>
#include <QWidget>

#include "core/timeline/step.h"

namespace pgtscope::views {

class Document;
class StepSampler;
struct StepSample;

/// The whole timeline in one plot: growth of pgt_buf, entries changed, findings, boot events, chapters and
/// bookmarks, with the current step as a line that can be dragged.
class TimelineStrip : public QWidget {
    Q_OBJECT
public:
    TimelineStrip(Document& document, StepSampler& sampler, QWidget* parent = nullptr);

    void setBookmarks(const QSet<quint64>& bookmarks);
    void setChapters(std::vector<core::StepNumber> chapters);
    /// Steps that a filter matches, by step; empty without one.
    void setMatches(std::vector<core::StepNumber> matches);
    /// The other step of a comparison.
    void setMark(std::optional<core::StepNumber> mark);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    QRectF plot() const;
    double xOf(core::StepNumber step) const;
    core::StepNumber stepAt(double x) const;
    void move(qint64 steps);
    void paintRange(QPainter& painter) const;
    void paintEvents(QPainter& painter) const;
    void paintEntries(QPainter& painter) const;
    void paintBuffer(QPainter& painter) const;
    void paintFindings(QPainter& painter) const;
    void paintMatches(QPainter& painter) const;
    void paintFlags(QPainter& painter) const;
    void paintCurrent(QPainter& painter) const;

    Document& m_document;
    StepSampler& m_sampler;
    QSet<quint64> m_bookmarks;
    std::vector<core::StepNumber> m_chapters;
    std::vector<core::StepNumber> m_matches;
    std::optional<core::StepNumber> m_mark;
};

} // namespace pgtscope::views
