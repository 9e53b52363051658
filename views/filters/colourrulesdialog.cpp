// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/filters/colourrulesdialog.h"

#include <QColorDialog>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

#include "core/filter/snapshotknowledge.h"
#include "views/model/document.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

namespace {

enum Column { Name, FilterText, Colour, Mark, ColumnCount };

} // namespace

ColourRulesDialog::ColourRulesDialog(Document& document, QWidget* parent)
    : QDialog(parent)
    , m_document(document)
    , m_table(new QTableWidget(0, ColumnCount))
    , m_error(new QLabel)
{
    setObjectName(QStringLiteral("colourRules"));
    setWindowTitle(tr("Colour rules"));
    m_table->setObjectName(QStringLiteral("colourRuleList"));
    m_table->setAccessibleName(tr("Colour rules, the first that matches applies"));
    m_table->setHorizontalHeaderLabels({tr("On, name"), tr("Filter"), tr("Colour"), tr("Mark")});
    m_table->horizontalHeader()->setSectionResizeMode(FilterText, QHeaderView::Stretch);
    m_table->horizontalHeader()->resizeSection(Name, fontMetrics().averageCharWidth() * 30);
    m_table->verticalHeader()->hide();
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setTabKeyNavigation(false);
    m_error->setObjectName(QStringLiteral("colourRuleError"));
    m_error->setFont(Theme::instance().fixedFont());
    m_error->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* about = new QLabel(tr("Rows of Tables, Findings and Timeline and cells of Frames that a filter "
                                "matches get its colour and its mark. The first rule that matches applies."));
    about->setWordWrap(true);
    auto* row = new QHBoxLayout;
    const auto button = [&](const char* name, const QString& text, auto slot) {
        auto* made = new QPushButton(text);
        made->setObjectName(QLatin1String(name));
        made->setAutoDefault(false);
        connect(made, &QPushButton::clicked, this, slot);
        row->addWidget(made);
    };
    button("addRule", tr("&Add"), &ColourRulesDialog::add);
    button("removeRule", tr("&Remove"), &ColourRulesDialog::remove);
    button("ruleUp", tr("&Up"), [this] { move(-1); });
    button("ruleDown", tr("&Down"), [this] { move(1); });
    button("ruleColour", tr("&Colour…"), &ColourRulesDialog::chooseColour);
    row->addStretch(1);
    button("shippedRules", tr("Restore &defaults"), [this] { fill(ColourRules::shipped()); });
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    connect(buttons, &QDialogButtonBox::accepted, this, &ColourRulesDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(about);
    layout->addWidget(m_table, 1);
    layout->addLayout(row);
    layout->addWidget(m_error);
    layout->addWidget(buttons);
    connect(m_table, &QTableWidget::cellChanged, this, &ColourRulesDialog::showError);
    connect(m_table, &QTableWidget::currentCellChanged, this, &ColourRulesDialog::showError);
    fill(ColourRules::instance().rules());
    resize(720, 420);
}

void ColourRulesDialog::fill(const std::vector<ColourRule>& rules)
{
    m_table->setRowCount(static_cast<int>(rules.size()));
    for (std::size_t i = 0; i < rules.size(); ++i)
        setRow(static_cast<int>(i), rules[i]);
    m_table->setCurrentCell(rules.empty() ? -1 : 0, FilterText);
}

void ColourRulesDialog::setRow(int row, const ColourRule& rule)
{
    const QSignalBlocker quiet(m_table);
    auto* name = new QTableWidgetItem(rule.name);
    name->setCheckState(rule.on ? Qt::Checked : Qt::Unchecked);
    auto* filter = new QTableWidgetItem(rule.filter);
    filter->setFont(Theme::instance().fixedFont());
    auto* colour = new QTableWidgetItem(rule.colour.name());
    colour->setFlags(colour->flags() & ~Qt::ItemIsEditable);
    colour->setBackground(tintOf(rule));
    colour->setData(Qt::DecorationRole, rule.colour);
    m_table->setItem(row, Name, name);
    m_table->setItem(row, FilterText, filter);
    m_table->setItem(row, Colour, colour);
    m_table->setItem(row, Mark, new QTableWidgetItem(rule.mark));
}

ColourRule ColourRulesDialog::ruleAt(int row) const
{
    ColourRule rule;
    rule.name = m_table->item(row, Name)->text().trimmed();
    rule.on = m_table->item(row, Name)->checkState() == Qt::Checked;
    rule.filter = m_table->item(row, FilterText)->text().trimmed();
    rule.colour = m_table->item(row, Colour)->data(Qt::DecorationRole).value<QColor>();
    rule.mark = m_table->item(row, Mark)->text().trimmed().left(1);
    return rule;
}

std::vector<ColourRule> ColourRulesDialog::rules() const
{
    std::vector<ColourRule> rules;
    for (int row = 0; row < m_table->rowCount(); ++row)
        rules.push_back(ruleAt(row));
    return rules;
}

void ColourRulesDialog::add()
{
    const int row = m_table->currentRow() + 1;
    m_table->insertRow(row);
    setRow(
        row, {tr("New rule"), QStringLiteral("eff.rw"), QColor(0xc8, 0x50, 0x8c), QStringLiteral("n"), true});
    m_table->setCurrentCell(row, FilterText);
    m_table->editItem(m_table->item(row, FilterText));
}

void ColourRulesDialog::remove() { m_table->removeRow(m_table->currentRow()); }

void ColourRulesDialog::move(int rows)
{
    const int from = m_table->currentRow();
    const int to = from + rows;
    if (from < 0 || to < 0 || to >= m_table->rowCount())
        return;
    const ColourRule moved = ruleAt(from);
    setRow(from, ruleAt(to));
    setRow(to, moved);
    m_table->setCurrentCell(to, m_table->currentColumn());
}

void ColourRulesDialog::chooseColour()
{
    const int row = m_table->currentRow();
    if (row < 0)
        return;
    ColourRule rule = ruleAt(row);
    const QColor chosen = QColorDialog::getColor(rule.colour, this, tr("Colour of “%1”").arg(rule.name));
    if (!chosen.isValid())
        return;
    rule.colour = chosen;
    setRow(row, rule);
}

QString ColourRulesDialog::check(int row) const
{
    const std::string text = ruleAt(row).filter.toStdString();
    if (text.empty())
        return tr("A rule needs a filter");
    if (ruleAt(row).mark.isEmpty())
        return tr("A rule needs a mark: not everyone can distinguish the colour");
    core::SymbolLookup lookup;
    std::optional<core::SnapshotKnowledge> knowledge;
    if (m_document.state()) {
        knowledge.emplace(m_document.state()->snapshot());
        lookup = knowledge->lookup(m_document.symbols());
    }
    const auto filter = core::Filter::parse(text, lookup);
    if (filter)
        return {};
    const core::FilterError& error = filter.error();
    return QString::fromStdString(error.caretText(text) + '\n' + error.happened);
}

QString ColourRulesDialog::errorText() const { return m_error->text(); }

void ColourRulesDialog::showError()
{
    const int row = m_table->currentRow();
    m_error->setText(row < 0 ? QString() : check(row));
    QPalette palette = m_error->palette();
    palette.setColor(QPalette::WindowText, Theme::instance().finding(core::FindingState::Violation));
    m_error->setPalette(palette);
}

void ColourRulesDialog::accept()
{
    for (int row = 0; row < m_table->rowCount(); ++row)
        if (!check(row).isEmpty()) {
            m_table->setCurrentCell(row, FilterText);
            showError();
            return;
        }
    ColourRules::instance().setRules(rules());
    QDialog::accept();
}

} // namespace pgtscope::views
