// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include <QAbstractScrollArea>

#include "views/frames/framelooks.h"
#include "views/frames/framemarkers.h"
#include "views/frames/framepainter.h"
#include "views/model/stepstate.h"

namespace pgtscope::views {

/// The buffer page by page, an epoch under the other, with start, end and top of each.
class PgtBufStrip : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit PgtBufStrip(QWidget* parent = nullptr);

    void setState(const StepStatePtr& state);
    void setCurrent(std::optional<core::FrameNumber> frame);
    std::optional<core::FrameNumber> current() const { return m_current; }
    /// The page's cell in the viewport's coordinates; null if the buffer has no such page.
    QRect cellOf(core::FrameNumber frame) const;
    /// With which nothing scrolls at this width.
    int wholeHeight() const;

signals:
    void chosen(pgtscope::core::FrameNumber frame);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    QSize sizeHint() const override { return {480, 110}; }

private:
    /// One epoch's place on the widget.
    struct Block {
        core::PgtBufEpoch epoch;
        TintedContent content; ///< Its pages, the first one as number 0.
        int top = 0; ///< Of its heading.
        int cells = 0; ///< Top of its first row of cells.
        int bottom = 0;
    };
    void layoutBlocks();
    int columns() const;
    std::optional<core::FrameNumber> frameAt(QPoint point) const;
    QRect cellIn(const Block& block, core::GuestFrame page) const;
    void drawBlock(QPainter& painter, const Block& block, std::size_t number);
    void drawMarks(QPainter& painter, const Block& block) const;
    void move(std::int64_t pages);
    const Block* blockOf(core::GuestFrame page) const;
    /// The page that is chosen in the kernel's own count; nullopt if none is, or if it is no page of its.
    std::optional<core::GuestFrame> currentPage() const;
    void centreCurrent();
    void describe();

    StepStatePtr m_state;
    FramePainter m_painter;
    std::vector<Block> m_blocks;
    std::optional<core::FrameNumber> m_current;
    bool m_centred = false; ///< The view scrolled to the current page by itself, and the user not since.
};

} // namespace pgtscope::views
