// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QTabWidget>
#include <QTest>
#include <QTextBrowser>
#include <QTreeView>

#include "tests/views/bufferstory.h"
#include "views/findings/findinghtml.h"
#include "views/findings/findingsmodel.h"
#include "views/findings/findingsview.h"
#include "views/findings/rulecomparison.h"
#include "views/widgets/gridmodel.h"

using namespace pgtscope;
using namespace pgtscope::tests;
using namespace pgtscope::views;

namespace {

QModelIndex ruleIndex(const FindingsModel& model, const QString& rule)
{
    for (int row = 0; row < model.rowCount(); ++row)
        if (model.index(row, 0).data().toString().startsWith(rule + " ("))
            return model.index(row, 0);
    return {};
}

} // namespace

TEST_CASE("the model of findings keeps the rules of models at every step")
{
    ViewFixture f;
    FindingsModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    for (const quint64 step : {0U, 8U, 10U, 13U}) {
        f.document.goTo(step);
        model.setState(f.document.state());
        CHECK(model.rowCount() == static_cast<int>(allRules().size()));
    }
    model.setState({});
    CHECK(model.rowCount() == 0);
}

TEST_CASE("a rule's row has its counts, a finding's row its state and place")
{
    ViewFixture f;
    f.document.goTo(11);
    FindingsModel model;
    model.setState(f.document.state());
    const QModelIndex rule = ruleIndex(model, "xen-ro");
    REQUIRE(rule.isValid());
    CHECK(rule.siblingAtColumn(FindingsModel::Where).data().toString().contains("1 violation"));
    bool violation = false;
    for (int row = 0; row < model.rowCount(rule); ++row) {
        const QModelIndex index = model.index(row, FindingsModel::Frame, rule);
        if (index.siblingAtColumn(0).data(FindingsModel::StateRole).toInt() == int(FindingState::Violation))
            violation = violation || index.data().toString() == "0x3f09";
    }
    CHECK(violation);
}

TEST_CASE("the reason lists each clause with its values, and links")
{
    ViewFixture f;
    f.document.goTo(10);
    const auto& reports = f.document.state()->reports();
    const auto report = std::find_if(
        reports.begin(), reports.end(), [](const RuleReport& r) { return r.rule == "xen-ro"; });
    REQUIRE_FALSE(report->findings.empty());
    const Finding& finding = report->findings.front();
    const QString html = findingHtml(*f.document.state(), finding, f.document.writes());
    REQUIRE_FALSE(finding.clauses.empty());
    for (const Clause& clause : finding.clauses)
        CHECK(html.contains(QString::fromStdString(clause.values).toHtmlEscaped()));
    CHECK(html.contains("pgtscope:entry/"));
    CHECK(html.contains("holds:"));
}

TEST_CASE("a finding that is clicked is selected everywhere and explained")
{
    ViewFixture f;
    f.document.goTo(10);
    FindingsView view(f.document, f.selection);
    view.resize(560, 640);
    view.show();
    auto* tree = view.findChild<QTreeView*>("findings");
    view.setFilterText("pfn == 0x3f09");
    REQUIRE(tree->model()->rowCount() > 0);
    const QModelIndex finding = tree->model()->index(0, 0, tree->model()->index(0, 0));
    REQUIRE(finding.isValid());
    tree->scrollTo(finding);
    QTest::mouseClick(tree->viewport(), Qt::LeftButton, {}, tree->visualRect(finding).center());
    CHECK(f.selection.place().frame == FrameNumber(0x3f09));
    CHECK(f.selection.place().entry);
    CHECK(view.findChild<QTextBrowser*>("reason")->toPlainText().contains("0x3f09"));
}

TEST_CASE("a finding stays chosen while steps go by")
{
    ViewFixture f;
    f.document.goTo(10);
    FindingsView view(f.document, f.selection);
    view.show();
    f.selection.select(placeOf(FrameNumber(0x3f14)));
    const QString before = view.findChild<QTextBrowser*>("reason")->toPlainText();
    CHECK(before.contains("0x3f14"));
    f.document.goTo(11);
    CHECK(view.findChild<QTextBrowser*>("reason")->toPlainText().contains("0x3f14"));
}

