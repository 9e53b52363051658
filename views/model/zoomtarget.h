// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace pgtscope::views {

/// A view that can show more or less at once, which the narration may ask for.
class ZoomTarget {
public:
    virtual ~ZoomTarget() = default;
    /// "all", "buffer", or a size as core::zoomBytes() reads it: about so much around what is selected.
    virtual void zoomTo(std::string_view zoom) = 0;
};

} // namespace pgtscope::views
