// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>

#include "gdb/qemu/bootrecipe.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::gdb;
using namespace std::chrono_literals;
using pgtscope::test::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }

/// A directory with a QEMU that answers what a recipe asks it, its firmware, and a kernel.
class Workshop {
public:
    Workshop()
        : m_path(std::getenv("PATH"))
    {
        fs::create_directory(m_directory / "firmware");
        write(m_directory / "firmware/bios-256k.bin", "bios");
        write(kernel(), "kernel");
        install("7.2.22");
        ::setenv("PATH", (m_directory.path().string() + ':' + m_path).c_str(), 1);
    }
    ~Workshop() { ::setenv("PATH", m_path.c_str(), 1); }

    void install(const std::string& version) const
    {
        const fs::path qemu = m_directory / "qemu-system-x86_64";
        write(qemu,
            "#!/bin/sh\ncase \"$1\" in\n--version) echo QEMU emulator version " + version
                + "; echo Copyright;;\n"
                  "-machine) echo 'q35                  Standard PC (alias of pc-q35-7.2)';;\n"
                  "-L) echo "
                + (m_directory / "firmware").string() + ";;\nesac\n");
        fs::permissions(qemu, fs::perms::owner_all);
    }
    fs::path kernel() const { return m_directory / "vmlinuz"; }
    fs::path firmware() const { return m_directory / "firmware/bios-256k.bin"; }
    fs::path beside(const std::string& name) const { return m_directory / name; }

    BootRecipe recipe(const std::vector<std::string>& extra = {}) const
    {
        LaunchSpec spec;
        spec.kernel = kernel();
        spec.append = "nokaslr";
        spec.deterministic = true;
        spec.extraQemuArgs = extra;
        const auto made = bootRecipe(spec, limit());
        if (!made)
            FAIL(made.error().message());
        return *made;
    }
    static WaitLimit limit() { return WaitLimit::after(20s); }

private:
    TemporaryDirectory m_directory;
    std::string m_path;
};

std::string refusal(const BootRecipe& recipe, const RecipeChoices& choices = {})
{
    const auto spec = specToRepeat(recipe, choices, Workshop::limit());
    return spec ? std::string() : spec.error().message();
}

} // namespace

TEST_CASE("A recipe names the machine behind QEMU's alias and is the same when it is read back")
{
    const Workshop workshop;
    const BootRecipe recipe = workshop.recipe();
    CHECK(recipe.spec.machine == "pc-q35-7.2");
    CHECK(recipe.qemu == "QEMU emulator version 7.2.22");
    REQUIRE(recipe.files.size() == 2);
    CHECK(recipe.files[0].role == "kernel");
    CHECK(recipe.files[1].role == "bios-256k.bin");
    const auto read = bootRecipeFrom(recipeText(recipe));
    REQUIRE(read);
    CHECK(*read == recipe);
    const auto spec = specToRepeat(*read, {}, Workshop::limit());
    REQUIRE(spec);
    CHECK(*spec == recipe.spec);
    CHECK(spec->deterministic);
}

TEST_CASE("What is not as it was when it was recorded is named before anything starts")
{
    const Workshop workshop;
    const BootRecipe recipe = workshop.recipe();
    SECTION("QEMU")
    {
        workshop.install("7.2.23");
        CHECK(refusal(recipe).find("it ran in QEMU emulator version 7.2.22, here is QEMU emulator version "
                                   "7.2.23")
            != std::string::npos);
    }
    SECTION("a kernel that was replaced")
    {
        write(workshop.kernel(), "another");
        CHECK(refusal(recipe).find("vmlinuz is not the one that was recorded") != std::string::npos);
    }
    SECTION("a kernel that is gone, and is found elsewhere")
    {
        fs::rename(workshop.kernel(), workshop.beside("moved"));
        CHECK(refusal(recipe).find("there is no kernel ") != std::string::npos);
        RecipeChoices choices;
        choices.kernel = workshop.beside("moved");
        CHECK(refusal(recipe, choices).empty());
    }
    SECTION("firmware")
    {
        write(workshop.firmware(), "newer bios");
        CHECK(refusal(recipe).find("the bios-256k.bin ") != std::string::npos);
        fs::remove(workshop.firmware());
        CHECK(refusal(recipe).find("there is no bios-256k.bin here") != std::string::npos);
    }
    SECTION("the command line")
    {
        BootRecipe other = recipe;
        other.arguments.back() = "another";
        CHECK(refusal(other).find("in place of another") != std::string::npos);
        other.arguments.pop_back();
        CHECK(refusal(other).find("in place of nothing") != std::string::npos);
    }
}

