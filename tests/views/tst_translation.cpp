// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <set>

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAction>
#include <QApplication>
#include <QCoreApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDockWidget>
#include <QGroupBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QRegularExpression>
#include <QTabBar>
#include <QTest>
#include <QTranslator>
#include <QTreeView>

#include "tests/support/walkthrough.h"
#include "views/timeline/stepsmodel.h"
#include "views/widgets/textdelegate.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"

using namespace pgtscope::views;
using namespace pgtscope::tests;

namespace {

constexpr QChar mark(0x2e22); // U+2E22, half a bracket: no text of ours has it.

/// Translates every text into itself, marked, and a third longer.
class PseudoTranslator : public QTranslator {
public:
    bool isEmpty() const override { return false; }
    QString translate(const char* context, const char* text, const char*, int) const override
    {
        if (!QByteArray(context).contains("pgtscope") && QByteArray(context) != "Text")
            return {};
        const QString source = QString::fromUtf8(text);
        // Behind the tags that a rich text begins with: Qt has to see them.
        static const QRegularExpression tags(QStringLiteral("^(<[^>]*>)*"));
        const qsizetype begin = tags.match(source).capturedLength();
        return source.left(begin) + mark + source.mid(begin) + QString(source.size() / 3, QLatin1Char('x'));
    }
};

/// A text that a translator has to see: with a word, and no name or number of the guest's.
bool needsTranslation(const QString& text)
{
    static const QRegularExpression tags(QStringLiteral("<[^>]*>|&[a-z]+;"));
    static const QRegularExpression words(QStringLiteral("[A-Za-z]{3,} [a-z]{2,}|^[A-Z&][a-z]{3,}$"));
    return !text.contains(mark) && QString(text).remove(tags).remove(QLatin1Char('&')).contains(words);
}

void collectCells(const QAbstractItemView& view, const QModelIndex& parent, QModelIndexList& cells)
{
    constexpr int maxRows = 100; // of a table, and of each row that has rows below it
    const QAbstractItemModel& model = *view.model();
    for (int row = 0; row < std::min(maxRows, model.rowCount(parent)); ++row) {
        for (int column = 0; column < model.columnCount(parent); ++column)
            cells += model.index(row, column, parent);
        const QModelIndex first = model.index(row, 0, parent);
        const auto* tree = qobject_cast<const QTreeView*>(&view);
        if (tree && tree->isExpanded(first))
            collectCells(view, first, cells);
    }
}

QModelIndexList shownCells(const QAbstractItemView& view)
{
    QModelIndexList cells;
    collectCells(view, {}, cells);
    return cells;
}

/// What the recording says, not the window: the text of a step, and instructions; what the user has named;
/// headers, which share the model of their view.
bool isOfGuest(const QAbstractItemView& view, const QModelIndex& cell)
{
    return (view.objectName() == QLatin1String("steps") && cell.column() == StepsModel::Text)
        || view.objectName() == QLatin1String("code") || view.objectName() == QLatin1String("colourRuleList")
        || view.inherits("QHeaderView");
}

/// The texts of a window that no translator saw, each with the place that shows it.
class Untranslated {
public:
    explicit Untranslated(const QWidget& window)
    {
        for (const auto* action : window.findChildren<QAction*>())
            if (!ofQt(action)) {
                look(action, "text", action->text());
                look(action, "tool tip", action->toolTip());
            }
        for (const auto* widget : window.findChildren<QWidget*>())
            if (!ofQt(widget))
                lookAt(*widget);
    }
    const std::set<QString>& found() const { return m_found; }

private:
    static bool ofQt(const QObject* object)
    {
        for (; object; object = object->parent())
            if (object->objectName().startsWith(QLatin1String("qt_")) || isDialogOfQt(*object)
                || isStandardButton(*object))
                return true;
        return false;
    }
    static bool isDialogOfQt(const QObject& object)
    {
        return object.inherits("QDialog")
            && !QByteArray(object.metaObject()->className()).startsWith("pgtscope");
    }
    static bool isStandardButton(const QObject& object)
    {
        const auto* box = qobject_cast<const QDialogButtonBox*>(object.parent());
        auto* button = qobject_cast<const QAbstractButton*>(&object);
        return box && button
            && box->standardButton(const_cast<QAbstractButton*>(button)) != QDialogButtonBox::NoButton;
    }
    void look(const QObject* object, const char* what, const QString& text)
    {
        if (needsTranslation(text))
            m_found.insert(QStringLiteral("%1 '%2', %3: %4")
                               .arg(QLatin1String(object->metaObject()->className()), object->objectName(),
                                   QLatin1String(what), text));
    }
    void lookAt(const QWidget& widget)
    {
        look(&widget, "accessible name", widget.accessibleName());
        if (!widget.inherits("QMenu"))
            look(&widget, "tool tip", widget.toolTip());
        if (const auto* label = qobject_cast<const QLabel*>(&widget))
            look(label, "text", label->text());
        if (const auto* button = qobject_cast<const QAbstractButton*>(&widget))
            look(button, "text", button->text());
        if (const auto* line = qobject_cast<const QLineEdit*>(&widget))
            look(line, "placeholder", line->placeholderText());
        if (const auto* group = qobject_cast<const QGroupBox*>(&widget))
            look(group, "title", group->title());
        if (const auto* dock = qobject_cast<const QDockWidget*>(&widget))
            look(dock, "title", dock->windowTitle());
        if (const auto* menu = qobject_cast<const QMenu*>(&widget))
            look(menu, "title", menu->title());
        if (const auto* tabs = qobject_cast<const QTabBar*>(&widget))
            for (int i = 0; i < tabs->count(); ++i)
                look(tabs, "tab", tabs->tabText(i));
        const auto* items = qobject_cast<const QAbstractItemView*>(&widget);
        if (items && items->model() && items->isVisible())
            for (const QModelIndex& cell : shownCells(*items))
                if (!isOfGuest(*items, cell))
                    look(items, "cell", cell.data().toString());
        if (items && items->model())
            for (int column = 0; column < items->model()->columnCount(); ++column)
                for (const int role : {Qt::DisplayRole, Qt::ToolTipRole})
                    look(items, "heading",
                        items->model()->headerData(column, Qt::Horizontal, role).toString());
    }

