// SPDX-License-Identifier: GPL-2.0-or-later
// The exported page, opened in headless Chromium as a reader opens it: scrubber, keys, phone, dark, paper.
#include <fstream>
#include <sstream>

#include "tests/support/catch.h"

#include <QByteArray>

#include "app/manual/resources.h"
#include "browser.h"
#include "core/report/argument.h"
#include "core/report/storyhtml.h"
#include "core/rules/rule.h"
#include "pgtrunner.h"
#include "testpaths.h"

using namespace pgtscope;
using namespace pgtscope::tests;

namespace {

/// A shipped walkthrough as a page, with the recording that it was made from.
class WalkthroughPage {
public:
    explicit WalkthroughPage(const std::string& name)
    {
        const std::string shipped = std::string(test::projectDirectory) + "/resources/walkthroughs/" + name;
        std::filesystem::copy_file(shipped + ".pgtrec", m_directory / "copy.pgtrec");
        timeline = core::Timeline::open((m_directory / "copy.pgtrec").string()).value();
        file = (m_directory / "page.html").string();
        if (runPgt({"export", (m_directory / "copy.pgtrec").string(), "-o", file}).status != 0)
            throw std::runtime_error("the page was not written");
    }

    /// What the rule counts at the step.
    std::uint64_t count(core::StepNumber step, core::FindingState state) const
    {
        const core::RuleContext context(timeline->snapshot(step).value());
        return core::findRule("xen-ro")->check(context).count(state);
    }
    /// What stands above the picture of the buffer.
    std::string bufferText(core::StepNumber step) const
    {
        const auto snapshot = timeline->snapshot(step).value();
        const core::PgtBufEpoch& epoch = snapshot->pgtBuf().epochs.back();
        return std::to_string(epoch.end - epoch.start) + " of " + std::to_string(epoch.top - epoch.start)
            + " pages are tables";
    }

    std::shared_ptr<core::Timeline> timeline;
    std::string file;

private:
    test::TemporaryDirectory m_directory;
};

/// Texts of a picture that are just this glyph.
std::size_t glyphs(Browser& browser, const std::string& figure, const std::string& glyph)
{
    return browser.value("[...document.querySelectorAll('" + figure
        + " > svg text')].filter(t => t.textContent === '" + glyph + "').length");
}

/// For a person to look at.
void screenshot(Browser& browser, const std::string& name)
{
    std::filesystem::create_directories("screenshots");
    const std::string data = browser.call("Page.captureScreenshot")["data"];
    const QByteArray png = QByteArray::fromBase64(QByteArray::fromStdString(data));
    std::ofstream("screenshots/page-" + name + ".png", std::ios::binary).write(png.data(), png.size());
}

/// A recording in which everything that is text is an attack on the page.
class HostileFile {
public:
    HostileFile()
    {
        core::GuestDescription guest;
        guest.guest = "</title><script>window.pwned = 1</script>";
        guest.kernel = "<img src=x onerror='window.pwned = 2'>";
        guest.commandLine = "@STEPS@ @DATA@";
        auto writer = core::RecordingWriter::create(path(), guest).value();
        BootStory story(7);
        for (unsigned i = 0; i < 3; ++i) {
            auto [step, snapshot] = story.next();
            step.event = "</script><script>window.pwned = 3</script>";
            step.text = "\"><svg onload='window.pwned = 4'> ]]> <!-- \xff\xfe";
            step.console = "</pre></section></main><script>window.pwned = 5</script>\x1b[2J";
            step.ripSymbol = "<b>symbol</b>";
            if (!writer->append(step, snapshot))
                throw std::runtime_error("append failed");
        }
        if (!writer->finish())
            throw std::runtime_error("finish failed");
        const core::Annotations notes{
            {0, core::AnnotationKind::Chapter, "</h2><script>window.pwned = 6</script>",
                "> **Answer.** <details open ontoggle='window.pwned = 7'>\n\n"
                "[a](pgtscope:step/1\" onclick=\"window.pwned=8) [b](javascript:window.pwned=9)\n\n"
                "```\n</pre><iframe src='javascript:parent.pwned=10'></iframe>\n```\n"},
            {1, core::AnnotationKind::Note, "", "`</code><style>*{display:none}</style>`"}};
        if (!core::changeAnnotations(path(), {}, notes))
            throw std::runtime_error("annotations");
    }
    std::string path() const { return (m_directory / "hostile.pgtrec").string(); }
    std::string page() const { return (m_directory / "hostile.html").string(); }

private:
    test::TemporaryDirectory m_directory;
};

constexpr core::StepNumber boom = 65;

} // namespace

