// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/base/error.h"

namespace pgtscope::core {

std::string Error::message() const
{
    std::string text = "could not " + tried + ": " + happened;
    if (!advice.empty())
        text += "; " + advice;
    return text;
}

} // namespace pgtscope::core
