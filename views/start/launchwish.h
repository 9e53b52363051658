// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

namespace pgtscope::views {

/// What the user wants launched.
struct LaunchWish {
    QString guest;
    QString append; ///< Further words for the kernel's command line.
    bool everyStore = false; ///< Each store into a page table is to be a step of the session.
    bool checkpoints = false; ///< They are saved, so that the guest is soon at a step again.
};

} // namespace pgtscope::views
