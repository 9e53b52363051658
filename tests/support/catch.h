// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

// Catch2 2.13 (Debian 12) or 3 (Debian 13), whichever there is, under the names of the former.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
