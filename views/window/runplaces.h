// SPDX-License-Identifier: GPL-2.0-or-later
// Places that a live guest can be run to, for menus and completion.
#pragma once

#include <vector>

#include <QString>
#include <QStringList>

#include "core/symbols/symboltable.h"

class QCompleter;
class QObject;

namespace pgtscope::views {

class Document;

/// A boot event as a menu offers it.
struct EventChoice {
    QString event; ///< Its name.
    QString text; ///< The name and what it means in a line, or the step at which it was met.
    QString meaning; ///< Whole, for a tool tip.
    bool passed = false; ///< It does not come any more.
};

/// The kernel's `events` in the order of a boot, with what the live session's steps say of them. An event is
/// passed when it was met as often as it is reported, or when its phase of the boot is over.
std::vector<EventChoice> eventChoices(const QStringList& events, const Document& document);

/// Completes the names of boot events and of the kernel's functions.
QCompleter* placeCompleter(const QStringList& events, const core::SymbolTable& symbols, QObject* parent);

} // namespace pgtscope::views
