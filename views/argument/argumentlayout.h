// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include <QLine>
#include <QPoint>
#include <QRect>
#include <QString>

#include "core/report/argument.h"

namespace pgtscope::views {

/// Something of the argument's picture that can be pointed at.
struct ArgumentItem {
    enum class Kind { Cell, Table };
    Kind kind = Kind::Cell;
    std::size_t index = 0; ///< Position in Argument::cells, or in Argument::tables.nodes.
    bool operator==(const ArgumentItem&) const = default;
};

/// What a layout has to know of the type that the picture is set in; lengths in pixels.
struct ArgumentType {
    int width = 0; ///< Of the whole picture.
    int line = 0; ///< Height of a line of text.
    double scale = 1; ///< Of everything that is no text.
    double stretch = 1; ///< Of the strip, the bands and what lies between, for a view with more height.
    std::function<int(const QString&)> textWidth;
    std::function<QString(unsigned)> levelName; ///< "PTE" of 1
    QString numberKind; ///< Before the numbers of pages: "pfn " under Xen.
};

/// Where everything of the argument's picture is: the strip of cells with its three marks, the two bands
/// below it, below those the tables by level, the ones that CR3 reaches on the left and the detached ones on
/// the right. Nothing is painted here.
class ArgumentLayout {
public:
    struct Mark {
        QString text; ///< "end 0x437eb"
        int x = 0; ///< Of the border that it marks.
        QRect label;
    };
    struct Box {
        std::size_t node = 0;
        QRect rect;
    };
    /// Tables of one level and of one side.
    struct Row {
        unsigned level = 0;
        bool detached = false;
        std::vector<Box> boxes; ///< In the order of Argument::tables.nodes.
        std::size_t hidden = 0; ///< Tables that are not drawn.
        QRect rest; ///< Where their number is written.
    };
    /// From a table to the cells that its entries map.
    struct Line {
        QPoint from;
        QPoint to; ///< In the middle of the bracket.
        int left = 0; ///< Of the bracket below the cells.
        int right = 0;
        core::PageAccess access = core::PageAccess::ReadOnly;
    };
    enum class Direction { Left, Right, Up, Down, First, Last };

    ArgumentLayout() = default;
    ArgumentLayout(const core::Argument& argument, const ArgumentType& type);
    /// How many cells a picture of that width has room for.
    static std::size_t maxCells(int width, double scale);

    bool empty() const { return m_cells.empty(); }
    int height() const { return m_height; }
    QRect strip() const { return m_strip; }
    const std::vector<QRect>& cells() const { return m_cells; }
    /// Start, end and top.
    const std::array<Mark, 3>& marks() const { return m_marks; }
    QRect band(std::size_t which) const { return m_bands[which]; }
    QRect bandLabel(std::size_t which) const { return m_bandLabels[which]; }
    /// The part of a band that belongs to a cell.
    QRect bandCell(std::size_t which, std::size_t cell) const;
    /// Of that part, what the rule protects: null if nothing.
    QRect protectedPart(const core::Argument& argument, std::size_t which, std::size_t cell) const;
    const std::vector<Row>& rows() const { return m_rows; }
    QRect levelLabel(std::size_t row) const;
    /// Where what a side shows is written: of the reachable tables, of the detached ones.
    QRect sideTitle(bool detached) const { return m_titles[detached ? 1 : 0]; }
    /// All detached tables.
    QRect detachedSide() const { return m_detachedSide; }
    const std::vector<Line>& lines() const { return m_lines; }
    /// Between tables, from parent to child.
    const std::vector<QLine>& edges() const { return m_edges; }

    /// The cell of the strip or of a band, or the table, at that point.
    std::optional<ArgumentItem> at(QPoint point) const;
    /// Null if it is not drawn.
    QRect rectOf(ArgumentItem item) const;
    ArgumentItem moved(ArgumentItem from, Direction direction) const;

private:
    int scaled(int pixels) const;
    int stretched(int pixels) const;
    int placeMarks(const core::Argument& argument, const ArgumentType& type);
    int placeBands(const ArgumentType& type, int top);
    void placeTables(const core::Argument& argument, const ArgumentType& type, int top);
    void fillRow(const core::Argument& argument, const ArgumentType& type, Row& row, QRect place);
    void placeLines(const core::Argument& argument);
    QRect boxOf(std::size_t node) const;
    std::vector<std::vector<ArgumentItem>> keyboardRows() const;

    double m_scale = 1;
    double m_stretch = 1;
    int m_height = 0;
    int m_levelWidth = 0;
    QRect m_strip;
    std::vector<QRect> m_cells;
    std::array<Mark, 3> m_marks;
    std::array<QRect, 2> m_bands;
    std::array<QRect, 2> m_bandLabels;
    std::vector<Row> m_rows; ///< From the lowest level up; of each level the reachable ones first.
    std::array<QRect, 2> m_titles;
    QRect m_detachedSide;
    std::vector<Line> m_lines;
    std::vector<QLine> m_edges;
};

} // namespace pgtscope::views
