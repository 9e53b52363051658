// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/widgets/scrolling.h"

#include <QScrollArea>

namespace pgtscope::views {

QWidget* makeScrolling(QWidget* content)
{
    auto* area = new QScrollArea;
    area->setFrameShape(QFrame::NoFrame);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus);
    area->setWidget(content);
    return area;
}

} // namespace pgtscope::views