TEST_CASE("while there is no buffer yet, the page says at which step it is set up")
{
    const WalkthroughPage page("lab-buffer-high");
    Browser browser;
    browser.open(page.file, "#step-0");
    const core::StepNumber first = core::firstStepWithBuffer(*page.timeline).value();
    CHECK(browser.text("#buffer .said")
        == "Waiting for pgt_buf, the pages from which Linux takes its early page tables: here it is set up "
           "at "
           "step "
            + std::to_string(first) + ".");
    CHECK(browser.value("document.querySelector('#buffer .said a').getAttribute('href')")
        == "#step-" + std::to_string(first));
}

TEST_CASE("findings in the page have their rules' plain names")
{
    const WalkthroughPage page("lab-buffer-high");
    Browser browser;
    browser.open(page.file, "#step-65");
    CHECK(browser.text(".current .counts").find(" (Gleixner: up to pgt_buf_end)") != std::string::npos);
    const std::string summaries = browser.value(
        "[...document.querySelectorAll('.current details summary')].map(one => one.textContent).join()");
    CHECK(summaries.find(" (Stabellini: up to pgt_buf_top): ") != std::string::npos);
}

TEST_CASE("the page opens at the step that its address names, and its pictures are the recording's")
{
    const WalkthroughPage page("lab-buffer-high");
    Browser browser;
    browser.open(page.file, "#step-65");
    CHECK(browser.text("#where") == "step 65, the last \u2014 lab_boom");
    CHECK(browser.text("#buffer figcaption span") == page.bufferText(boom));
    CHECK(glyphs(browser, "#buffer", "\u2715") == page.count(boom, core::FindingState::Violation));
    CHECK(glyphs(browser, "#buffer", "!") == page.count(boom, core::FindingState::Pending));
    CHECK(glyphs(browser, "#buffer", "!") == 20);
    CHECK(glyphs(browser, "#tables", "\u2715") == 1);
    CHECK(browser.value("document.querySelectorAll('#tables svg g').length")
        == page.timeline->snapshot(boom).value()->tables().size());
    CHECK(browser.value("document.querySelectorAll('#memory svg rect').length") > 10);
    CHECK(browser.text(".current h2") == "Refused");
    CHECK(browser.value("[...document.querySelectorAll('.step')].filter(s => s.offsetParent).length") == 1);
    CHECK(browser.complaints().empty());
    CHECK(browser.requests() == std::vector<std::string>{"file://" + page.file});
    screenshot(browser, "boom");
}

TEST_CASE("the page of a boot on bare hardware has no red: what Xen would say is a note")
{
    const WalkthroughPage page("debian-boot");
    Browser browser;
    browser.open(page.file, "#step-49");
    CHECK(browser.value("document.querySelectorAll('.finding').length") > 0);
    CHECK(browser.value("document.querySelectorAll('.finding.violation, .finding.pending').length") == 0);
    CHECK(browser.value("scenes.filter(s => s.violations || s.pending).length") == 0);
    CHECK(browser.value("scenes.filter(s => s.hypothetical).length") > 0);
    CHECK(browser.value("[...document.querySelectorAll('#plot path')].filter(p => "
                        "/--s[01]/.test(p.getAttribute('style'))).length")
        == 0);
    CHECK(glyphs(browser, "#buffer", "\u2715") == 0);
    CHECK(browser.text("#legend").find("note") != std::string::npos);
    screenshot(browser, "bare");
}

