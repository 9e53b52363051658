// SPDX-License-Identifier: GPL-2.0-or-later
// What the window shows of findings that nothing on the machine forbids.
#include "tests/support/catch.h"

#include <QCheckBox>
#include <QDir>
#include <QFile>
#include <QImage>
#include <QLabel>
#include <QSettings>
#include <QTest>
#include <QTextBrowser>
#include <QTreeView>

#include "testpaths.h"
#include "tests/views/bufferstory.h"
#include "views/findings/findingsmodel.h"
#include "views/findings/findingsview.h"
#include "views/model/hypotheticals.h"
#include "views/tables/tablesmodel.h"
#include "views/timeline/stepsampler.h"
#include "views/timeline/stepsmodel.h"
#include "views/timeline/timelineview.h"
#include "views/walkthrough/walkthroughview.h"
#include "views/window/dockarea.h"
#include "views/window/mainwindow.h"

using namespace pgtscope;
using namespace pgtscope::tests;
using namespace pgtscope::views;

namespace {

/// Each test begins and ends with what a new user has.
struct FreshChoice {
    FreshChoice() { Hypotheticals::instance().choose(false); }
    ~FreshChoice() { Hypotheticals::instance().choose(false); }
};

/// A shipped recording, copied, so that nothing is written to the original.
class Shipped {
public:
    explicit Shipped(const QString& name)
    {
        const QString file = name + QStringLiteral(".pgtrec");
        m_path = m_directory.filePath(file);
        QFile::copy(QLatin1String(test::projectDirectory) + QStringLiteral("/resources/walkthroughs/") + file,
            m_path);
    }
    const QString& path() const { return m_path; }
    std::shared_ptr<Timeline> open() const { return Timeline::open(m_path.toStdString()).value(); }

private:
    QTemporaryDir m_directory;
    QString m_path;
};

StepNumber stepAt(const Timeline& timeline, std::string_view event)
{
    for (StepNumber number = 0; number < timeline.size(); ++number)
        if (timeline.step(number).value().event == event)
            return number;
    FAIL("no step is " << event);
    return 0;
}

/// Neither the roles' colours nor what has changed is that red.
int redPixels(QWidget& widget)
{
    const QImage image = widget.grab().toImage();
    int red = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x) {
            const QColor colour = image.pixelColor(x, y);
            red += colour.red() > colour.green() + 60 && colour.red() > colour.blue() + 60 ? 1 : 0;
        }
    return red;
}

void showWindow(MainWindow& window, const Shipped& shipped, StepNumber step)
{
    window.resize(1280, 800);
    window.show();
    REQUIRE(window.openRecording(shipped.path()));
    window.document().goTo(step);
    dynamic_cast<TimelineView&>(*window.docks().view(QStringLiteral("timeline"))).sampler().finish();
    QCoreApplication::processEvents();
}

QString rowText(const FindingsModel& model, const QString& rule)
{
    for (int row = 0; row < model.rowCount(); ++row)
        if (model.index(row, 0).data().toString().startsWith(rule + " ("))
            return model.index(row, FindingsModel::Where).data().toString();
    return {};
}

/// The findings of the shipped Debian boot, before mark_rodata_ro.
struct DebianFindings {
    DebianFindings()
    {
        document.setTimeline(debian.open(), false);
        document.goTo(30);
        view.resize(560, 640);
        view.show();
    }

    FreshChoice fresh;
    Shipped debian{"debian-boot"};
    Document document;
    Selection selection;
    FindingsView view{document, selection};
};

std::set<QString> listed(const FindingsView& view)
{
    std::set<QString> labels;
    const auto& proxy = *view.findChild<QTreeView*>("findings")->model();
    for (int rule = 0; rule < proxy.rowCount(); ++rule)
        for (int row = 0; row < proxy.rowCount(proxy.index(rule, 0)); ++row)
            labels.insert(proxy.index(row, 0, proxy.index(rule, 0)).data().toString());
    return labels;
}

} // namespace

TEST_CASE("a healthy Debian boot shows no red and no orange anywhere, and one that is refused does")
{
    const FreshChoice fresh;
    for (const bool dark : {true, false}) {
        Theme::instance().apply(dark);
        const Shipped debian("debian-boot");
        const auto timeline = debian.open();
        for (const StepNumber step : {stepAt(*timeline, "early_make_pgtable"), timeline->size() - 1}) {
            CAPTURE(dark, step);
            MainWindow window;
            showWindow(window, debian, step);
            CHECK(redPixels(window) == 0);
        }
        const Shipped refused("lab-buffer-high");
        MainWindow window;
        showWindow(window, refused, ~0ULL);
        CHECK(redPixels(window) > 100);
    }
    Theme::instance().apply(true);
}

TEST_CASE("no step of a healthy Debian boot has a mark in the list of steps, the map or the tables")
{
    const FreshChoice fresh;
    const Shipped debian("debian-boot");
    Document document;
    document.setTimeline(debian.open(), false);
    CHECK_FALSE(document.enforced());
    StepsModel steps;
    steps.setTimeline(document.timeline(), document.size());
    steps.showFindings(document.enforced());
    for (StepNumber number = 0; number < document.size(); ++number) {
        CAPTURE(number);
        document.goTo(number);
        // Nor have the notes of w-x before NX is on: they belong to the stage.
        CHECK(signsByFrame(document.state()->reports()).empty());
        CHECK(signsByEntry(document.state()->reports()).empty());
        CHECK(steps.index(int(number), StepsModel::Findings).data().toString().isEmpty());
        CHECK_FALSE(steps.index(int(number), 0).data(StepsModel::GravestRole).isValid());
    }
}

