// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

class QWidget;

namespace pgtscope::views {

/// A frameless area, as wide as its place, that scrolls `content` up and down when it does not fit.
QWidget* makeScrolling(QWidget* content);

} // namespace pgtscope::views
