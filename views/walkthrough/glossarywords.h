// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

class QTextDocument;

namespace pgtscope::views {

/// Gives each word of the glossary in the text a tool tip with its meaning; the first of each is underlined
/// with dots. Links are left alone.
void explainWords(QTextDocument& text);

} // namespace pgtscope::views
