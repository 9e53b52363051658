// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "core/linux/events.h"
#include "testpaths.h"

using namespace pgtscope::core;

namespace {

SymbolTable symbols(std::initializer_list<std::string> names, std::uint64_t address = 0xffffffff81000000)
{
    std::vector<Symbol> list;
    for (const std::string& name : names)
        list.push_back({LinearAddress(address += 0x100), name, 'T'});
    return SymbolTable(std::move(list));
}

const ResolvedEvent* available(const ResolvedEvents& events, std::string_view name)
{
    const auto found = std::find_if(events.available.begin(), events.available.end(),
        [name](const ResolvedEvent& e) { return e.event->name == name; });
    return found == events.available.end() ? nullptr : &*found;
}

std::string missing(const ResolvedEvents& events, std::string_view name)
{
    for (const MissingEvent& event : events.missing)
        if (event.event->name == name)
            return event.reason;
    return {};
}

} // namespace

TEST_CASE("every event has a name of its own, a symbol, a meaning and sensible releases")
{
    std::set<std::string_view> names;
    for (const BootEvent& event : bootEvents()) {
        INFO(event.name);
        CHECK(names.insert(event.name).second);
        CHECK_FALSE(event.symbols[0].empty());
        CHECK(event.meaning.size() > 20);
        CHECK(event.meaning.back() == (event.meaning.ends_with(')') ? ')' : '.'));
        CHECK(event.since >= kernel2639);
        CHECK((!event.until || *event.until >= event.since));
        CHECK(findBootEvent(event.name) == &event);
    }
    CHECK(findBootEvent("nonsense") == nullptr);
}

TEST_CASE("a kernel of today has the events of its time at their run-time addresses")
{
    SymbolTable table = symbols({"startup_64", "early_top_pgt", "x86_64_start_kernel", "start_kernel",
        "early_alloc_pgt_buf", "init_mem_mapping", "alloc_low_pages", "free_initmem"});
    table.setSlide(0x2000000);
    const ResolvedEvents events = resolveEvents(table);
    const ResolvedEvent* entry = available(events, "startup_64");
    REQUIRE(entry);
    CHECK(entry->address == table.find("startup_64"));
    CHECK(available(events, "early_top_pgt")->event->kind == BootEventKind::RootSwitch);
    const ResolvedEvent* returned = available(events, "early_alloc_pgt_buf:return");
    REQUIRE(returned);
    CHECK(returned->event->kind == BootEventKind::Return);
    CHECK(returned->address == available(events, "early_alloc_pgt_buf")->address);
    CHECK(events.available.size() + events.missing.size() == bootEvents().size());
}

TEST_CASE("events come in the order of a boot")
{
    const ResolvedEvents events
        = resolveEvents(symbols({"free_initmem", "init_mem_mapping", "start_kernel", "startup_64"}));
    std::vector<std::string_view> names;
    for (const ResolvedEvent& event : events.available)
        names.push_back(event.event->name);
    CHECK(names
        == std::vector<std::string_view>{"startup_64", "start_kernel", "init_mem_mapping", "free_initmem"});
}

TEST_CASE("of alternative symbols the one that the kernel has is meant")
{
    const ResolvedEvents events = resolveEvents(symbols({"startup_64", "init_level4_pgt"}));
    REQUIRE(available(events, "init_top_pgt"));
    CHECK(available(events, "init_top_pgt")->symbol == "init_level4_pgt");
}

TEST_CASE("what a kernel lacks is named with the reason")
{
    const ResolvedEvents events = resolveEvents(symbols({"startup_64"}));
    CHECK(missing(events, "find_early_table_space")
        == "no symbol find_early_table_space; kernels 2.6.39 to 3.8; often inlined: a vmlinux with DWARF "
           "gives its address");
    CHECK(missing(events, "alloc_low_pages") == "no symbol alloc_low_pages; kernels since 3.9");
    CHECK(missing(events, "i386_start_kernel") == "32-bit kernels only");
    CHECK(missing(events, "startup_xen") == "no symbol startup_xen; kernels built for Xen PV only");
}

TEST_CASE("a 32-bit kernel has its own entry and roots")
{
    const ResolvedEvents events
        = resolveEvents(symbols({"startup_32", "i386_start_kernel", "swapper_pg_dir", "init_level4_pgt"}));
    CHECK(available(events, "swapper_pg_dir"));
    CHECK(available(events, "i386_start_kernel"));
    CHECK(missing(events, "init_top_pgt") == "64-bit kernels only");
}

TEST_CASE("a root-switch has a stage, and nothing else has one")
{
    for (const BootEvent& event : bootEvents()) {
        INFO(event.name);
        CHECK((event.kind == BootEventKind::RootSwitch) == (event.root != RootStage::None));
    }
}

TEST_CASE(
    "a phase begins with an event: those of it and of later ones follow, on the same way into the kernel")
{
    const auto oneWay = [](const BootEvent& a, const BootEvent& b) {
        return a.flavour == b.flavour || a.flavour == KernelFlavour::Any || b.flavour == KernelFlavour::Any;
    };
    for (const BootEvent& event : bootEvents()) {
        INFO(event.name);
        CHECK(event.lasts.value_or(event.phase) >= event.phase);
        if (!event.begins)
            continue;
        CHECK(event.phase <= *event.begins);
        for (const BootEvent& other : bootEvents()) {
            INFO(other.name);
            if (&other > &event)
                CHECK(other.phase >= *event.begins);
            if (&other < &event && oneWay(event, other))
                CHECK(other.phase < *event.begins);
        }
    }
}

