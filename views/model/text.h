// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QCoreApplication>

namespace pgtscope::views {

/// The context in which functions that belong to no QObject translate the texts of the window: Text::tr("…").
struct Text {
    Q_DECLARE_TR_FUNCTIONS(Text)
};

} // namespace pgtscope::views
