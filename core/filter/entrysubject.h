// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/filter/runsubject.h"
#include "core/rules/finding.h"

namespace pgtscope::core {

/// A paging-structure entry of any level, or neighbours that say the same, with what is known of the path.
struct EntryFacts {
    Entry entry; ///< The first.
    PhysicalAddress address; ///< Physical address of the first.
    std::uint64_t count = 1;
    Rights rights; ///< Of the path, the entry included.
    std::optional<LinearAddress> linear; ///< What the first translates; nullopt where no root leads to it.
};

/// Such an entry under a filter. It answers as the run of its pages would; an entry that references a table
/// has its flags too, and its `kind` is "table".
class EntrySubject : public FilterSubject {
public:
    /// `snapshot` and `knowledge` must outlive the subject.
    EntrySubject(const Snapshot& snapshot, const EntryFacts& facts, const FilterKnowledge& knowledge);

    std::optional<ValueSpan> number(Field field) const override;
    bool anyText(Field field, const TextPattern& pattern) const override;

private:
    EntryFacts m_facts;
    std::uint64_t m_bytes; ///< Of linear addresses that the entries translate.
    Run m_run;
    RunSubject m_subject;
};

/// A finding under a filter: the entry that it is about, and its frames. `finding` is the rule's name, the
/// state's, or both as "xen-ro.violation".
class FindingSubject : public FilterSubject {
public:
    /// All three must outlive the subject.
    FindingSubject(const Snapshot& snapshot, const Finding& finding, const FilterKnowledge& knowledge);

    std::optional<ValueSpan> number(Field field) const override;
    bool anyText(Field field, const TextPattern& pattern) const override;

private:
    const Snapshot& m_snapshot;
    const Finding& m_finding;
    EntrySubject m_entry;
};

} // namespace pgtscope::core
