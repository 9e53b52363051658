// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>

#include "views/entry/entryfields.h"

namespace pgtscope::views {

/// The bits of an entry, 32 a line or 16 where there is less room, each with its value, fields distinguished
/// by their outline; nothing is drawn where the bits would be too small to read. Left and right move from
/// field to field.
class EntryBits : public QWidget {
    Q_OBJECT
public:
    explicit EntryBits(QWidget* parent = nullptr);

    /// `changed`: bits that differ from the previous step.
    void setEntry(std::uint64_t raw, unsigned bits, std::vector<EntryField> fields, std::uint64_t changed);
    void setField(int field);
    int field() const { return m_field; }
    /// 0 if there is no room for any.
    unsigned bitsInLine() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {200, sizeHint().height()}; }

signals:
    void fieldChosen(int field);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    int bitWidth(unsigned bitsInLine) const;
    QRect bitRect(unsigned position) const;
    int fieldAt(QPoint point) const;
    void drawBit(QPainter& painter, unsigned position) const;
    void drawField(QPainter& painter, const EntryField& field, bool current) const;
    void choose(int field);

    std::uint64_t m_raw = 0;
    std::uint64_t m_changed = 0;
    unsigned m_bits = 0;
    std::vector<EntryField> m_fields;
    int m_field = -1;
};

} // namespace pgtscope::views
