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
    QString text; ///< The name and what it means in a line.
    QString meaning; ///< Whole, for a tool tip.
};

/// Those of the kernel's `events` that may still come, in the order of a boot. An event is over when the
/// live session's steps have met it as often as it is reported, or show that the boot has come further.
std::vector<EventChoice> comingEvents(const QStringList& events, const Document& document);
/// Why an event of that name does not come any more: "reached at step 12"; empty if it may, and of a place
/// that is no event.
QString whyNotComing(const QString& place, const Document& document);

/// Completes the names of boot events and of the kernel's functions.
QCompleter* placeCompleter(const QStringList& events, const core::SymbolTable& symbols, QObject* parent);

} // namespace pgtscope::views