TEST_CASE("a narration's links to other recordings lead to their pages beside this one")
{
    const WalkthroughPage page("the-arc");
    Browser browser;
    browser.open(page.file);
    CHECK(browser.value("document.querySelectorAll('a[href=\"lab-buffer-low.html#step=9\"]').length") == 3);
}

TEST_CASE("the page's address is a link to its moment, and a link that names none says why")
{
    const WalkthroughPage page("lab-buffer-high");
    Browser browser;
    const auto problem = [&] {
        return browser.value("document.getElementById('linkproblem').hidden").get<bool>()
            ? std::string()
            : browser.text("#linkproblem");
    };
    const auto marked = [&] { return browser.value("document.querySelectorAll('#tables .marked').length"); };
    browser.open(page.file, "#step=65&frame=0x437eb");
    CHECK(browser.text("#where").starts_with("step 65"));
    CHECK(marked() == 1);
    CHECK(browser.value("document.querySelector('#tables .marked').parentElement.textContent")
              .get<std::string>()
              .find("frame 0x437eb,")
        != std::string::npos);
    CHECK(browser.value("document.querySelectorAll('#memory .marked').length") == 1);
    CHECK(browser.value("location.hash") == "#step=65&frame=0x437eb");
    browser.press("ArrowLeft", 37);
    CHECK(browser.value("location.hash") == "#step=64&frame=0x437eb");
    browser.value("location.hash = '#step-12'");
    browser.value("new Promise(r => setTimeout(r))");
    CHECK(browser.text("#where").starts_with("step 12"));
    CHECK(browser.value("location.hash") == "#step=12");
    CHECK(marked() == 0);
    browser.value("document.querySelector('#tables svg g').dispatchEvent(new Event('click'))");
    CHECK(marked() == 1);
    CHECK(browser.value("location.hash").get<std::string>().starts_with("#step=12&frame=0x"));

    for (const char* hostile : {"#step=66", "#step=x", "#step=1&step=2", "#colour=red",
             "#frame=0x10000000000", "#step=99999999999999999999999999", "#%3Cscript%3E", "#step=1&"}) {
        INFO(hostile);
        browser.open(page.file, hostile);
        CHECK(problem().ends_with('.'));
        CHECK(browser.value("document.querySelectorAll('.step.current').length") == 1);
    }
    browser.open(page.file, "#step=3&view=tables&entry=0x437eaf58&address=0xffff888000000000");
    CHECK(problem().empty());
    CHECK(browser.text("#where").starts_with("step 3 "));
    CHECK(browser.complaints().empty());
}

TEST_CASE("under the cells each rule of 2012 has a band, filled as far as it protects")
{
    const WalkthroughPage page("lab-buffer-high");
    Browser browser;
    browser.open(page.file, "#step-65");
    const auto sum = [&](const std::string& rule, const std::string& part) {
        return browser
            .value("[...document.querySelectorAll('#buffer .band')]"
                   ".filter(b => b.querySelector('text').textContent === '"
                + rule + "').flatMap(b => [...b.querySelectorAll('." + part
                + "')]).reduce((sum, r) => sum + Number(r.getAttribute('width')), 0)")
            .get<double>();
    };
    const double whole = sum("Stabellini", "protected");
    CHECK(whole > 0);
    CHECK(sum("Gleixner", "protected") * 66 == Approx(whole * 46));
    CHECK(sum("Gleixner", "writable") == Approx(sum("Stabellini", "writable")));
    CHECK(browser.value("document.querySelectorAll('#buffer .writable').length") == 2 * 21);
    // The page directory that is being filled, through its slot of early_ioremap.
    CHECK(browser.value("document.querySelectorAll('#buffer .allowed').length") == 2);
    CHECK(browser.text("#buffer .said").find("One of them is mapped writable: 0x437eb") != std::string::npos);
    CHECK(browser.complaints().empty());
}

