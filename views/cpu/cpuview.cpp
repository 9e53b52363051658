// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/cpu/cpuview.h"

#include <QVBoxLayout>

#include "views/cpu/cpufacts.h"
#include "views/widgets/gridtable.h"

namespace pgtscope::views {

CpuView::CpuView(Document& document, Selection& selection, QWidget* parent)
    : FollowingView(document, selection, parent)
    , m_model(new GridModel({tr("Register"), tr("Value"), tr("Meaning")}, 1, 1, this))
{
    setObjectName(QStringLiteral("cpuView"));
    auto* table = new GridTable(m_model);
    table->setObjectName(QStringLiteral("cpuTable"));
    table->setAccessibleName(tr("Registers and control bits"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(table);
    connect(table, &GridTable::chosen, this, &CpuView::choose);
}

void CpuView::showStep()
{
    if (!state()) {
        m_model->setRows({});
        return;
    }
    std::optional<core::CpuState> before;
    if (document().step() != 0)
        if (auto step = document().timeline()->step(document().step() - 1))
            before = step->cpu;
    m_model->setRows(cpuRows(*state(), before ? &*before : nullptr));
}

} // namespace pgtscope::views
