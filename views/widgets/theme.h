// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include <QBrush>
#include <QColor>
#include <QFont>
#include <QObject>
#include <QPalette>

#include "core/report/framelooks.h"

namespace pgtscope::views {

using core::FrameLook;

/// Every colour of the window, light and dark, in this one place. Dark is decided by the palette's lightness.
class Theme : public QObject {
    Q_OBJECT
public:
    static Theme& instance();

    bool dark() const { return m_dark; }
    QColor window() const;
    QColor panel() const; ///< Behind a view's content.
    QColor line() const; ///< Separators, which carry no meaning.
    QColor grid() const; ///< Lines and outlines of pictures, which are read.
    QColor text() const;
    QColor mutedText() const;
    QColor accent() const; ///< Selection, links, the primary button.
    QColor changed() const; ///< What changed at this step.
    QColor finding(core::FindingState state) const;
    /// One character that is shown beside the colour: "✕" violation, "!" pending …
    QString findingGlyph(core::FindingState state) const;
    QColor frame(FrameLook look) const;
    /// The colour with the look's hatch on it.
    QBrush frameBrush(FrameLook look) const;
    /// Colours that can be distinguished, for things that come in no order; `number` below 8.
    QColor series(unsigned number) const;
    /// From the latest (0) to the oldest (5), each less bright.
    QColor age(unsigned number) const;
    QString frameText(FrameLook look) const; ///< For legends and accessible descriptions.
    /// Addresses and values.
    QFont fixedFont() const;

    /// Makes the application follow the theme; `dark` overrides the system's palette.
    void apply(std::optional<bool> dark = {});

    /// Type and cells for the last row of a lecture hall.
    void setLarge(bool large);
    bool large() const { return m_scale > 1; }
    /// How much larger than usual type and cells are: 1 to 3.
    void setScale(double scale);
    double scale() const { return m_scale; }
    /// A length that grows with the type.
    int scaled(int pixels) const;

signals:
    void changedTheme();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    Theme();
    void decide();
    bool m_dark = true;
    double m_scale = 1;
    double m_points = 0; ///< Size of the application's type before it was made large.
};

} // namespace pgtscope::views
