// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "views/argument/argumentpicture.h"
#include "views/widgets/legend.h"

namespace pgtscope::views {

/// What the argument's picture means; only what it shows just now.
class ArgumentLegend : public Legend {
    Q_OBJECT
public:
    explicit ArgumentLegend(QWidget* parent = nullptr);
    void setPicture(const ArgumentPicture& picture);

protected:
    void drawSwatch(QPainter& painter, const QRect& place, std::size_t item) override;

private:
    struct Meaning {
        enum class Kind { Cell, Protected, Outline };
        Kind kind = Kind::Cell;
        TintedCell cell;
        core::PageAccess access = core::PageAccess::Writable;
        QString text;
    };

    std::vector<Meaning> m_meanings;
    FramePainter m_painter;
};

} // namespace pgtscope::views
