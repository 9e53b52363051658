// SPDX-License-Identifier: GPL-2.0-or-later
// What the narrations say in numbers holds at the step that they say it at.
#include "tests/support/walkthrough.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <regex>
#include <set>

#include "core/paging/entry.h"
#include "core/recording/momentlink.h"
#include "core/rules/rulecontext.h"
#include "core/walk/translation.h"

using namespace pgtscope::core;
using namespace pgtscope::tests;

namespace {

/// A moment of a recording, asked about what a narration says of it.
class Moment {
public:
    Moment(const Timeline& timeline, StepNumber step)
        : m_timeline(timeline)
        , m_step(step)
        , m_snapshot(timeline.snapshot(step).value())
    {
    }

    Moment after(StepNumber steps) const { return {m_timeline, m_step + steps}; }
    Moment before(StepNumber steps) const { return {m_timeline, m_step - steps}; }
    const Snapshot& snapshot() const { return *m_snapshot; }
    StepNumber number() const { return m_step; }
    StepCause cause() const { return m_timeline.step(m_step).value().cause; }
    std::string event() const { return m_timeline.step(m_step).value().event; }
    std::string console() const { return m_timeline.step(m_step).value().console; }
    StepChanges changes() const { return m_timeline.changes(m_step).value(); }
    PgtBufEpoch buffer() const
    {
        REQUIRE_FALSE(m_snapshot->pgtBuf().epochs.empty());
        return m_snapshot->pgtBuf().epochs.back();
    }
    std::uint64_t reserved() const { return buffer().top - buffer().start; }
    std::uint64_t used() const { return buffer().end - buffer().start; }
    std::uint64_t count(std::string_view rule, FindingState state) const
    {
        return report(m_timeline, m_step, rule).count(state);
    }
    std::uint64_t pending() const { return count("xen-ro", FindingState::Pending); }
    std::uint64_t violations() const { return count("xen-ro", FindingState::Violation); }
    bool maps(std::uint64_t linear) const
    {
        return translate(*m_snapshot, LinearAddress(linear)).end == TranslationEnd::Mapped;
    }
    bool isTable(std::uint64_t pfn) const
    {
        const auto frame = m_snapshot->frame(GuestFrame(pfn));
        const auto tables = m_snapshot->tables();
        return std::any_of(
            tables.begin(), tables.end(), [&](const Table& table) { return frame == table.frame(); });
    }
    std::size_t detached() const
    {
        std::set<FrameNumber> reached;
        for (const Reach& reach : reachedTables(*m_snapshot))
            if (!reach.detached)
                reached.insert(m_snapshot->table(reach.table).frame());
        return m_snapshot->tableFrames() - reached.size();
    }
    /// The mappings of a frame of pgt_buf.
    std::vector<Alias> mappings(std::uint64_t pfn) const
    {
        const RuleContext context(m_snapshot);
        const FrameMappings& mappings = context.bufferMappings();
        return mappings.aliases(m_snapshot->frame(GuestFrame(pfn)).value(), 64);
    }
    /// How many frames of [first, last] are mapped with or without the right to write.
    std::uint64_t mapped(std::uint64_t first, std::uint64_t last, bool writable) const
    {
        std::uint64_t frames = 0;
        for (std::uint64_t pfn = first; pfn <= last; ++pfn)
            for (const Alias& alias : mappings(pfn))
                if (alias.rights.write == writable) {
                    ++frames;
                    break;
                }
        return frames;
    }

private:
    const Timeline& m_timeline;
    StepNumber m_step;
    SnapshotPtr m_snapshot;
};

struct Claim {
    const char* walkthrough;
    const char* title; ///< Of the chapter or note.
    std::vector<std::string> numbers; ///< As they stand in its text.
    std::function<bool(const Moment&)> holds;
};

const std::vector<Claim> claims{
    {"debian-boot", "On the decompressor's tables", {"six"},
        [](const Moment& m) { return m.snapshot().tableFrames() == 6; }},
    {"debian-boot", "Its own tables, early", {"0xffffffff80000000"},
        [](const Moment& m) {
            return translate(m.snapshot(), LinearAddress(0xffffffff81000000)).end == TranslationEnd::Mapped;
        }},
    {"debian-boot", "The first C code", {},
        [](const Moment& m) {
            bool atMostTwo = true;
            for (StepNumber next = 1; next <= 9; ++next)
                atMostTwo = atMostTwo && m.after(next).changes().entries.size() <= 2;
            return atMostTwo && m.maps(0x1000000) && m.after(1).event() == "reset_early_page_tables"
                && m.after(1).maps(0x1000000) && m.after(2).number() == 6 && !m.after(2).maps(0x1000000);
        }},
    {"debian-boot", "The buffer today", {"16"},
        [](const Moment& m) { return m.reserved() == 16 && m.used() == 0 && m.buffer().startRecovered; }},
    {"debian-boot", "The direct map", {"0xffff888000000000", "five", "eleven", "16"},
        [](const Moment& m) {
            const Moment end = m.after(20);
            return m.after(3).pending() == 16 && end.used() == 5 && end.reserved() - end.used() == 11
                && end.detached() == 4
                && translate(m.snapshot(), LinearAddress(0xffff888000000000)).end == TranslationEnd::Mapped;
        }},
    {"debian-boot", "The final root", {"three"},
        [](const Moment& m) {
            const auto changed = m.changes().tables;
            return std::count_if(changed.begin(), changed.end(),
                       [](const TableChange& change) { return change.kind == TableChangeKind::Removed; })
                == 3
                && m.detached() == 0;
        }},
    {"debian-boot", "One page, 65,536 times", {"Three"},
        [](const Moment& m) {
            const auto changed = m.changes().tables;
            std::uint64_t times = 0;
            for (const Reach& reach : reachedTables(m.snapshot()))
                if (m.snapshot().table(reach.table).address == PhysicalAddress(0x4855000))
                    for ([[maybe_unused]] const EntryAt& at :
                        m.snapshot().table(reach.table).entries(m.snapshot().paging()))
                        times += reach.paths;
            return std::count_if(changed.begin(), changed.end(),
                       [](const TableChange& change) { return change.kind == TableChangeKind::Appeared; })
                == 3
                && m.maps(0xffffff7b0000a000) && !m.before(1).maps(0xffffff7b0000a000) && times == 65'536;
        }},
    {"debian-boot", "The variables are freed", {},
        [](const Moment& m) { return m.snapshot().pgtBuf().trust == PgtBufTrust::Stale; }},
    {"debian-boot", "Write or execute", {},
        [](const Moment& m) {
            return m.count("w-x", FindingState::Violation) == 0
                && m.before(2).count("w-x", FindingState::Violation) > 0;
        }},
    {"lab-buffer-high", "Where the buffer is", {"66", "0x437be"},
        [](const Moment& m) {
            return m.reserved() == 66 && m.buffer().start == GuestFrame(0x437be)
                && m.mapped(0x437be, 0x437ff, true) + m.mapped(0x437be, 0x437ff, false) == 0;
        }},
    {"lab-buffer-high", "A table is filled before it is hooked", {"0x437ce"},
        [](const Moment& m) { return m.after(23).buffer().end == GuestFrame(0x437ce) && m.detached() == 0; }},
    {"lab-buffer-high", "The new page directory", {"0x437ce"},
        [](const Moment& m) {
            return m.before(1).buffer().end == GuestFrame(0x437ce) && !m.snapshot().tables().empty()
                && m.after(30).violations() == 1;
        }},
    {"lab-buffer-high", "The burst", {"0x437eb", "0x437ea", "21", "All 21"},
        [](const Moment& m) {
            return m.before(1).buffer().end == GuestFrame(0x437eb) && m.isTable(0x437ea)
                && m.before(1).mapped(0x437eb, 0x437ff, true) == 0 && m.mapped(0x437eb, 0x437ff, true) == 21
                && m.buffer().top == GuestFrame(0x43800);
        }},
    {"lab-buffer-high", "Refused", {"0x437eb", "491", "0x437ea", "three"},
        [](const Moment& m) {
            const auto mappings = m.mappings(0x437eb);
            return mappings.size() == 1 && mappings[0].index == 491 && mappings[0].rights.write
                && mappings[0].entryAddress == PhysicalAddress(0x437eaf58) && m.violations() == 1;
        }},
    {"lab-buffer-low", "In mapped memory", {"66", "0x1fbe"},
        [](const Moment& m) {
            return m.reserved() == 66 && m.buffer().start == GuestFrame(0x1fbe) && m.pending() == 66
                && m.mapped(0x1fbe, 0x1fff, true) == 66;
        }},
    {"lab-buffer-low", "One by one", {"0x1fbe"},
        [](const Moment& m) {
            return m.isTable(0x1fbe) && m.buffer().end == GuestFrame(0x1fbf)
                && m.count("xen-ro", FindingState::Transient) == 1 && m.violations() == 0
                && m.mapped(0x1fbe, 0x1fbe, true) == 1 && m.after(1).mapped(0x1fbe, 0x1fbe, true) == 0
                && m.after(1).mapped(0x1fbe, 0x1fbe, false) == 1;
        }},
    {"lab-buffer-low", "What remains", {"49", "66", "17"},
        [](const Moment& m) {
            return m.used() == 49 && m.reserved() == 66 && m.mapped(0x1fbe, 0x1fbe + 48, true) == 0
                && m.mapped(0x1fbe + 49, 0x1fff, true) == 17;
        }},
    {"xen-dom0-boot", "Started on tables that it cannot write", {"44"},
        [](const Moment& m) {
            return m.snapshot().tableFrames() == 44 && m.violations() == 0
                && m.count("xen-types", FindingState::Violation) == 0;
        }},
    {"xen-dom0-boot", "One slot at a time", {},
        [](const Moment& m) {
            const auto entries = m.changes().entries;
            return m.snapshot().find(PhysicalAddress(0x32a17000), 2) != noTable
                && std::any_of(entries.begin(), entries.end(), [](const EntryChange& e) {
                       return e.address == PhysicalAddress(0x32a17fc8) && e.before == 0 && e.after != 0;
                   });
        }},
    {"xen-dom0-boot", "A page becomes a table", {},
        [](const Moment& m) {
            const auto entries = m.after(1).changes().entries;
            return std::any_of(entries.begin(), entries.end(), [](const EntryChange& e) {
                return (e.before ^ e.after) == bit::rw && (e.before & bit::rw) != 0;
            });
        }},
    {"xen-dom0-boot", "Every table page is read-only", {"five"},
        [](const Moment& m) { return m.snapshot().tableFrames() > 500 && m.violations() == 0; }},
    {"xen-flip-writable", "Before", {"525"},
        [](const Moment& m) { return m.snapshot().tableFrames() == 525 && m.violations() == 0; }},
    {"xen-flip-writable", "One bit", {},
        [](const Moment& m) {
            return m.changes().entries.size() == 1 && m.violations() == 1
                && m.count("xen-types", FindingState::Violation) == 0;
        }},
    {"xen-flip-writable", "The first process", {}, [](const Moment& m) { return m.violations() == 1; }},
    {"xen-skip-readonly", "The fifth new table", {"0x1fffd", "four"},
        [](const Moment& m) {
            int earlier = 0;
            for (StepNumber back = 1; back <= m.number(); ++back)
                earlier += m.before(back).event() == "xen_alloc_pte_init" ? 1 : 0;
            const auto table = m.snapshot().find(PhysicalAddress(0x34401000), 1);
            const auto frame = m.snapshot().frame(GuestFrame(0x1fffd));
            if (earlier != 4 || table == noTable || !frame || m.after(1).cause() != StepCause::Poke)
                return false;
            const Entry entry = m.snapshot().table(table).entry(m.snapshot().paging(), 0xfe8 / 8);
            return entry.rights.write && frameOf(entry.target) == *frame && m.violations() == 0;
        }},
    {"xen-skip-readonly", "The call that does nothing", {},
        [](const Moment& m) { return m.changes().entries.empty() && m.violations() == 0; }},
    {"xen-skip-readonly", "Refused", {"0x1fffd"},
        [](const Moment& m) {
            const auto frame = m.snapshot().frame(GuestFrame(0x1fffd));
            return m.console().find("mmu_pv.c:1052") != std::string::npos && m.violations() == 1
                && m.isTable(0x1fffd) && frame && !m.snapshot().xen()->table(*frame);
        }},
    {"lab-xen-end-rule", "Started on tables that it cannot write", {"7"},
        [](const Moment& m) { return m.snapshot().tableFrames() == 7 && m.violations() == 0; }},
    {"lab-xen-end-rule", "Where the buffer is", {"66", "0x437be"},
        [](const Moment& m) {
            return m.reserved() == 66 && m.buffer().start == GuestFrame(0x437be)
                && m.mapped(0x437be, 0x437ff, true) + m.mapped(0x437be, 0x437ff, false) == 0;
        }},
    {"lab-xen-end-rule", "The new page directory", {"0x437ce"},
        [](const Moment& m) { return m.before(1).buffer().end == GuestFrame(0x437ce); }},
    {"lab-xen-end-rule", "One step before", {"0x437eb", "0x437ea", "22", "0x437ff", "21"},
        [](const Moment& m) {
            return m.buffer().end == GuestFrame(0x437eb) && m.violations() == 0 && m.mappings(0x437ff).empty()
                && 0x437ff - 0x437ea + 1 == 22 && m.after(1).mapped(0x437eb, 0x437ff, true) == 21;
        }},
    {"lab-xen-end-rule", "The fatal mapping", {"0x437ea", "491", "0x437eb", "20"},
        [](const Moment& m) {
            const auto mappings = m.mappings(0x437eb);
            return std::any_of(mappings.begin(), mappings.end(),
                       [](const Alias& a) {
                           return a.index == 491 && a.reach.detached && a.rights.write
                               && a.entryAddress == PhysicalAddress(0x62feaf58);
                       })
                && m.violations() == 1 && m.pending() == 20;
        }},
    {"lab-xen-end-rule", "Correct it by hand", {"21"},
        [](const Moment& m) { return m.violations() + m.pending() == 21; }},
    {"lab-xen-end-rule", "Refused", {"0x437eb", "-22"},
        [](const Moment& m) {
            return m.console().find("pinning frame 437eb (machine frame 62feb) as a level-1 table: -22")
                != std::string::npos
                && m.console().find("Hardware Dom0 crashed") != std::string::npos;
        }},
    {"lab-xen-top-rule", "The same buffer", {"66", "0x437be"},
        [](const Moment& m) {
            return m.reserved() == 66 && m.buffer().start == GuestFrame(0x437be)
                && m.mapped(0x437be, 0x437ff, true) + m.mapped(0x437be, 0x437ff, false) == 0;
        }},
    {"lab-xen-top-rule", "Where the other boot died", {"0x437ec", "0x437ea", "0x437eb", "21"},
        [](const Moment& m) {
            return m.buffer().end == GuestFrame(0x437ec) && m.mapped(0x437eb, 0x437ff, false) == 21
                && m.pending() == 0 && m.violations() == 0 && m.count("xen-ro", FindingState::Transient) == 1;
        }},
    {"lab-xen-top-rule", "The spare pages are handed back", {"49", "66", "17"},
        [](const Moment& m) {
            return m.used() == 49 && m.reserved() == 66 && m.detached() == 0
                && m.mapped(0x437be + 49, 0x437ff, true) == 0 && m.mapped(0x437be + 49, 0x437ff, false) == 17;
        }},
    {"lab-xen-top-rule", "What 279b706bf added", {"17"},
        [](const Moment& m) { return m.mapped(0x437be + 49, 0x437ff, true) == 17; }},
    {"lab-xen-top-rule", "It boots", {"17"},
        [](const Moment& m) { return m.console().find("returned pages written: 17") != std::string::npos; }},
    {"the-arc", "The buffer moves up", {"66", "0x437be"},
        [](const Moment& m) {
            return m.reserved() == 66 && m.buffer().start == GuestFrame(0x437be)
                && m.mapped(0x437be, 0x437ff, true) + m.mapped(0x437be, 0x437ff, false) == 0;
        }},
    {"the-arc", "`end` becomes `top`", {"21"},
        [](const Moment& m) {
            return m.mapped(0x437eb, 0x437ff, false) == 21 && m.pending() == 0 && m.violations() == 0;
        }},
    {"the-arc", "The price", {"17"},
        [](const Moment& m) {
            return m.mapped(0x437be + 49, 0x437ff, true) == 0 && m.mapped(0x437be + 49, 0x437ff, false) == 17;
        }},
    {"the-arc", "The hook", {"17"},
        [](const Moment& m) { return m.mapped(0x437be + 49, 0x437ff, true) == 17; }},
    {"the-arc", "Low again, for another reason", {"10"},
        [](const Moment& m) {
            const Moment then = m.before(m.number() - 10);
            return then.buffer().start == GuestFrame(0x437be)
                && then.mapped(0x437be, 0x437ff, true) + then.mapped(0x437be, 0x437ff, false) == 0;
        }},
};

/// A step of another recording that the-arc leads to, and what it says is there.
struct Lead {
    const char* link; ///< As core::momentLinkText() writes it.
    std::function<bool(const Moment&)> holds;
};

const std::vector<Lead> leads{
    {"lab-buffer-low.pgtrec#step=9",
        [](const Moment& m) {
            return m.used() == 0 && m.pending() == m.reserved()
                && m.mapped(m.buffer().start.value, m.buffer().top.value - 1, true) == m.reserved();
        }},
    {"lab-buffer-low.pgtrec#step=72",
        [](const Moment& m) { return m.used() == 49 && m.violations() == 0 && m.pending() == 0; }},
    {"lab-xen-end-rule.pgtrec#step=65&entry=0x62feaf58",
        [](const Moment& m) {
            const auto mappings = m.mappings(0x437eb);
            return std::any_of(mappings.begin(), mappings.end(), [](const Alias& a) {
                return a.entryAddress == PhysicalAddress(0x62feaf58) && a.reach.detached && a.rights.write;
            });
        }},
    {"lab-xen-end-rule.pgtrec#step=66",
        [](const Moment& m) { return m.console().find("Hardware Dom0 crashed") != std::string::npos; }},
    {"lab-buffer-high.pgtrec#step=65&frame=0x437eb&view=argument",
        [](const Moment& m) { return m.violations() == 1 && m.isTable(0x437eb); }},
    {"debian-boot.pgtrec#step=20",
        [](const Moment& m) { return m.event() == "alloc_low_pages" && m.reserved() == 16; }},
    {"xen-dom0-boot.pgtrec#step=37",
        [](const Moment& m) {
            return m.event() == "xen_pagetable_init" && m.snapshot().tableFrames() > 500
                && m.violations() == 0;
        }},
    {"xen-skip-readonly.pgtrec#step=33",
        [](const Moment& m) { return m.violations() == 1 && m.isTable(0x1fffd); }},
};

/// What the-arc names, each read in the kernel's history.
const std::set<std::string> commits{"4f9c11dd49fb", "298af9d89f3f", "d1b19426b047", "fef5ba797991",
    "4b239f458", "d8aa5ec3382e", "ee176455e284", "a38647837a41", "b9269dc7bfdf", "279b706bf", "8548c84da2f4",
    "bba42affa732", "8a6b240fef38", "4ce385f56434"};

/// What is no claim about the recording: years, versions, sizes, the names of things.
const std::regex background(
    R"(August 2012|Linux [0-9.]+|(In |of )2012|[0-9]+ [KMG]iB|ring 3|amd64|one of the three|three frame numbers|domain 0)"
    R"(|All but the first|all three conditions|\(in 2009\)|\(20[0-9]{2}\))"
    R"(|([0-9]{1,2} )?(February|March|April|May|June|October|December) 20[0-9]{2}|29 April|12 May)");
const std::regex number(R"((^|[\s([*])((0x[0-9a-f]+|-?[0-9][0-9,]*)(?![-0-9.a-z])|)"
                        R"((three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?![a-z])))",
    std::regex::icase);

std::string prose(const std::string& text)
{
    std::string left = std::regex_replace(text, std::regex(R"((^|\n)    [^\n]*)"), "$1");
    left = std::regex_replace(left, std::regex(R"(`[^`]*`|\]\([^)]*\))"), "");
    left = std::regex_replace(left, std::regex(R"(\s+)"), " ");
    return std::regex_replace(left, background, "");
}

std::vector<std::string> numbersIn(const std::string& text)
{
    const std::string left = prose(text);
    std::vector<std::string> found;
    for (std::sregex_iterator at(left.begin(), left.end(), number), end; at != end; ++at) {
        std::string token = (*at)[2].str();
        while (token.ends_with(','))
            token.pop_back();
        found.push_back(token);
    }
    return found;
}

} // namespace

