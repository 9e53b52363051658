// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

#include "core/base/error.h"

class QWidget;

namespace pgtscope::views {

/// Writes what the widget shows as an SVG if the path ends so, else as a PNG at twice its size.
core::Result<void> exportView(QWidget& view, const QString& path);

} // namespace pgtscope::views
