// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QLabel>

namespace pgtscope::views {

/// Rich text that wraps and is as high as it must be, with links. Only for layouts that ask for the height by
/// the width: QLabel itself lays its text out for several widths that it never gets, each time that it
/// changes.
class TextBlock : public QLabel {
    Q_OBJECT
public:
    explicit TextBlock(const char* objectName, QWidget* parent = nullptr);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    int heightForWidth(int width) const override;

protected:
    void changeEvent(QEvent* event) override;

private:
    mutable QString m_measured; ///< The text that the height is of.
    mutable int m_width = -1;
    mutable int m_height = 0;
};

} // namespace pgtscope::views
