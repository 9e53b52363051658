// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include <QWidget>

#include "views/frames/framelooks.h"
#include "views/frames/framematches.h"
#include "views/frames/framepainter.h"

namespace pgtscope::views {

/// What the cells of a map mean; only what the map can show just now.
class FrameLegend : public QWidget {
    Q_OBJECT
public:
    explicit FrameLegend(QWidget* parent = nullptr);
    void setContent(const TintedContent& content);
    /// Colour rules that mark cells just now.
    void setRules(const FrameMatches& matches);

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override { return {400, heightForWidth(400)}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Item {
        TintedCell cell;
        QString text;
        std::optional<ColourRule> rule; ///< Instead of the cell's look.
    };
    std::vector<QRect> layoutItems(int width) const;

    void describe();

    std::vector<Item> m_items;
    FramePainter m_painter;
};

} // namespace pgtscope::views
