// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include <QBrush>
#include <QComboBox>
#include <QString>

#include "views/model/writehistory.h"
#include "views/widgets/legend.h"

class QPainter;
class QRect;

namespace pgtscope::views {

enum class ColourBy { Role, Writer, Age };

/// What an entry or a table page is painted as: the colour, and the mark that is shown beside it.
struct WriteTint {
    QColor colour;
    Qt::BrushStyle hatch = Qt::SolidPattern;
    QString mark; ///< One character; empty where there is nothing to show.
    QString text; ///< For legends.

    QBrush brush() const { return QBrush(colour, hatch); }
    bool operator==(const WriteTint&) const = default;
};

/// Who last wrote things, or how long ago, as colours: the same in every view. Made for one step.
class WriteColours {
public:
    /// Small numbers, one for each tint; 0: not written since the recording began.
    using Code = std::uint8_t;

    /// Shows nothing.
    WriteColours() = default;
    WriteColours(const WriteHistory& history, core::StepNumber step, ColourBy by);

    ColourBy by() const { return m_by; }
    bool active() const { return m_by != ColourBy::Role; }
    const core::WriteIndexPtr& index() const { return m_index; }
    core::StepNumber step() const { return m_step; }

    Code codeOf(const std::optional<core::LastWrite>& write) const;
    std::optional<core::LastWrite> ofFrame(core::FrameNumber frame) const;
    std::optional<core::LastWrite> ofEntries(core::PhysicalAddress begin, core::PhysicalAddress end) const;
    WriteTint tint(Code code) const;
    /// "set_pte_vaddr, 12 steps ago"; empty if nothing is known.
    QString describe(const std::optional<core::LastWrite>& write) const;
    /// Every tint that can be met, for legends.
    std::vector<WriteTint> legend() const;
    /// What the legend says beside them; empty if there is nothing to add.
    QString note() const;

private:
    core::WriteIndexPtr m_index;
    QStringList m_lanes;
    std::vector<Code> m_codes; ///< By function of the index.
    QString m_problem;
    core::StepNumber m_step = 0;
    ColourBy m_by = ColourBy::Role;
};

/// "this step", "1 step ago", "12,345 steps ago".
QString agoText(core::StepNumber steps);
void drawTint(QPainter& painter, const QRect& rect, const WriteTint& tint);

/// "Colour by: role, writer, age".
class ColourBySwitch : public QComboBox {
    Q_OBJECT
public:
    explicit ColourBySwitch(QWidget* parent = nullptr);

    ColourBy value() const { return static_cast<ColourBy>(currentIndex()); }
    void setValue(ColourBy by) { setCurrentIndex(static_cast<int>(by)); }
};

/// What the colours of writers or ages mean.
class WriteLegend : public Legend {
    Q_OBJECT
public:
    explicit WriteLegend(QWidget* parent = nullptr);
    void setColours(const WriteColours& colours);

protected:
    void drawSwatch(QPainter& painter, const QRect& place, std::size_t item) override;

private:
    std::vector<WriteTint> m_tints;
};

} // namespace pgtscope::views

Q_DECLARE_METATYPE(pgtscope::views::WriteTint)