TEST_CASE("where the rule is enforced, what is pending is marked as before")
{
    const FreshChoice fresh;
    const Shipped lab("lab-buffer-low");
    Document document;
    document.setTimeline(lab.open(), false);
    CHECK(document.enforced());
    document.goTo(20);
    bool pending = false;
    for (const auto& [frame, state] : signsByFrame(document.state()->reports()))
        pending = pending || state == FindingState::Pending;
    CHECK(pending);
    StepsModel steps;
    steps.setTimeline(document.timeline(), document.size());
    steps.showFindings(document.enforced());
    CHECK(steps.index(20, StepsModel::Findings).data().toString().contains("61 pending"));
    Selection selection;
    FindingsView view(document, selection);
    view.show();
    CHECK_FALSE(view.findChild<QCheckBox*>("hypotheticals")->isVisibleTo(&view));
}

TEST_CASE("a check box shows what Xen would say, in pages, and is remembered")
{
    DebianFindings f;
    auto& [fresh, debian, document, selection, view] = f;
    auto* box = view.findChild<QCheckBox*>("hypotheticals");
    // 13 table pages, and the 12 of pgt_buf that are no tables yet; several of them are mapped twice.
    CHECK(box->text() == "What Xen would say: 25 pages");
    CHECK(view.property("summary") == "nothing broken");
    for (const QString& label : listed(view))
        CHECK_FALSE(label.contains("hypothetical"));
    StepsModel steps;
    steps.setTimeline(document.timeline(), document.size());
    steps.showFindings(document.enforced());

    QTest::mouseClick(box, Qt::LeftButton, {}, QPoint(8, box->height() / 2));
    CHECK(box->isChecked());
    CHECK(QSettings().value("whatXenWouldSay").toBool());
    CHECK(listed(view).contains("i hypothetical violation"));
    // As notes, in grey: nothing here is broken.
    for (const auto& [frame, state] : signsByFrame(document.state()->reports()))
        CHECK(state == FindingState::Note);
    CHECK(signsByFrame(document.state()->reports()).size() == 25);
    CHECK(steps.index(30, StepsModel::Findings).data().toString().contains("49 hypothetical"));
    CHECK(steps.index(30, 0).data(StepsModel::GravestRole).toInt() == int(FindingState::Note));

    QTest::mouseClick(box, Qt::LeftButton, {}, QPoint(8, box->height() / 2));
    CHECK_FALSE(QSettings().value("whatXenWouldSay").toBool());
    CHECK(signsByFrame(document.state()->reports()).empty());
}

TEST_CASE("what belongs to the stage is one quiet line that counts pages")
{
    DebianFindings f;
    auto& [fresh, debian, document, selection, view] = f;
    std::uint64_t pages = 0;
    for (const RuleReport& report : document.state()->reports())
        for (const Finding& finding : report.findings)
            pages += report.rule == "w-x" ? finding.frames : 0;
    REQUIRE(pages > 0);
    CHECK(rowText(view.model(), "w-x")
        == QStringLiteral("early W+X until mark_rodata_ro: %1 pages")
               .arg(QString::fromStdString(groupedText(pages))));
    const auto* tree = view.findChild<QTreeView*>("findings");
    for (int row = 0; row < tree->model()->rowCount(); ++row)
        CHECK_FALSE(tree->isExpanded(tree->model()->index(row, 0)));
}

TEST_CASE("the findings of a quiet rule have whole addresses once it is opened")
{
    DebianFindings f;
    auto& [fresh, debian, document, selection, view] = f;
    auto* tree = view.findChild<QTreeView*>("findings");
    view.resize(900, 600);
    view.show();
    QModelIndex rule;
    for (int row = 0; row < tree->model()->rowCount(); ++row)
        if (tree->model()->rowCount(tree->model()->index(row, 0)) != 0)
            rule = tree->model()->index(row, 0);
    REQUIRE(rule.isValid());
    tree->expand(rule);
    const QModelIndex place = tree->model()->index(0, FindingsModel::Where, rule);
    for (int column = 0; column < FindingsModel::Where; ++column)
        CHECK(tree->columnWidth(column)
            > tree->fontMetrics().horizontalAdvance(place.siblingAtColumn(column).data().toString()));
}

TEST_CASE("a chapter about what Xen would say shows it while it is read")
{
    const FreshChoice fresh;
    const Shipped debian("debian-boot");
    const Shipped lab("lab-buffer-low");
    const auto timeline = debian.open();
    MainWindow window;
    showWindow(window, debian, 0);
    auto& hypotheticals = Hypotheticals::instance();
    CHECK_FALSE(hypotheticals.shown());
    const StepNumber chapter = stepAt(*timeline, "init_mem_mapping");
    window.document().goTo(chapter);
    CHECK(hypotheticals.shown());
    CHECK_FALSE(QSettings().value("whatXenWouldSay").toBool());
    // What the user chooses in it holds in it.
    hypotheticals.choose(false);
    window.document().goTo(chapter + 1);
    CHECK_FALSE(hypotheticals.shown());
    window.document().goTo(0);
    window.document().goTo(chapter);
    CHECK(hypotheticals.shown());
    REQUIRE(window.openRecording(lab.path()));
    CHECK_FALSE(hypotheticals.shown());
}

TEST_CASE("a link in a narration shows what Xen would say")
{
    const FreshChoice fresh;
    Annotation note{0, AnnotationKind::Chapter, "One", "See [it](pgtscope:what-xen-would-say)."};
    ViewFixture f({note});
    WalkthroughView view(f.document, f.selection);
    view.show();
    Hypotheticals::instance().choose(false);
    emit view.findChild<QTextBrowser*>("narration")->anchorClicked(QUrl("pgtscope:what-xen-would-say"));
    CHECK(Hypotheticals::instance().shown());
}
