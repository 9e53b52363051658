// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include <QAbstractScrollArea>

#include "views/argument/argumentlayout.h"
#include "views/frames/framelooks.h"
#include "views/frames/framepainter.h"
#include "views/model/stepstate.h"

namespace pgtscope::views {

/// Paints the argument of August 2012 as ArgumentLayout places it. Keys: arrows, Home and End move over cells
/// and tables, Return and Space choose.
class ArgumentPicture : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit ArgumentPicture(QWidget* parent = nullptr);

    void setState(const StepStatePtr& state);
    /// Marks the cell and the table of that frame.
    void setCurrent(std::optional<core::FrameNumber> frame);
    const core::Argument& argument() const { return m_argument; }
    const ArgumentLayout& layoutOfArgument() const { return m_layout; }
    const TintedContent& content() const { return m_content; }
    /// Where the item is, in the viewport's coordinates; null if it is not drawn.
    QRect rectOf(ArgumentItem item) const;
    ArgumentItem cursor() const { return m_cursor; }
    /// What is at the cursor, in one line; empty without a picture.
    QString cursorText() const;

signals:
    void chosen(pgtscope::core::FrameNumber frame);
    void cursorMoved();
    /// The keyboard came here, or went to another widget of the window.
    void focused(bool focused);
    /// The picture is another one: the step changed, or the room for it.
    void rebuilt();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    QSize sizeHint() const override { return {640, 250}; }

private:
    void build();
    bool isDead() const { return m_argument.trust == core::PgtBufTrust::Stale; }
    void drawStrip(QPainter& painter);
    void drawMarks(QPainter& painter) const;
    void drawBand(QPainter& painter, std::size_t band) const;
    void drawBandLabels(QPainter& painter) const;
    void drawOutlines(QPainter& painter, std::size_t band) const;
    void drawLines(QPainter& painter) const;
    void drawTables(QPainter& painter);
    void drawPlaces(QPainter& painter) const;
    QString tooltipAt(QPoint point) const;
    QString waitingText() const;
    std::optional<ArgumentItem> itemOf(core::FrameNumber frame) const;
    void choose(ArgumentItem item);
    void moveCursor(ArgumentItem item);
    void showCursor();

    StepStatePtr m_state;
    TintedContent m_content;
    core::Argument m_argument;
    ArgumentLayout m_layout;
    FramePainter m_painter;
    std::optional<core::FrameNumber> m_current;
    ArgumentItem m_cursor;
};

} // namespace pgtscope::views