    std::set<QString> m_found;
};

/// A window whose texts are all marked and a third longer.
class Translated {
public:
    Translated() { QCoreApplication::installTranslator(&m_translator); }
    ~Translated() { QCoreApplication::removeTranslator(&m_translator); }
    Translated(const Translated&) = delete;
    Translated& operator=(const Translated&) = delete;

private:
    PseudoTranslator m_translator;
};

QString listed(const std::set<QString>& texts)
{
    QString list;
    for (const QString& text : texts)
        list += QStringLiteral("\n  ") + text;
    return list;
}

/// A cell that cuts its text, and whose tool tip does not have it.
void noteCell(std::set<QString>& cut, const QAbstractItemView& view, const QModelIndex& cell)
{
    const QString text = cell.data().toString();
    if (!text.contains(mark) || view.visualRect(cell).isEmpty())
        return;
    QStyleOptionViewItem option;
    option.initFrom(&view);
    option.rect = view.visualRect(cell);
    option.font = view.font();
    const auto* delegate = qobject_cast<const TextDelegate*>(view.itemDelegateForIndex(cell));
    const QString help = delegate ? delegate->helpOn(option, cell) : cell.data(Qt::ToolTipRole).toString();
    const int wide = QFontMetrics(view.font()).horizontalAdvance(text);
    if (wide > option.rect.width() && !help.contains(text))
        cut.insert(QStringLiteral("%1 '%2', a cell of %3 pixels: %4")
                       .arg(QLatin1String(view.metaObject()->className()), view.objectName())
                       .arg(option.rect.width())
                       .arg(text));
}

/// Labels and buttons that are narrower than what they say, and cells that keep the rest from the user.
std::set<QString> cutTexts(const QWidget& window)
{
    std::set<QString> cut;
    const auto note = [&cut](const QWidget& widget, const QString& text) {
        if (text.contains(mark) && widget.isVisible() && widget.width() < widget.minimumSizeHint().width())
            cut.insert(QStringLiteral("%1 '%2': %3 of %4 pixels: %5")
                           .arg(QLatin1String(widget.metaObject()->className()), widget.objectName())
                           .arg(widget.width())
                           .arg(widget.minimumSizeHint().width())
                           .arg(text));
    };
    for (const auto* label : window.findChildren<QLabel*>())
        if (!label->wordWrap())
            note(*label, label->text());
    for (const auto* button : window.findChildren<QAbstractButton*>())
        note(*button, button->text());
    for (const auto* view : window.findChildren<QAbstractItemView*>())
        if (view->isVisible() && view->model())
            for (const QModelIndex& cell : shownCells(*view))
                noteCell(cut, *view, cell);
    return cut;
}

} // namespace

TEST_CASE("every text of the window goes through the translator, and a third more length cuts none")
{
    const Translated translated;
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    {
        const Untranslated start(window);
        INFO(listed(start.found()).toStdString());
        CHECK(start.found().empty());
        const auto cut = cutTexts(window);
        INFO(listed(cut).toStdString());
        CHECK(cut.empty());
    }
    const Walkthrough story("lab-buffer-high");
    REQUIRE(window.openRecording(QString::fromStdString(story->path())));
    for (const ActionId layout : {ActionId::LayoutLearn, ActionId::LayoutInspect, ActionId::LayoutDebug}) {
        window.action(layout).trigger();
        QTest::qWait(50);
        const Untranslated open(window);
        INFO(listed(open.found()).toStdString());
        CHECK(open.found().empty());
        const auto cut = cutTexts(window);
        INFO(listed(cut).toStdString());
        CHECK(cut.empty());
    }
}

TEST_CASE("every text of the dialogs for colours and notes goes through the translator")
{
    const Translated translated;
    const Walkthrough story("lab-buffer-high");
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    REQUIRE(window.openRecording(QString::fromStdString(story->path())));
    window.action(ActionId::ColourRules).trigger();
    window.docks().view("walkthrough")->findChild<QAbstractButton*>("editNote")->click();
    QApplication::processEvents();
    int dialogs = 0;
    for (const auto* dialog : window.findChildren<QDialog*>())
        dialogs += dialog->isVisible() ? 1 : 0;
    CHECK(dialogs == 2);
    const Untranslated open(window);
    INFO(listed(open.found()).toStdString());
    CHECK(open.found().empty());
    for (auto* dialog : window.findChildren<QDialog*>())
        dialog->reject();
}
