// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "gdb/launch/aptarchive.h"
#include "gdb/launch/guestcatalogue.h"
#include "gdb/launch/guestfetch.h"
#include "gdb/launch/labguest.h"
#include "gdb/launch/runningguest.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::gdb;

TEST_CASE("the guests that the documentation promises are there")
{
    for (const char* name :
        {"debian", "debian-la57", "debian-686", "debian-686-pae", "debian-cloud", "lab"}) {
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
            CHECK(recipe.append.find("console=ttyS0") != std::string_view::npos);
        }
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
    CHECK(kernelPackageIn("linux-image-6.1.0-50-amd64 (= 6.1.176-1)") == "linux-image-6.1.0-50-amd64");
    CHECK(kernelPackageIn("base, linux-image-6.12.1-686, other") == "linux-image-6.12.1-686");
    CHECK(kernelPackageIn("linux-image-a|linux-image-b") == "linux-image-a");
    CHECK(kernelPackageIn("not-linux-image-6.1").empty());
    CHECK(kernelPackageIn("").empty());
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

TEST_CASE("the lab guest is found in a build tree and beside an installed program")
{
    const pgtscope::test::TemporaryDirectory tree;
    const auto place = GENERATE(as<std::string>(), "resources/guests/lab", "share/pgtscope/guests");
    std::filesystem::create_directories(tree / place);
    std::filesystem::create_directories(tree / "bin");
    CHECK_FALSE(findLabGuest(tree / "bin"));
    std::ofstream(tree / place / "lab.elf") << "kernel";
    auto found = findLabGuest(tree / "bin");
    REQUIRE(found);
    CHECK(*found == tree / place / "lab.elf");
}
