// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

namespace pgtscope::views {

/// A view that can show only what a filter matches. The window offers it what was typed into its box.
class FilterTarget {
public:
    virtual ~FilterTarget() = default;
    /// An empty text shows everything.
    virtual void setFilterText(const QString& text) = 0;
};

} // namespace pgtscope::views
