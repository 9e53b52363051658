// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/model/levelnames.h"

#include <QSettings>

namespace pgtscope::views {

namespace {

const QLatin1String settingsKey("levelNames");
constexpr core::Dialect dialects[] = {core::Dialect::Intel, core::Dialect::Kernel, core::Dialect::Xen};
constexpr const char* keys[] = {"intel", "kernel", "xen"};

} // namespace

LevelNames& LevelNames::instance()
{
    static LevelNames names;
    return names;
}

LevelNames::LevelNames()
{
    const QString saved = QSettings().value(settingsKey).toString();
    for (std::size_t i = 0; i < std::size(dialects); ++i)
        if (saved == QLatin1String(keys[i]))
            m_dialect = dialects[i];
}

void LevelNames::setDialect(core::Dialect dialect)
{
    if (dialect == m_dialect)
        return;
    m_dialect = dialect;
    for (std::size_t i = 0; i < std::size(dialects); ++i)
        if (dialects[i] == dialect)
            QSettings().setValue(settingsKey, QLatin1String(keys[i]));
    emit changedNames();
}

QString LevelNames::description(core::Dialect dialect)
{
    switch (dialect) {
    case core::Dialect::Intel:
        return tr("Intel (PML4, PDPT, PD, PT)");
    case core::Dialect::Kernel:
        return tr("Linux (PGD, PUD, PMD, PTE)");
    case core::Dialect::Xen:
        break;
    }
    return tr("Xen (L4, L3, L2, L1)");
}

} // namespace pgtscope::views
