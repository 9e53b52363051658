// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "core/paging/entry.h"

namespace pgtscope::core {

/// Adds "rw", "user" and "nx" to an object, each after `prefix`: "eff." for the rights of a path beside an
/// entry's own.
template <class Json>
void addRights(Json& json, Rights rights, const std::string& prefix = {})
{
    json[prefix + "rw"] = rights.write;
    json[prefix + "user"] = rights.user;
    json[prefix + "nx"] = !rights.execute;
}

} // namespace pgtscope::core
