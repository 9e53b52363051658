// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>

class QWidget;

namespace pgtscope::views {

/// Keeps a widget at the lower edge of another one, over what is there: nothing moves when it appears. While
/// its property "takesRoom" is true it covers nothing, and what is there gets lower: what stays for long must
/// not hide the last rows.
class Overlay : public QObject {
    Q_OBJECT
public:
    /// `bar` becomes a child of `below` and belongs to it.
    Overlay(QWidget& bar, QWidget& below);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void place();

    QWidget& m_bar;
    QWidget& m_below;
};

} // namespace pgtscope::views