TEST_CASE("a finding that was chosen is shown again after a look at other steps")
{
    ViewFixture f;
    f.document.goTo(10);
    FindingsView view(f.document, f.selection);
    view.show();
    auto* tree = view.findChild<QTreeView*>("findings");
    auto* reason = view.findChild<QTextBrowser*>("reason");
    // Several rules speak of the same frame and entry: none of them is chosen in another's place.
    for (int rule = 0; rule < tree->model()->rowCount(); ++rule) {
        // Each step may give the model new rows: no index outlives it.
        const auto parent = [&] { return tree->model()->index(rule, 0); };
        for (int row = 0; row < tree->model()->rowCount(parent()); ++row) {
            tree->setCurrentIndex(tree->model()->index(row, 0, parent()));
            CAPTURE(rule, row);
            const QString text = reason->toPlainText();
            for (const quint64 step : {0U, 9U, 13U, 10U})
                f.document.goTo(step);
            CHECK(reason->toPlainText() == text);
            CHECK(tree->currentIndex().row() == row);
            CHECK(tree->currentIndex().parent().row() == rule);
        }
    }
}

TEST_CASE("the arrow keys choose findings as a click does, and a filter chooses none")
{
    ViewFixture f;
    f.document.goTo(10);
    FindingsView view(f.document, f.selection);
    view.show();
    auto* tree = view.findChild<QTreeView*>("findings");
    tree->setCurrentIndex(tree->model()->index(0, 0));
    CHECK(f.selection.place().empty());
    QTest::keyClick(tree, Qt::Key_Down);
    const Place first = f.selection.place();
    CHECK(first.frame);
    QTest::keyClick(tree, Qt::Key_Down);
    CHECK(f.selection.place() != first);
    f.selection.select(first);
    view.setFilterText("pfn == 0x3f14");
    CHECK(f.selection.place() == first);
    view.setFilterText("");
    CHECK(view.findChild<QTextBrowser*>("reason")->toPlainText().contains(
        QString::number(first.frame->value, 16)));
}

TEST_CASE("two rules differ by the pending pages")
{
    ViewFixture f;
    f.document.goTo(10);
    views::RuleComparison comparison;
    comparison.setState(f.document.state());
    auto* model = comparison.findChild<GridModel*>();
    REQUIRE(model->rowCount() > 0);
    for (const GridRow& row : model->rows()) {
        const bool reserved = *row.place->frame >= FrameNumber(BufferStory::start + 10)
            && *row.place->frame < FrameNumber(BufferStory::top);
        CHECK(row.cells[0].startsWith("only mask-rw-2012") == reserved);
    }
    auto* firstRule = comparison.findChild<QComboBox*>("firstRule");
    firstRule->setCurrentIndex(firstRule->findData("mask-rw-end"));
    CHECK(firstRule->currentText() == "mask-rw-end (Gleixner: up to pgt_buf_end)");
    CHECK(comparison.findChild<QLabel*>("ruleSummary")->text().contains("0 only by the first"));
    // Both names have a line of their own, and no count is cut.
    comparison.resize(300, 160);
    comparison.show();
    QApplication::processEvents();
    for (const auto* label : comparison.findChildren<QLabel*>())
        CHECK(label->height() >= label->heightForWidth(label->width()));
    comparison.setState({});
    CHECK(model->rowCount() == 0);
}

TEST_CASE("a low view shows whole findings, and their reason in a tab of its own")
{
    ViewFixture f;
    f.document.goTo(10);
    FindingsView view(f.document, f.selection);
    view.resize(480, 200);
    view.show();
    QApplication::processEvents();
    const auto* tree = view.findChild<QTreeView*>("findings");
    auto* reason = view.findChild<QTextBrowser*>("reason");
    auto* tabs = view.findChild<QTabWidget*>();
    const int row = tree->visualRect(tree->model()->index(0, 0)).height();
    CHECK(tree->viewport()->height() >= 4 * row);
    CHECK_FALSE(reason->isVisible());
    REQUIRE(tabs->indexOf(reason) == 1);
    tabs->setCurrentIndex(1);
    CHECK(reason->isVisible());
    // With more room both are seen at once, and the tab is gone.
    view.resize(480, 600);
    QApplication::processEvents();
    CHECK(tabs->indexOf(reason) == -1);
    CHECK(tree->isVisible());
    CHECK(reason->isVisible());
    CHECK(reason->mapTo(&view, QPoint()).y() > tree->mapTo(&view, QPoint()).y());
}

TEST_CASE("pictures of findings")
{
    ViewFixture f;
    f.document.goTo(10);
    FindingsView view(f.document, f.selection);
    view.show();
    f.selection.select(placeOf(FrameNumber(0x3f09)));
    photograph(view, "findings", {560, 640});
    views::RuleComparison comparison;
    comparison.setState(f.document.state());
    photograph(comparison, "two-rules", {560, 320});
    CHECK(QFile::exists("screenshots/two-rules-dark.png"));
}
