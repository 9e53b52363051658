// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include <QPixmap>
#include <QSet>
#include <QWidget>

#include "core/steps/step.h"
#include "views/timeline/writerlanes.h"

namespace pgtscope::views {

class Document;
class StepSampler;
struct StepSample;

/// The timeline in one plot: growth of pgt_buf, entries changed, findings, boot events, chapters and
/// bookmarks, and the functions that wrote as lanes, with the current step as a line that can be dragged. All
/// of it at first.
///
/// Wheel: a step; with Ctrl: zoom at the pointer; with Shift: pan. Keys: arrows, Page, Home and End go to
/// other steps, + and - zoom at the step that is shown, 0 shows everything.
class TimelineStrip : public QWidget {
    Q_OBJECT
public:
    TimelineStrip(Document& document, StepSampler& sampler, QWidget* parent = nullptr);

    void setBookmarks(const QSet<quint64>& bookmarks);
    /// Where chapters and notes of the narration are: flags and dots.
    void setStations(std::vector<core::StepNumber> chapters, std::vector<core::StepNumber> notes);
    /// Steps that a filter matches, by step; empty without one.
    void setMatches(std::vector<core::StepNumber> matches);
    /// The other step of a comparison.
    void setMark(std::optional<core::StepNumber> mark);
    /// The lanes take room.
    void setLanesShown(bool shown);
    /// Empty if the recording does not record who wrote.
    const WriterLanes& lanes() const { return m_lanes; }
    const StepRange& range() const { return m_range; }
    /// Shows that part, as far as there is one.
    void setRange(StepRange range);
    /// Where a step is, in the widget's coordinates.
    double xOf(core::StepNumber step) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    QRectF plot() const;
    QRectF axisRow() const;
    QRectF findingsArea() const;
    QRectF lanesArea() const;
    StepRange whole() const;
    void zoom(double factor, double x);
    void follow();
    void takeWrites();
    void fitLanes();
    int heightWith(int lanes, int lines) const;
    core::StepNumber stepAt(double x) const;
    QString toolTipAt(QPoint point) const;
    void move(qint64 steps);
    void redraw();
    void clipToPlot(QPainter& painter) const;
    void paintPlot(QPainter& painter);
    void paintRange(QPainter& painter) const;
    void paintEvents(QPainter& painter) const;
    void paintFindings(QPainter& painter) const;
    void paintMatches(QPainter& painter) const;
    void paintFlags(QPainter& painter) const;
    void paintCurrent(QPainter& painter) const;

    Document& m_document;
    StepSampler& m_sampler;
    QSet<quint64> m_bookmarks;
    std::vector<core::StepNumber> m_chapters;
    std::vector<core::StepNumber> m_notes;
    std::vector<core::StepNumber> m_matches;
    std::optional<core::StepNumber> m_mark;
    WriterLanes m_lanes;
    StepRange m_range;
    QPixmap m_plot; ///< All but what goes with the step that is shown; null when it has to be painted anew.
    bool m_showsAll = true; ///< It stays so while steps are appended.
    bool m_lanesShown = true;
};

} // namespace pgtscope::views
