// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/filters/filteredit.h"

#include <QLabel>
#include <QLineEdit>
#include <QVBoxLayout>

#include "core/filter/snapshotknowledge.h"
#include "views/filters/filtercompleter.h"
#include "views/model/document.h"
#include "views/widgets/theme.h"

namespace pgtscope::views {

FilterEdit::FilterEdit(Document& document, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_line(new QLineEdit(this))
    , m_error(new QLabel(this))
{
    m_line->setObjectName(QStringLiteral("filter"));
    m_line->setPlaceholderText(tr("filter"));
    m_line->setToolTip(
        tr("For example: eff.rw and not eff.nx; finding and region == pgt_buf; changed and level == 2"));
    m_line->setClearButtonEnabled(true);
    m_line->setAccessibleName(tr("Filter"));
    m_error->setObjectName(QStringLiteral("filterError"));
    m_error->setVisible(false);
    m_error->setFont(Theme::instance().fixedFont());
    m_error->setTextInteractionFlags(Qt::TextSelectableByMouse);
    new FilterCompleter(document, *m_line);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    layout->addWidget(m_line);
    layout->addWidget(m_error);
    connect(m_line, &QLineEdit::textChanged, this, [this] {
        if (parse())
            emit filterChanged();
    });
}

QString FilterEdit::text() const { return m_line->text(); }

QString FilterEdit::errorText() const { return m_error->text(); }

void FilterEdit::setText(const QString& text) { m_line->setText(text); }

void FilterEdit::reread()
{
    if (!text().isEmpty())
        parse();
}

bool FilterEdit::parse()
{
    const std::string typed = text().toStdString();
    core::SymbolLookup lookup;
    std::optional<core::SnapshotKnowledge> knowledge;
    if (m_document.state()) {
        knowledge.emplace(m_document.state()->snapshot());
        lookup = knowledge->lookup(m_document.symbols());
    }
    auto filter = typed.empty() ? tl::expected<core::Filter, core::FilterError>()
                                : core::Filter::parse(typed, lookup);
    m_error->setVisible(!filter);
    if (filter) {
        m_error->clear();
        m_filter = std::move(*filter);
        return true;
    }
    const core::FilterError& error = filter.error();
    std::string message = error.caretText(typed) + '\n' + error.happened;
    if (!error.advice.empty())
        message += "; " + error.advice;
    m_error->setText(QString::fromStdString(message));
    QPalette palette = m_error->palette();
    palette.setColor(QPalette::WindowText, Theme::instance().finding(core::FindingState::Violation));
    m_error->setPalette(palette);
    return false;
}

} // namespace pgtscope::views
