// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QWidget>

#include "views/entry/entryfields.h"

namespace pgtscope::views {

/// The bits of an entry, 32 a line, each with its position and value, fields distinguished by their outline.
/// Left and right move from field to field.
class EntryBits : public QWidget {
    Q_OBJECT
public:
    explicit EntryBits(QWidget* parent = nullptr);

    /// `changed`: bits that differ from the previous step.
    void setEntry(std::uint64_t raw, unsigned bits, std::vector<EntryField> fields, std::uint64_t changed);
    void setField(int field);
    int field() const { return m_field; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {200, sizeHint().height()}; }

signals:
    void fieldChosen(int field);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
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
