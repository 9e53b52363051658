// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QAbstractScrollArea>

#include "views/address/linearsummary.h"

namespace pgtscope::views {

/// The linear address space as a band of the root's entries, and below it the band of each table on the way
/// to the address that is looked at: each band shows one slot of the band above it in full.
///
/// Left and Right move by a slot, Up and Down change the band, Home and End go to its ends, Return selects.
class LinearBands : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit LinearBands(QWidget* parent = nullptr);

    void setState(const StepStatePtr& state);
    void setAddress(core::LinearAddress linear);
    core::LinearAddress address() const { return m_linear; }
    const std::vector<LinearBand>& bands() const { return m_bands; }
    /// A slot in the viewport's coordinates.
    QRect slotRect(std::size_t band, unsigned slot) const;

signals:
    /// `band` names the entry's level: the entry that translates the address there.
    void chosen(pgtscope::core::LinearAddress linear, pgtscope::core::PhysicalAddress entry, unsigned level);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    QSize sizeHint() const override { return {560, 330}; }

private:
    /// A slot of a band; nothing if `band` is past the last.
    struct Hit {
        std::size_t band = 0;
        unsigned slot = 0;
    };
    std::optional<Hit> hitAt(QPoint point) const;
    void choose(Hit hit);
    void moveBy(int slotsAway);
    void rebuild();
    void describe();
    void drawBand(QPainter& painter, std::size_t number) const;
    void drawFunnel(QPainter& painter, std::size_t number) const;
    void drawHole(QPainter& painter, std::size_t number) const;
    void drawRegions(QPainter& painter, std::size_t number) const;
    void drawSlot(QPainter& painter, const QRectF& rect, const SlotSummary& slot) const;
    QRectF bandRect(std::size_t band) const;
    QRectF exactRect(std::size_t band, unsigned slot) const;
    QString slotText(Hit hit) const;

    StepStatePtr m_state;
    std::optional<LinearSummary> m_summary; ///< Of m_state.
    core::LinearAddress m_linear;
    std::vector<LinearBand> m_bands;
    std::size_t m_band = 0; ///< The one that keys move in.
};

/// "mapped: writable and read-only pages, executable", "nothing mapped" …
QString summaryText(const SlotSummary& slot, const QString& changedText);

} // namespace pgtscope::views
