// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "gdb/debian/aptarchive.h"
#include "gdb/debian/builtguest.h"
#include "gdb/debian/guestcatalogue.h"
#include "gdb/debian/guestfetch.h"
#include "gdb/qemu/runningguest.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::gdb;

TEST_CASE("the guests that the documentation promises are there")
{
    for (const char* name : {"debian", "debian-la57", "debian-686", "debian-686-pae", "debian-cloud", "xen",
             "xen-domu", "lab", "lab-xen"}) {
        CAPTURE(name);
        REQUIRE(findRecipe(name));
        CHECK(findRecipe(name)->name == name);
    }
}

TEST_CASE("every recipe is complete, and its name is unique and can be a directory")
{
    std::set<std::string_view> names;
    for (const GuestRecipe& recipe : guestCatalogue()) {
        CAPTURE(recipe.name);
        CHECK(names.insert(recipe.name).second);
        CHECK(
            recipe.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos);
        CHECK_FALSE(recipe.description.empty());
        CHECK((recipe.architecture == "amd64" || recipe.architecture == "i386"));
        if (!recipe.isBuiltHere()) {
            CHECK(recipe.kernelPackage.starts_with("linux-image-"));
            CHECK(recipe.append.find(recipe.hypervisorPackage.empty() ? "console=ttyS0" : "console=hvc0")
                != std::string_view::npos);
        }
        CHECK(recipe.hypervisorPackage.empty() == recipe.hypervisorAppend.empty());
        CHECK(recipe.append.find("nokaslr") == std::string_view::npos);
        CHECK(recipe.memoryBytes % (1U << 20) == 0);
    }
}

TEST_CASE("two recipes with one kernel differ in the machine")
{
    auto four = *findRecipe("debian");
    auto five = *findRecipe("debian-la57");
    CHECK(four.kernelPackage == five.kernelPackage);
    CHECK(four.cpu != five.cpu);
    CHECK(four.memoryBytes == 2ULL << 30);
}

TEST_CASE("an unknown name is answered with the names there are")
{
    auto recipe = findRecipe("Debian");
    REQUIRE_FALSE(recipe);
    CHECK(recipe.error().advice.find("debian-686-pae") != std::string::npos);
}

TEST_CASE("the kernel package is found in what the metapackage depends on")
{
    const std::string_view stem = "linux-image-";
    CHECK(packageIn("linux-image-6.1.0-50-amd64 (= 6.1.176-1)", stem) == "linux-image-6.1.0-50-amd64");
    CHECK(packageIn("base, linux-image-6.12.1-686, other", stem) == "linux-image-6.12.1-686");
    CHECK(packageIn("linux-image-a|linux-image-b", stem) == "linux-image-a");
    CHECK(packageIn("not-linux-image-6.1", stem).empty());
    CHECK(packageIn("", stem).empty());
}

TEST_CASE("all packages of one stem are found, with versions and architectures left away")
{
    const std::string depends
        = "libc6 (>= 2.35), libxencall1 (>= 4.17), libxenmisc4.17, python3:any, notlibxen";
    CHECK(packagesIn(depends, "libxen") == std::vector<std::string>{"libxencall1", "libxenmisc4.17"});
    CHECK(packagesIn(depends, "python3") == std::vector<std::string>{"python3"});
}

TEST_CASE("a field of apt's output is found at the start of a line only")
{
    std::string text = "Package: a\nVersion: 1:2.3\nDescription: see Version: 9\n Size: 5\n";
    CHECK(aptField(text, "Version") == "1:2.3");
    CHECK(aptField(text, "Size").empty());
}

TEST_CASE("a fetched guest becomes a spec that boots it as the recipe says")
{
    FetchedGuest guest{*findRecipe("debian-686"), {"/c/vmlinuz", "/c/initrd.gz", "", "", ""}, false, ""};
    LaunchSpec spec = launchSpec(guest);
    CHECK(spec.name == "debian-686");
    CHECK(spec.kernel == "/c/vmlinuz");
    CHECK(spec.initrd == "/c/initrd.gz");
    CHECK(spec.append == guest.recipe.append);
    CHECK(spec.memoryBytes == guest.recipe.memoryBytes);
    CHECK(spec.cpu == guest.recipe.cpu);
    CHECK(spec.paused);
}

TEST_CASE("a guest below a hypervisor boots the hypervisor, and a domain begins after dom0's message")
{
    FetchedGuest guest{
        *findRecipe("xen-domu"), {"/c/vmlinuz", "/c/initrd.gz", "", "6.1", "", "/c/xen", "4.17"}, false, ""};
    CHECK(guest.files.version() == "6.1_xen-4.17");
    const LaunchSpec spec = launchSpec(guest);
    CHECK(spec.hypervisor == "/c/xen");
    CHECK(spec.hypervisorAppend == guest.recipe.hypervisorAppend);
    CHECK_FALSE(spec.beginsAfter.empty());
    guest.recipe = *findRecipe("xen");
    CHECK(launchSpec(guest).beginsAfter.empty());
}

TEST_CASE("guests that are built here are found in a build tree and beside an installed program")
{
    const pgtscope::test::TemporaryDirectory tree;
    const auto name = GENERATE(as<std::string>(), "lab", "lab-xen");
    const auto place = GENERATE_REF(as<std::string>(), "resources/guests/" + name, "share/pgtscope/guests");
    std::filesystem::create_directories(tree / place);
    std::filesystem::create_directories(tree / "bin");
    CHECK_FALSE(findBuiltGuest(name, tree / "bin"));
    std::ofstream(tree / place / (name + ".elf")) << "kernel";
    auto found = findBuiltGuest(name, tree / "bin");
    REQUIRE(found);
    CHECK(*found == tree / place / (name + ".elf"));
}