TEST_CASE("Every recording that is shipped is among those whose narration is checked")
{
    std::set<std::string> shipped;
    const auto directory = std::filesystem::path(pgtscope::test::projectDirectory) / "resources/walkthroughs";
    for (const auto& file : std::filesystem::directory_iterator(directory))
        if (file.path().extension() == ".pgtrec")
            shipped.insert(file.path().stem().string());
    CHECK(shipped == std::set<std::string>(std::begin(walkthroughNames), std::end(walkthroughNames)));
    for (const std::string& name : shipped)
        CHECK(std::any_of(std::begin(claims), std::end(claims),
            [&](const Claim& claim) { return claim.walkthrough == name; }));
}

TEST_CASE("What a narration says holds at the step that it stands at")
{
    for (const Claim& claim : claims) {
        INFO(claim.walkthrough << ": " << claim.title);
        const Walkthrough timeline(claim.walkthrough);
        const Annotations notes = timeline->annotations().value();
        const auto note = std::find_if(
            notes.begin(), notes.end(), [&](const Annotation& one) { return one.title == claim.title; });
        REQUIRE(note != notes.end());
        CHECK(claim.holds(Moment(*timeline, note->step)));
    }
}

TEST_CASE("Each number in a narration is one that a claim answers for")
{
    for (const char* name : walkthroughNames) {
        const Walkthrough timeline(name);
        const Annotations notes = timeline->annotations().value();
        for (const Annotation& note : notes) {
            std::set<std::string> answered;
            for (const Claim& claim : claims)
                if (claim.walkthrough == std::string(name) && claim.title == note.title)
                    answered.insert(claim.numbers.begin(), claim.numbers.end());
            for (const std::string& found : numbersIn(note.text)) {
                INFO(name << ": " << note.title << ": " << found);
                CHECK(answered.contains(found));
            }
        }
    }
}

