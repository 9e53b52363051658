// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/code/codeview.h"

#include <QEvent>
#include <QLabel>
#include <QVBoxLayout>

#include "views/widgets/gridtable.h"
#include "views/widgets/viewtext.h"

namespace pgtscope::views {

namespace {

constexpr int lateMilliseconds = 200;

GridRow sourceRow(const core::CodeLine& line)
{
    GridRow row;
    row.cells = {QString(), QString(), QString::fromStdString(line.source)};
    row.heading = true;
    return row;
}

GridRow instructionRow(
    const core::CodeLine& line, const core::Paging& paging, const core::SymbolTable& symbols, bool atRip)
{
    const auto symbol = symbols.at(line.address);
    GridRow row;
    row.cells = {(atRip ? QStringLiteral("\u25b6 ") : QStringLiteral("   ")) + linearOf(paging, line.address),
        symbol ? QString::fromStdString(symbol->text()) : QString(), QString::fromStdString(line.text),
        QString::fromStdString(line.bytes)};
    row.current = atRip;
    row.place = Place{};
    row.place->linear = line.address;
    return row;
}

} // namespace

CodeView::CodeView(Document& document, Selection& selection, QWidget* parent)
    : FollowingView(document, selection, parent)
    , m_model(new GridModel({tr("Address"), tr("Symbol"), tr("Instruction"), tr("Bytes")}, 0, 3, this))
    , m_table(new GridTable(m_model))
    , m_none(new QLabel(this))
{
    setObjectName(QStringLiteral("codeView"));
    m_table->setObjectName(QStringLiteral("codeTable"));
    m_table->setAccessibleName(tr("Instructions around RIP"));
    m_none->setObjectName(QStringLiteral("codeNone"));
    m_none->setWordWrap(true);
    m_none->setMargin(10);
    m_none->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_none);
    layout->addWidget(m_table, 1);
    m_table->viewport()->installEventFilter(this);
    connect(m_table, &GridTable::chosen, this, &CodeView::choose);
    connect(&m_reading, &CodeReading::read, this, &CodeView::showCode);
    m_late.setSingleShot(true);
    m_late.setInterval(lateMilliseconds);
    connect(
        &m_late, &QTimer::timeout, this, [this] { showRows({}, tr("Reading the code of this step\u2026")); });
}

QString CodeView::whyNone() const
{
    const core::CpuState& cpu = m_asked->snapshot()->cpu();
    if ((cpu.control.efer & core::eferLma) == 0)
        return tr("The CPU is not in long mode. QEMU's stub describes it as an x86-64 processor "
                  "nevertheless, and gdb would decode its code as 64-bit code: it is not disassembled.");
    return tr("No code was recorded with this step.");
}

void CodeView::showStep()
{
    m_asked = state();
    setProperty("summary", state() ? toText(state()->snapshot()->ripSymbol()) : QString());
    if (state()) {
        m_reading.ask(document().timeline(), document().step());
        // Not anew for each of many steps in a row.
        if (!m_late.isActive())
            m_late.start();
    } else {
        m_reading.forget();
        m_late.stop();
        showRows({}, QString());
    }
}

void CodeView::showCode(const CodeReading::Code& code)
{
    m_late.stop();
    if (!code)
        return showRows({}, QString::fromStdString(code.error().message()));
    std::vector<GridRow> rows;
    m_current = 0;
    const core::Snapshot& snapshot = *m_asked->snapshot();
    const core::LinearAddress rip = snapshot.cpu().rip;
    for (const core::CodeLine& line : *code) {
        if (!line.source.empty())
            rows.push_back(sourceRow(line));
        if (line.address == rip)
            m_current = static_cast<int>(rows.size());
        rows.push_back(instructionRow(line, snapshot.paging(), document().symbols(), line.address == rip));
    }
    showRows(std::move(rows), whyNone());
}

void CodeView::showRows(std::vector<GridRow> rows, const QString& whyNone)
{
    const bool none = rows.empty();
    m_model->setRows(std::move(rows));
    m_none->setText(none ? whyNone : QString());
    m_none->setVisible(none);
    m_table->setVisible(!none);
    if (!none)
        m_table->scrollTo(m_model->index(m_current, 0), QAbstractItemView::PositionAtCenter);
}

/// A table that gets its height only now, or another one, goes on showing the instruction at RIP.
bool CodeView::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_table->viewport() && event->type() == QEvent::Resize)
        m_table->scrollTo(m_model->index(m_current, 0), QAbstractItemView::PositionAtCenter);
    return FollowingView::eventFilter(watched, event);
}

} // namespace pgtscope::views
