// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <span>

#include <QKeySequence>
#include <QString>

namespace pgtscope::views {

/// Texts of the Help menu, as rich text.

/// Keys that a view takes while it has the focus.
struct ViewKeys {
    const char* view; ///< Its title.
    const char* keys; ///< As a keyboard names them.
    const char* meaning;
};
std::span<const ViewKeys> viewKeys();

/// Every action with its key, by menus, then the keys inside views and those of a presentation. `keyOf` gives
/// the key of an action by its number in actionTable().
QString keysPage(const std::function<QKeySequence(unsigned action)>& keyOf);
/// The fields of the filter language with their meanings.
QString filterPage();
/// All rules: what each reports.
QString rulesPage();
/// The words that narrations explain under the pointer.
QString glossaryPage();

} // namespace pgtscope::views
