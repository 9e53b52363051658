// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "core/timeline/timeline.h"
#include "views/model/stepstate.h"
#include "views/widgets/textblock.h"

namespace pgtscope::views {

class Document;

/// While a view waits for pgt_buf: the step at which the recording sets it up, as a link. Hidden otherwise,
/// and for a live guest, of which it is not known.
class BufferBegin : public TextBlock {
    Q_OBJECT
public:
    BufferBegin(Document& document, const char* objectName, QWidget* parent = nullptr);

    /// Null: no step.
    void showAt(const StepStatePtr& state);

private:
    std::optional<core::StepNumber> firstStep();

    Document& m_document;
    core::Timeline* m_searched = nullptr; ///< The recording that m_first is of.
    std::optional<core::StepNumber> m_first;
};

} // namespace pgtscope::views
