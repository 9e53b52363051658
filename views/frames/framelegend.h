// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "views/frames/framelooks.h"
#include "views/frames/framematches.h"
#include "views/frames/framepainter.h"
#include "views/widgets/legend.h"

namespace pgtscope::views {

/// What the cells of a map mean; only what the map can show just now.
class FrameLegend : public Legend {
    Q_OBJECT
public:
    explicit FrameLegend(QWidget* parent = nullptr);
    void setContent(const TintedContent& content, const StepState* step);
    /// Colour rules that mark cells just now.
    void setRules(const FrameMatches& matches);

protected:
    void drawSwatch(QPainter& painter, const QRect& place, std::size_t item) override;

private:
    struct Meaning {
        TintedCell cell;
        QString text;
        std::optional<ColourRule> rule; ///< Instead of the cell's look.
    };
    void describe();

    std::vector<Meaning> m_meanings;
    FramePainter m_painter;
};

} // namespace pgtscope::views