TEST_CASE("a page is called what its narration is called, and a frame's link marks it in the pictures")
{
    const WalkthroughPage page("lab-buffer-high");
    Browser browser;
    browser.open(page.file, "#step-65");
    CHECK(browser.text("h1") == "Not a page table yet");
    CHECK(browser.value("document.title") == "Not a page table yet");
    const auto marked = [&] { return browser.value("document.querySelectorAll('#memory .marked').length"); };
    CHECK(marked() == 0);
    const std::string link = "document.querySelector('.step .chapter a[href*=\"frame=\"]')";
    const std::string to = browser.value(link + ".getAttribute('href')");
    browser.value(link + ".click()");
    browser.value("new Promise(r => setTimeout(r))");
    CHECK(browser.value("location.hash") == to);
    CHECK(marked() == 1);
    CHECK(browser.complaints().empty());
}

TEST_CASE("what the two rules of 2012 find is side by side on the page, one below the other on a phone")
{
    const WalkthroughPage page("lab-buffer-high");
    Browser browser;
    browser.open(page.file, "#step-65");
    CHECK(browser.text(".current .rules section:first-child h4") == "Gleixner: up to pgt_buf_end");
    CHECK(browser.text(".current .rules section:last-child h4") == "Stabellini: up to pgt_buf_top");
    const core::RuleContext context(page.timeline->snapshot(boom).value());
    for (const auto& [rule, place] :
        {std::pair("mask-rw-end", "first-child"), std::pair("mask-rw-2012", "last-child")}) {
        const std::uint64_t found = core::findRule(rule)->check(context).total();
        const std::string reported = browser.text(".current .rules section:" + std::string(place) + " p");
        CHECK(reported.starts_with(
            std::string(rule) + ": " + (found == 0 ? "no finding" : std::to_string(found) + " finding")));
    }
    const std::string tops = "(() => { const [a, b] = document.querySelectorAll('.current .rules section');"
                             " return b.offsetTop - a.offsetTop; })()";
    CHECK(browser.value(tops) == 0);
    browser.call("Emulation.setDeviceMetricsOverride",
        {{"width", 390}, {"height", 844}, {"deviceScaleFactor", 2}, {"mobile", true}});
    CHECK(browser.value(tops) > 0);
    screenshot(browser, "rules-phone");
    CHECK(browser.complaints().empty());
}

TEST_CASE("the page of a healthy boot is calm until its reader asks what Xen would say")
{
    const WalkthroughPage page("debian-boot");
    Browser browser;
    browser.open(page.file);
    browser.press("End", 35);
    const std::string signs = "[...document.querySelectorAll('#pictures figure text')].filter((text) => "
                              "text.textContent === 'i').length";
    const double legend = browser.value(signs);
    CHECK(browser.text("#wouldsay output").ends_with(" pages"));
    CHECK(browser.value(
              "(() => { document.querySelector('#wouldsay input').click(); return " + signs + "; })()")
        > legend + 20);
    CHECK(browser.complaints().empty());
}

TEST_CASE("on the page the values are dead after free_initmem")
{
    const WalkthroughPage page("debian-boot");
    Browser browser;
    browser.open(page.file);
    browser.press("End", 35);
    CHECK(browser.text("#buffer .said").starts_with("The values are dead"));
    CHECK(browser.value("document.querySelectorAll('#buffer .protected').length") == 0);
    CHECK(browser.complaints().empty());
}

