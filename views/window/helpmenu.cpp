// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/helpmenu.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QMainWindow>
#include <QMenu>
#include <QTextBrowser>
#include <QVBoxLayout>

#include "views/window/helppages.h"

namespace pgtscope::views {

namespace {

constexpr QSize pageSize(720, 560);

} // namespace

HelpMenu::HelpMenu(QMenu& menu, QMainWindow& window)
    : QObject(&window)
    , m_window(window)
    , m_showManual(nullptr)
    , m_menu(menu)
{
    offer(tr("&Manual"), [this] { return m_manual; });
    m_showManual = m_menu.actions().last();
    m_showManual->setVisible(false);
    offer(tr("&Filter fields"), filterPage);
    offer(tr("&Rules"), rulesPage);
    offer(tr("&Glossary"), glossaryPage);
}

void HelpMenu::offer(const QString& text, const std::function<QString()>& page)
{
    const QString title = QString(text).remove(QLatin1Char('&'));
    m_menu.addAction(text, this, [this, title, page] { show(title, page()); });
}

void HelpMenu::setManual(const QString& text)
{
    m_manual = QStringLiteral("<div style='white-space: pre-wrap'>%1</div>").arg(text.toHtmlEscaped());
    m_showManual->setVisible(true);
}

void HelpMenu::show(const QString& title, const QString& html)
{
    auto* page = m_window.findChild<QDialog*>(title, Qt::FindDirectChildrenOnly);
    if (!page) {
        page = new QDialog(&m_window);
        page->setObjectName(title);
        page->setWindowTitle(title);
        page->setAttribute(Qt::WA_DeleteOnClose);
        auto* text = new QTextBrowser(page);
        text->setObjectName(QStringLiteral("helpText"));
        text->setAccessibleName(title);
        text->setOpenLinks(false);
        auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, page);
        connect(buttons, &QDialogButtonBox::rejected, page, &QDialog::close);
        auto* layout = new QVBoxLayout(page);
        layout->addWidget(text, 1);
        layout->addWidget(buttons);
        text->setHtml(html);
        page->resize(pageSize);
    }
    page->show();
    page->raise();
    page->activateWindow();
}

} // namespace pgtscope::views
