// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include <QAbstractScrollArea>

#include "views/frames/framemarkers.h"
#include "views/frames/framematches.h"
#include "views/frames/framepainter.h"
#include "views/frames/framescale.h"
#include "views/model/stepstate.h"

namespace pgtscope::views {

/// Physical memory as rows of cells, from all of it on one page down to single frames.
///
/// Wheel: zoom at the pointer; with Shift, or on the scroll bar: pan. Drag: pan. Keys: arrows, Page, Home and
/// End move the cursor, + and - zoom, 0 shows everything, B the buffer, Return selects.
class FrameMap : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit FrameMap(QWidget* parent = nullptr);

    /// Findings of this rule alone are marked, those of all rules if it is empty.
    void setRule(const std::string& rule);
    /// Memory has at least so many frames at every step, so that cells keep their size from step to step.
    void setLeastEnd(core::FrameNumber end) { m_leastEnd = end; }
    void setState(const StepStatePtr& state, const WriteColours& colours = {});
    /// Who last wrote, or when, as colours instead of the roles, at the step that is shown.
    void setColours(const WriteColours& colours);
    /// Cells without a frame that the filter leaves fade; cells of a colour rule get its colour and mark.
    void setMatches(FrameMatches matches);
    /// Marks that frame and makes it visible; nullopt marks none.
    void setCurrent(std::optional<core::FrameNumber> frame);

    const TintedContent& content() const { return m_content; }
    const FrameScale& scale() const { return m_scale; }
    core::FrameNumber cursor() const { return m_cursor; }
    /// First frame of the first row that is shown.
    core::FrameNumber firstVisible() const;
    core::FrameNumber lastVisible() const;
    /// The cell of a frame in the viewport's coordinates.
    QRect cellOf(core::FrameNumber frame) const { return m_scale.cellRect(frame, top()); }
    const std::vector<PlacedMarker>& markers();

public slots:
    void zoomBy(int steps);
    /// About `frames` frames with that one in their middle.
    void zoomAround(pgtscope::core::FrameNumber frame, quint64 frames);
    void zoomToAll();
    void zoomToBuffer();

signals:
    void chosen(pgtscope::core::FrameNumber frame);
    /// Zoom or the part that is shown changed.
    void viewChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    bool viewportEvent(QEvent* event) override;
    QSize sizeHint() const override { return {640, 360}; }

private:
    std::uint64_t top() const;
    void rescale();
    void zoomAt(int zoom, QPoint point);
    void showAt(int zoom, core::FrameNumber frame, int y);
    void moveCursor(std::int64_t cells);
    void ensureVisible(core::FrameNumber frame);
    void describeCursor();
    void invalidate();
    std::vector<QRect> findingCells() const;
    void drawCells(QPainter& painter);
    void drawPlaces(QPainter& painter) const;
    bool isKeyOfMove(QKeyEvent* event);
    QString tooltip(core::FrameNumber frame) const;

    StepStatePtr m_state;
    std::string m_rule;
    WriteColours m_colours;
    TintedContent m_content;
    FrameMatches m_matches;
    FrameScale m_scale;
    FramePainter m_painter;
    QPixmap m_cells; ///< What drawCells() drew; null if it has to be drawn again.
    std::optional<std::vector<PlacedMarker>> m_markers;
    std::optional<core::FrameNumber> m_current;
    core::FrameNumber m_cursor;
    core::FrameNumber m_leastEnd;
    QPoint m_pressed;
    int m_pressedTop = 0;
    bool m_panning = false;
    bool m_fitted = true; ///< All of memory is shown, and stays so while the window grows.
};

/// What is known of a frame, as rich text: role, mappings, findings.
QString frameTooltip(const StepState& state, core::FrameNumber frame);
/// What is in a cell of `frames` frames from `first` on: how many of each role, and how many findings.
QString cellTooltip(
    const StepState& state, const TintedContent& content, core::FrameNumber first, std::uint64_t frames);

} // namespace pgtscope::views