TEST_CASE("scrubber and keys go through the steps, and the pictures follow")
{
    const WalkthroughPage page("lab-buffer-high");
    Browser browser;
    browser.open(page.file);
    const auto shown = [&] { return browser.value("Number(document.getElementById('scrubber').value)"); };
    const auto agrees = [&](core::StepNumber step) {
        CHECK(shown() == step);
        CHECK(browser.value("document.querySelector('.current').id") == "step-" + std::to_string(step));
        CHECK(browser.value("location.hash") == "#step=" + std::to_string(step));
        if (!page.timeline->snapshot(step).value()->pgtBuf().epochs.empty())
            CHECK(browser.text("#buffer figcaption span").starts_with(page.bufferText(step)));
        else
            CHECK(browser.text("#buffer .said").starts_with("Waiting for pgt_buf"));
    };
    agrees(0);
    browser.press("ArrowRight", 39);
    agrees(1);
    browser.press("End", 35);
    agrees(boom);
    browser.press("ArrowLeft", 37);
    agrees(boom - 1);
    browser.press("PageUp", 33);
    CHECK(browser.value("document.querySelector('.current .chapter, .current .note') !== null") == true);
    browser.press("Home", 36);
    agrees(0);
    // Page Down comes by every chapter and every note.
    const auto stations = browser.value("document.querySelectorAll('.chapter, .note').length");
    std::size_t stops = 1;
    for (; shown() != boom && stops < 50; ++stops)
        browser.press("PageDown", 34);
    CHECK(stops == stations);
    browser.press("Home", 36);

    const auto box
        = browser.value("(() => { const r = document.getElementById('scrubber').getBoundingClientRect();"
                        " return [r.left, r.top, r.width, r.height]; })()");
    browser.click(
        box[0].get<double>() + box[2].get<double>() * 0.7, box[1].get<double>() + box[3].get<double>() / 2);
    const core::StepNumber clicked = shown();
    CHECK(clicked > 40);
    CHECK(clicked < 50);
    agrees(clicked);
    browser.press("ArrowRight", 39); // the scrubber has the focus
    agrees(clicked + 1);
    CHECK(browser.complaints().empty());
}

TEST_CASE("nothing that a recording says becomes markup or script")
{
    const HostileFile hostile;
    REQUIRE(runPgt({"export", hostile.path(), "-o", hostile.page()}).status == 0);
    Browser browser;
    browser.open(hostile.page());
    browser.value("document.querySelectorAll('details').forEach(d => d.open = true)");
    browser.press("ArrowRight", 39);
    browser.press("End", 35);
    CHECK(browser.value("typeof window.pwned") == "undefined");
    CHECK(browser.value("document.scripts.length") == 2);
    CHECK(
        browser.value("document.querySelectorAll('img, iframe, b.symbol, link, object, form').length") == 0);
    CHECK(browser.value("document.querySelectorAll('style').length") == 1);
    CHECK(browser.value("[...document.querySelectorAll('*')].flatMap(e => [...e.attributes])"
                        ".filter(a => a.name.startsWith('on') || a.value.startsWith('javascript:')).length")
        == 0);
    CHECK(browser.value("document.querySelectorAll('main .step').length") == 3);
    CHECK(browser.text(".chapter h2") == "</h2><script>window.pwned = 6</script>");
    CHECK(browser.text("h1") == "</h2><script>window.pwned = 6</script>");
    CHECK(browser.value("document.title") == "</h2><script>window.pwned = 6</script>");
    CHECK(browser.text("header details").find("@STEPS@ @DATA@") != std::string::npos);
    CHECK(browser.value("document.querySelectorAll('.chapter a').length") == 0);
    CHECK(browser.complaints().empty());
    CHECK(browser.requests() == std::vector<std::string>{"file://" + hostile.page()});

    SECTION("and what somebody put into the page all the same is not run")
    {
        browser.value("document.body.append(document.createRange().createContextualFragment("
                      "'<script>window.pwned = 11</script><img src=x onerror=\"window.pwned = 12\">'))");
        CHECK(browser.value("typeof window.pwned") == "undefined");
    }
}

