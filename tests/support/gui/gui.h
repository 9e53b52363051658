// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

class QWidget;

namespace pgtscope::tests {

/// Writes a picture of the widget to screenshots/NAME.png below the test's working directory, for a person
/// to look at. False if it could not be written.
bool grabTo(QWidget& widget, const QString& name);

} // namespace pgtscope::tests
