// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>

#include "core/report/translationformat.h"

namespace pgtscope::views {

/// What the user calls the levels of the paging structures, in every view; kept in the settings.
class LevelNames : public QObject {
    Q_OBJECT
public:
    static LevelNames& instance();

    core::Dialect dialect() const { return m_dialect; }
    void setDialect(core::Dialect dialect);
    /// "Intel (PML4, PDPT, PD, PT)" and the like.
    static QString description(core::Dialect dialect);

signals:
    void changedNames();

private:
    LevelNames();

    core::Dialect m_dialect = core::Dialect::Intel;
};

} // namespace pgtscope::views