TEST_CASE("the kernel's roots, its tables and what it can do follow from its symbols")
{
    const SymbolTable of64 = symbols({"startup_64", "init_level4_pgt", "kernel_randomize_memory"});
    CHECK(finalRoots(of64) == std::vector<LinearAddress>{*of64.find("init_level4_pgt")});
    CHECK(hasKaslr(of64));
    // A list without the entry code, as a short System.map's: its addresses say what it is of.
    const SymbolTable bare = symbols({"init_top_pgt"});
    CHECK(finalRoots(bare) == std::vector<LinearAddress>{*bare.find("init_top_pgt")});
    const SymbolTable of32 = symbols({"startup_32", "init_level4_pgt", "swapper_pg_dir"}, 0xc1000000);
    CHECK(finalRoots(of32) == std::vector<LinearAddress>{*of32.find("swapper_pg_dir")});
    CHECK_FALSE(hasKaslr(of32));
    const auto tables = tableSymbols();
    for (const char* name : {"early_level4_pgt", "init_top_pgt", "swapper_pg_dir", "bm_pte"})
        CHECK(std::count(tables.begin(), tables.end(), name) == 1);
}

namespace {

std::string contentOf(const std::filesystem::path& file)
{
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

/// Names and symbols of events in a text: by itself, or as a word of it; "panic" and "die" are words of
/// English too.
std::vector<std::string> eventsNamedBy(const std::string& text)
{
    static const std::set<std::string> names = [] {
        std::set<std::string> all;
        for (const BootEvent& event : bootEvents()) {
            all.emplace(event.name);
            all.insert(event.symbols.begin(), event.symbols.end());
        }
        return all;
    }();
    if (names.contains(text))
        return {text};
    static const std::regex word(R"(\w+)");
    std::vector<std::string> found;
    for (std::sregex_iterator at(text.begin(), text.end(), word), end; at != end; ++at)
        if (names.contains(at->str()) && at->str().find('_') != std::string::npos)
            found.push_back(at->str());
    return found;
}

/// "file: name" for each event that a string in the code names.
std::vector<std::string> eventsNamedIn(const std::filesystem::path& room)
{
    // Regions have names of their own, and examples of commands are there to be typed.
    const std::set<std::string> exempt{"eventcatalogue.cpp", "regionnames.h", "examples.cpp"};
    std::vector<std::string> found;
    const std::regex literal(R"re("((?:[^"\\]|\\.)+)")re");
    for (const auto& entry : std::filesystem::recursive_directory_iterator(room)) {
        const std::string extension = entry.path().extension().string();
        const std::string file = entry.path().filename().string();
        if (!entry.is_regular_file() || exempt.contains(file) || (extension != ".cpp" && extension != ".h"))
            continue;
        std::istringstream lines(contentOf(entry.path()));
        for (std::string line; std::getline(lines, line);) {
            line.erase(std::min(line.find("//"), line.size()));
            for (std::sregex_iterator at(line.begin(), line.end(), literal), end; at != end; ++at)
                for (const std::string& name : eventsNamedBy((*at)[1].str()))
                    found.push_back(file + ": " + name);
        }
    }
    return found;
}

} // namespace

TEST_CASE("no code outside the catalogue knows an event by its name")
{
    CHECK(eventsNamedBy("panic") == std::vector<std::string>{"panic"});
    CHECK(eventsNamedBy("Kernel panic, see free_initmem()") == std::vector<std::string>{"free_initmem"});
    std::vector<std::string> found;
    for (const char* room : {"core", "gdb", "views", "app"})
        for (const std::string& offence :
            eventsNamedIn(std::filesystem::path(pgtscope::test::projectDirectory) / room))
            found.push_back(offence);
    CHECK(found == std::vector<std::string>{});
}

TEST_CASE("texts about a boot take the functions' names from the catalogue's rows")
{
    CHECK(firstEventWith(PgtBufEffect::SetUp).symbols.front() == "early_alloc_pgt_buf");
    CHECK(firstEventWith(PgtBufEffect::Freed).name == "free_initmem");
    CHECK(firstEventWith(PgtBufEffect::AllocatorEnds).name == "mem_init");
    CHECK(calledName(firstEventWith(PgtBufEffect::HandedBack)) == "pagetable_reserve");
    CHECK(firstEvent(&BootEvent::sealsImage).name == "mark_rodata_ro");
    CHECK(releaseRangeText(*findBootEvent("early_alloc_pgt_buf")) == "3.9 to 6.12");
    CHECK(releaseRangeText(*findBootEvent("find_early_table_space")) == "2.6.39 to 3.8");
}

TEST_CASE("a kernel runs where it was linked only if nothing in it could move it")
{
    CHECK(runsWhereLinked(symbols({"startup_64", "start_kernel"}))); // before v3.14
    CHECK(runsWhereLinked(symbols({"startup_64", "__startup_64", "dump_kernel_offset"})));
    CHECK_FALSE(runsWhereLinked(symbols({"startup_64", "dump_kernel_offset"}))); // v3.14 to v4.7: unknown
    CHECK_FALSE(runsWhereLinked(
        symbols({"startup_64", "__startup_64", "kaslr_get_random_long", "dump_kernel_offset"})));
    CHECK_FALSE(runsWhereLinked(symbols({"__startup_64", "kernel_randomize_memory"})));
    CHECK_FALSE(runsWhereLinked(SymbolTable()));
}
