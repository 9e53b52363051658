// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include <QObject>
#include <QVector>

#include "core/base/address.h"
#include "core/walk/walk.h"

namespace pgtscope::views {

/// What a user looks at: a linear address, a frame, an entry, or several of them that belong together.
struct Place {
    std::optional<core::LinearAddress> linear;
    std::optional<core::FrameNumber> frame;
    std::optional<core::PhysicalAddress> entry; ///< Address of a paging-structure entry.
    std::optional<unsigned> level; ///< Of the entry.

    bool empty() const { return !linear && !frame && !entry; }
    bool operator==(const Place&) const = default;
};

/// The one current place that all views follow, with back and forward. It begins with what the step is about,
/// until a place is chosen; going back from the first choice shows that again.
class Selection : public QObject {
    Q_OBJECT
public:
    explicit Selection(QObject* parent = nullptr);

    const Place& place() const { return m_history[m_at]; }
    bool canGoBack() const { return m_at > 0; }
    /// Whether a place was chosen, so that suggestions move nothing.
    bool chosen() const { return m_at > 0; }
    bool canGoForward() const { return m_at + 1 < m_history.size(); }

public slots:
    /// Does nothing if it was chosen already, or is no place at all.
    void select(const pgtscope::views::Place& place);
    /// The place to show as long as nothing is chosen.
    void suggest(const pgtscope::views::Place& place);
    /// Forgets every place.
    void clear();
    void back();
    void forward();

signals:
    void changed(const pgtscope::views::Place& place);

private:
    QVector<Place> m_history{Place{}}; ///< At most 200; the first is the suggestion.
    qsizetype m_at = 0;
};

} // namespace pgtscope::views

Q_DECLARE_METATYPE(pgtscope::views::Place)
