// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/filterbar.h"

#include <algorithm>

#include <QDynamicPropertyChangeEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QSettings>
#include <QToolButton>

#include "views/filters/filtertarget.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

namespace {
const QLatin1String recentFiltersKey("window/filters");
constexpr qsizetype maxRecentFilters = 10;
} // namespace

FilterBar::FilterBar(QWidget* parent)
    : QFrame(parent)
    , m_text(new QLabel(this))
    , m_walk(new QToolButton(this))
    , m_chipRow(new QHBoxLayout)
{
    setObjectName(QStringLiteral("filterBar"));
    m_text->setFont(Theme::instance().fixedFont());
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_text->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* close = new QToolButton(this);
    close->setObjectName(QStringLiteral("clearFilter"));
    close->setText(QStringLiteral("\u00d7"));
    close->setToolTip(tr("Clear all filters (Esc)"));
    close->setAccessibleName(tr("Clear all filters"));
    close->setAutoRaise(true);
    m_chipRow->setSpacing(4);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 2, 4, 2);
    layout->addWidget(new QLabel(tr("Filter:"), this));
    layout->addWidget(m_text, 1);
    layout->addLayout(m_chipRow);
    m_walk->setObjectName(QStringLiteral("searchEveryStep"));
    m_walk->setText(tr("Search every step"));
    m_walk->hide();
    layout->addWidget(m_walk);
    layout->addWidget(close);
    connect(m_walk, &QToolButton::clicked, this, &FilterBar::searchFurther);
    connect(close, &QToolButton::clicked, this, &FilterBar::clear);
    hide();
}

void FilterBar::addView(QWidget& view, FilterTarget& target, const QString& title)
{
    Chip chip{&view, &target, title, new QToolButton(this)};
    chip.button->setCheckable(true);
    chip.button->setObjectName(QStringLiteral("chip-") + view.objectName());
    m_chipRow->addWidget(chip.button);
    m_chips.push_back(chip);
    connect(chip.button, &QToolButton::clicked, this, [this, chip](bool on) {
        offer(chip, on);
        showChip(chip);
    });
    view.installEventFilter(this);
}

QStringList FilterBar::recent() { return QSettings().value(recentFiltersKey).toStringList(); }

void FilterBar::apply(const QString& filter)
{
    m_filter = filter.trimmed();
    if (!m_filter.isEmpty()) {
        QStringList filters = recent();
        filters.removeAll(m_filter);
        filters.prepend(m_filter);
        QSettings().setValue(recentFiltersKey, QStringList(filters.mid(0, maxRecentFilters)));
    }
    m_text->setText(m_filter);
    m_text->setToolTip(m_filter);
    for (const Chip& chip : m_chips) {
        chip.button->setChecked(!m_filter.isEmpty());
        offer(chip, true);
        showChip(chip);
    }
    setVisible(!m_filter.isEmpty());
    emit applied(m_filter);
    emit filteringChanged();
}

bool FilterBar::isFiltering() const
{
    return !m_filter.isEmpty() || std::ranges::any_of(m_chips, [](const Chip& chip) {
        return !chip.view->property("hits").toString().isEmpty()
            || !chip.view->property("hitsProblem").toString().isEmpty();
    });
}

void FilterBar::offer(const Chip& chip, bool on) { chip.target->setFilterText(on ? m_filter : QString()); }

void FilterBar::showChip(const Chip& chip)
{
    const bool on = chip.button->isChecked();
    const QString hits = on ? chip.view->property("hits").toString() : tr("off");
    const QString problem = on ? chip.view->property("hitsProblem").toString() : QString();
    QString text = hits.isEmpty() ? chip.title : QStringLiteral("%1 %2").arg(chip.title, hits);
    chip.button->setText(problem.isEmpty() ? text : text + QStringLiteral(" ?"));
    const auto troubled = [](const Chip& one) {
        return one.button->isChecked() && !one.view->property("hitsProblem").toString().isEmpty();
    };
    const auto first = std::find_if(m_chips.begin(), m_chips.end(), troubled);
    m_walk->setVisible(first != m_chips.end());
    m_walk->setToolTip(first == m_chips.end() ? QString() : first->view->property("hitsProblem").toString());
    chip.button->setToolTip(!problem.isEmpty() ? problem
            : on                               ? tr("Press to show everything in %1").arg(chip.title)
                                               : tr("Press to filter %1 too").arg(chip.title));
}

/// A view that has a problem with the filter has a search that takes longer.
void FilterBar::searchFurther()
{
    for (const Chip& chip : m_chips)
        if (!chip.view->property("hitsProblem").toString().isEmpty())
            QMetaObject::invokeMethod(chip.view, "searchEveryStep");
}

bool FilterBar::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::DynamicPropertyChange)
        for (const Chip& chip : m_chips)
            if (chip.view == watched) {
                showChip(chip);
                emit filteringChanged();
            }
    return QFrame::eventFilter(watched, event);
}

} // namespace pgtscope::views
