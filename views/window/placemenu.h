// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <vector>

#include <QString>

#include "views/model/place.h"
#include "views/model/stepstate.h"
#include "views/window/actions.h"

class QAction;
class QMenu;

namespace pgtscope::views {

/// How a term of a place joins the filter that is in use.
enum class FilterJoin { Replace, And, AndNot };

/// What can be said of a place in the filter language, e.g. "pfn == 0x3f11" or "level == 1".
std::vector<QString> filterTerms(const StepState& state, const Place& place);
/// The mappings of a frame as a filter: its own number under Xen, else the guest's.
QString mappersOf(const StepState& state, core::FrameNumber frame);
/// `before` and the term; the term alone where there is no filter yet.
QString joinedFilter(const QString& before, const QString& term, FilterJoin join);

/// What the window does for the menu.
struct PlaceMenuHost {
    std::function<QAction*(ActionId id)> action;
    std::function<void(const QString& term, FilterJoin join)> filter;
    std::function<void(const QString& term)> colour;
    std::function<void(const QString& view)> show;
};

/// The menu of a right click, the same in every view: filter, writers, other views, edit, copy, colour.
void fillPlaceMenu(QMenu& menu, const StepState& state, const Place& place, const PlaceMenuHost& host);

} // namespace pgtscope::views