TEST_CASE("the page fits a phone and can be read in light and dark")
{
    const WalkthroughPage page("debian-boot");
    Browser browser;
    const auto contrast = [&](const std::string& a, const std::string& b) {
        return browser
            .value("(() => { const light = (name) => { const hex = getComputedStyle(document.documentElement)"
                   ".getPropertyValue(name).trim(); const c = [1, 3, 5].map(i => parseInt(hex.substr(i, 2), "
                   "16) / 255)"
                   ".map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);"
                   " return .2126 * c[0] + .7152 * c[1] + .0722 * c[2]; };"
                   " const [x, y] = [light('"
                + a + "'), light('" + b
                + "')].sort((p, q) => q - p);"
                  " return (x + .05) / (y + .05); })()")
            .get<double>();
    };
    for (const std::string scheme : {"light", "dark"}) {
        INFO(scheme);
        browser.call("Emulation.setEmulatedMedia",
            {{"features", {{{"name", "prefers-color-scheme"}, {"value", scheme}}}}});
        browser.call("Emulation.setDeviceMetricsOverride",
            {{"width", 390}, {"height", 844}, {"deviceScaleFactor", 2}, {"mobile", true}});
        browser.open(page.file, "#step-30");
        CHECK(browser.value("document.documentElement.classList.contains('dark')") == (scheme == "dark"));
        for (int step = 0; step < 53; step += 4) {
            INFO(step);
            browser.value("location.hash = '#step-" + std::to_string(step) + "'");
            CHECK(browser.value("document.documentElement.scrollWidth") <= 390);
        }
        CHECK(
            browser.value("parseFloat(getComputedStyle(document.querySelector('.step p')).fontSize)") >= 15);
        CHECK(contrast("--text", "--panel") >= 7); // WCAG 2.1, 1.4.6 and 1.4.3
        CHECK(contrast("--text", "--window") >= 7);
        CHECK(contrast("--muted", "--panel") >= 4.5);
        CHECK(contrast("--accent", "--panel") >= 4.5);
        CHECK(contrast("--ink", "--table") >= 4.5);
        CHECK(contrast("--ink", "--s0") >= 4.5);
        screenshot(browser, "phone-" + scheme);
    }
    CHECK(browser.complaints().empty());
}

TEST_CASE("on paper and without scripts every step stands below the one before")
{
    const WalkthroughPage page("lab-buffer-low");
    Browser browser;
    const std::string visible
        = "[...document.querySelectorAll('.step')].filter(s => s.offsetHeight > 0).length";
    const auto steps = page.timeline->size();

    SECTION("printed, with pictures where something is told")
    {
        browser.open(page.file);
        browser.value("window.addEventListener('beforeprint', () => { window.printed = "
                      "document.querySelectorAll('.printed').length; })");
        const std::string pdf = browser.call("Page.printToPDF")["data"];
        CHECK(pdf.size() > 20'000);
        CHECK(browser.value("window.printed") >= 8);
        CHECK(browser.value("document.querySelectorAll('.printed').length") == 0);
        browser.call("Emulation.setEmulatedMedia", {{"media", "print"}});
        CHECK(browser.value(visible) == steps);
        CHECK(browser.value("document.getElementById('controls').offsetHeight") == 0);
        CHECK(browser.complaints().empty());
    }
    SECTION("without scripts, with the buffer as a bar")
    {
        browser.call("Emulation.setScriptExecutionDisabled", {{"value", true}});
        browser.open(page.file);
        CHECK(browser.value(visible) == steps);
        CHECK(browser.value("document.querySelectorAll('noscript svg').length") > 10);
        CHECK(browser.value("document.getElementById('controls').offsetHeight") == 0);
    }
}

TEST_CASE("a page has a bounded size: more steps than it takes are refused with what to do")
{
    const StoryFile file(4);
    const auto timeline = core::Timeline::open(file.path()).value();
    core::StoryPageOptions options;
    options.page = app::storyPage();
    options.to = 9'999;
    std::ostringstream out;
    const auto refused = core::writeStoryHtml(out, *timeline, {}, options);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message().find("choose fewer steps") != std::string::npos);
    CHECK(out.str().empty());
    const std::string part = file.beside("part.html");
    REQUIRE(runPgt({"export", file.path(), "--from", "1", "--to", "2", "-o", part}).status == 0);
    Browser browser;
    browser.open(part);
    CHECK(browser.text("#where").starts_with("step 1 of 1\u20132"));
    CHECK(browser.value("document.querySelectorAll('.step').length") == 2);
    CHECK(runPgt({"export", file.path(), "--from", "3", "--to", "2", "-o", part}).status == 2);
}