TEST_CASE("A recording cannot make QEMU do what its user did not ask for")
{
    const Workshop workshop;
    SECTION("arguments of its own")
    {
        const std::vector<std::string> extra{"-chardev", "pipe,id=x,path=/tmp/x"};
        const BootRecipe recipe = workshop.recipe(extra);
        CHECK(refusal(recipe).find("are not taken from a file: -chardev pipe") != std::string::npos);
        RecipeChoices choices;
        choices.extraQemuArgs = extra;
        CHECK(refusal(recipe, choices).empty());
        CHECK_FALSE(refusal(workshop.recipe(), choices).empty());
    }
    SECTION("a machine or CPU that is more than a name")
    {
        BootRecipe recipe = workshop.recipe();
        recipe.spec.machine = "q35,firmware=/etc/passwd";
        CHECK_FALSE(refusal(recipe).empty());
        recipe = workshop.recipe();
        recipe.spec.cpu = "qemu64 -monitor";
        CHECK_FALSE(refusal(recipe).empty());
        recipe = workshop.recipe();
        recipe.spec.name = "../../home";
        CHECK_FALSE(refusal(recipe).empty());
    }
    SECTION("a program of its own in QEMU's place")
    {
        BootRecipe recipe = workshop.recipe();
        const std::string usual = recipe.spec.emulator;
        recipe.spec.emulator = workshop.beside("other").string();
        write(recipe.spec.emulator, "#!/bin/sh\necho > '" + workshop.beside("ran").string() + "'\n");
        fs::permissions(recipe.spec.emulator, fs::perms::owner_all);
        const auto spec = specToRepeat(recipe, {}, Workshop::limit());
        REQUIRE(spec);
        CHECK(spec->emulator == usual);
        CHECK_FALSE(fs::exists(workshop.beside("ran")));
    }
    SECTION("a kernel that is no file")
    {
        BootRecipe recipe = workshop.recipe();
        recipe.spec.kernel = "/dev/zero";
        CHECK(refusal(recipe).find("there is no kernel /dev/zero") != std::string::npos);
    }
}

TEST_CASE("A text that is no recipe is an error, whatever it is")
{
    const Workshop workshop;
    const nlohmann::json good = nlohmann::json::parse(recipeText(workshop.recipe()));
    CHECK(bootRecipeFrom(good.dump()));
    for (const std::string text : {"", "{", "null", "[]", "7", "{\"format\":1}"})
        CHECK_FALSE(bootRecipeFrom(text));
    for (const auto& [key, value] : good.items()) {
        INFO(key);
        nlohmann::json without = good;
        without.erase(key);
        // Recordings that were made before there was such a field have none.
        CHECK(bootRecipeFrom(without.dump()).has_value() == (key == "checkpoints"));
        nlohmann::json other = good;
        other[key] = value.is_number() ? nlohmann::json("text") : nlohmann::json(7);
        CHECK_FALSE(bootRecipeFrom(other.dump()));
    }
    nlohmann::json newer = good;
    newer["format"] = 2;
    CHECK(bootRecipeFrom(newer.dump()).error().happened == "a newer pgtscope wrote it");
    nlohmann::json many = good;
    many["arguments"] = std::vector<std::string>(100'000, "-S");
    CHECK_FALSE(bootRecipeFrom(many.dump()));
}