TEST_CASE("What the arc says of other recordings holds at the steps that it leads to")
{
    std::set<std::string> known;
    for (const Lead& lead : leads) {
        INFO(lead.link);
        known.insert(lead.link);
        const std::string link(lead.link);
        const auto mark = link.find('#');
        const MomentLink moment = parseMoment(link.substr(mark + 1)).value();
        const Walkthrough timeline(link.substr(0, link.find('.')));
        REQUIRE(*moment.step < timeline->size());
        CHECK(lead.holds(Moment(*timeline, *moment.step)));
    }
    const Walkthrough arc("the-arc");
    const Annotations notes = arc->annotations().value();
    std::set<std::string> used;
    static const std::regex leading(R"(\[([^\]]*)\]\(pgtscope:recording/([^)]*)\))");
    for (const Annotation& note : notes)
        for (std::sregex_iterator at(note.text.begin(), note.text.end(), leading), end; at != end; ++at) {
            used.insert((*at)[2]);
            CHECK((*at)[2].str().starts_with((*at)[1].str())); // what a reader sees is where it leads
        }
    CHECK(used == known);
}

TEST_CASE("Each chapter of the arc points to a commit or to a step, and each commit is one of the history's")
{
    const Walkthrough arc("the-arc");
    const Annotations notes = arc->annotations().value();
    std::set<std::string> named;
    static const std::regex hash(R"(`([0-9a-f]{9,12})`)");
    for (const Annotation& note : notes) {
        INFO(note.title);
        const std::set<std::string> before = named;
        bool points = note.text.find("pgtscope:recording/") != std::string::npos;
        for (std::sregex_iterator at(note.text.begin(), note.text.end(), hash), end; at != end; ++at) {
            named.insert((*at)[1]);
            points = true;
        }
        points = points || std::any_of(claims.begin(), claims.end(), [&](const Claim& claim) {
            return claim.walkthrough == std::string("the-arc") && claim.title == note.title;
        });
        CHECK(points);
    }
    CHECK(named == commits);
}

TEST_CASE("The narration that is shipped beside a recording is the one in it")
{
    for (const char* name : walkthroughNames) {
        INFO(name);
        const Walkthrough timeline(name);
        const auto file = std::filesystem::path(pgtscope::test::projectDirectory) / "resources/walkthroughs"
            / (std::string(name) + ".md");
        std::ifstream in(file);
        const std::string text((std::istreambuf_iterator<char>(in)), {});
        const Annotations notes = timeline->annotations().value();
        for (const Annotation& note : notes) {
            CHECK(text.find(note.title) != std::string::npos);
            CHECK(text.find(note.text.substr(0, note.text.find('\n'))) != std::string::npos);
        }
    }
}
