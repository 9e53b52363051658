// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include <QColor>
#include <QPixmap>
#include <QRectF>
#include <QString>

#include "core/timeline/writeindex.h"

class QFontMetrics;
class QPainter;

namespace pgtscope::views {

class WriteHistory;

/// The part of a timeline that is shown: from step `first` on, `span` steps to the right edge.
struct StepRange {
    double first = 0;
    double span = 1;
    bool operator==(const StepRange&) const = default;
};

/// Functions as lanes over the steps at which they wrote: the busiest ones one by one, the rest together.
class WriterLanes {
public:
    /// Replaces all lanes; none are left if nothing is known of who wrote.
    void take(const WriteHistory& history);
    bool empty() const { return m_all.empty(); }
    /// Lanes that there are, if there is room.
    int most() const { return static_cast<int>(m_all.size()); }
    /// Lanes that are shown.
    int count() const { return static_cast<int>(m_lanes.size()); }
    /// There is room for so many: the least busy ones share the last. None below 1.
    void setRows(int rows);

    static int laneHeight(const QFontMetrics& metrics);
    /// Room for the names at the left.
    int nameWidth(const QFontMetrics& metrics) const;
    /// Draws them from `area.top()` on down; names to the left of `area`. What was drawn is kept until
    /// something else is to be drawn.
    void paint(QPainter& painter, const QRectF& area, const StepRange& range);
    /// What is in lane `lane` around there: for tool tips.
    QString describe(int lane, core::StepNumber begin, core::StepNumber end) const;
    /// All lanes, from the busiest on.
    QString description() const;

private:
    struct Lane {
        QString name;
        QString mark;
        QColor colour;
        std::vector<core::StepNumber> steps; ///< Sorted.
    };
    struct Drawn {
        QSize size;
        double ratio = 0;
        StepRange range;
        bool operator==(const Drawn&) const = default;
    };

    void draw(QPainter& painter, const Lane& lane, const QRect& row, const StepRange& range) const;

    static Lane shared(std::vector<Lane> lanes);

    std::vector<Lane> m_all;
    std::vector<Lane> m_lanes;
    struct Measured {
        int height = 0; ///< Of the type.
        int width = 0; ///< Of the widest name.
    };
    mutable Measured m_measured;
    QPixmap m_picture;
    Drawn m_drawn;
};

} // namespace pgtscope::views
