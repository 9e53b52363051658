// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/paging/entry.h"

namespace pgtscope::core {

/// The bits of entries for code that makes entries, as the exercises do, and decodes none.
namespace made = bit;

} // namespace pgtscope::core
