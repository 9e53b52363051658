// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include <QObject>
#include <QStringList>
#include <QTimer>

#include "core/filter/filter.h"
#include "core/steps/step.h"

namespace pgtscope::views {

class Document;

/// Looks through all steps for those that a filter matches, a slice at a time while the window has nothing
/// else to do: a long recording would stop it for seconds.
class StepSearch : public QObject {
    Q_OBJECT
public:
    explicit StepSearch(Document& document, QObject* parent = nullptr);

    /// Begins again with that filter; an empty one ends the search. `walk`: all mappings of each step are
    /// walked, which takes much longer and knows every field.
    void start(core::Filter filter, bool walk = false);
    /// What the filter asks for and only a walk of each step knows, as the language spells it; empty:
    /// nothing.
    static QStringList unknownFields(const core::Filter& filter);
    bool walks() const { return m_walk; }
    /// Steps that were searched so far.
    core::StepNumber searched() const { return m_next; }
    /// By step.
    const std::vector<core::StepNumber>& found() const { return m_found; }
    bool complete() const;
    /// Looks through all that is left, for exports and tests.
    void finish();

signals:
    /// More steps match, or the search is complete.
    void progressed();

private:
    void work();
    void look(core::StepNumber number);
    bool walkFinds(core::StepNumber number) const;
    bool endsUnderXen() const;

    Document& m_document;
    core::Filter m_filter;
    QTimer m_timer;
    core::StepNumber m_next = 0;
    bool m_walk = false;
    bool m_snapshots = false; ///< The filter asks for them.
    std::vector<core::StepNumber> m_found;
};

} // namespace pgtscope::views
