// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/address.h"
#include "core/base/error.h"
#include "core/steps/step.h"

namespace pgtscope::core {

/// One moment of a recording, and what to look at there: "FILE#step=65&frame=0x437eb". Every part may be
/// missing.
struct MomentLink {
    std::string file; ///< As it was given.
    std::optional<StepNumber> step;
    std::optional<FrameNumber> frame; ///< As entries hold it: under Xen a machine frame.
    std::optional<PhysicalAddress> entry; ///< Of a paging-structure entry.
    std::optional<LinearAddress> address;
    std::string view; ///< By its short name, e.g. "argument"; which there are is the window's matter.

    /// Names the file alone.
    bool wholeFile() const { return !step && !hasPlace() && view.empty(); }
    bool hasPlace() const { return frame || entry || address; }
    bool operator==(const MomentLink&) const = default;
};

/// What a user gave as the name of a recording: the file of that name if there is one, '#' or not; else, if
/// there is a file of the name before the last '#', that file at the moment which the rest names; else a name
/// of no file. An Error if what follows the '#' names no moment.
Result<MomentLink> parseMomentLink(const std::string& text);

/// The part after the '#': fields step, frame, entry, address and view, each at most once, joined by '&'; or
/// "step-65", as older pages have it. Numbers are as parseNumber() reads them. An Error names what is wrong.
Result<MomentLink> parseMoment(std::string_view fragment);

/// The link, which parseMomentLink() reads to the same moment. A shell takes '&' for its own: quote it.
std::string momentLinkText(const MomentLink& link);

} // namespace pgtscope::core
