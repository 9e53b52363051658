// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <filesystem>
#include <fstream>
#include <random>

#include "core/recording/momentlink.h"
#include "tests/support/temporarydirectory.h"

using namespace pgtscope::core;

namespace {

/// What is wrong with a fragment; empty if nothing is.
std::string wrong(const std::string& fragment)
{
    const auto link = parseMoment(fragment);
    return link ? std::string() : link.error().message();
}

MomentLink linkTo(const std::string& file, std::optional<StepNumber> step = std::nullopt)
{
    MomentLink link;
    link.file = file;
    link.step = step;
    return link;
}

void make(const std::filesystem::path& file) { std::ofstream(file) << "x"; }

} // namespace

TEST_CASE("A link names a moment and what to look at")
{
    const auto link = parseMoment("step=65&frame=0x437eb").value();
    CHECK(link.step == 65);
    CHECK(link.frame == FrameNumber(0x437eb));
    CHECK_FALSE(link.entry);
    const auto all = parseMoment("view=argument&address=0xffff888000000000&entry=0x437eaf58&step=0").value();
    CHECK(all.view == "argument");
    CHECK(all.address == LinearAddress(0xffff888000000000));
    CHECK(all.entry == PhysicalAddress(0x437eaf58));
    CHECK(all.step == 0);
    CHECK(parseMoment("step-65").value().step == 65);
    CHECK(parseMoment("view=pgtbuf").value().view == "pgtbuf");
    CHECK_FALSE(parseMoment("view=pgtbuf").value().wholeFile());
}

TEST_CASE("A link that is written is read to the same moment")
{
    std::mt19937_64 random(3);
    for (int i = 0; i < 1000; ++i) {
        MomentLink link;
        if (random() % 2)
            link.step = random();
        if (random() % 2)
            link.frame = FrameNumber(random() % (1ULL << 40));
        if (random() % 2)
            link.entry = PhysicalAddress(random() % (1ULL << 52));
        if (random() % 2)
            link.address = LinearAddress(random());
        if (random() % 2)
            link.view = "tables";
        const std::string text = momentLinkText(link);
        if (link.wholeFile())
            CHECK(text.empty());
        else
            CHECK(parseMoment(text.substr(1)).value() == link);
    }
}

TEST_CASE("A fragment that names no moment ends in a sentence with what is wrong")
{
    CHECK(wrong("").find("'' is no field with a value") != std::string::npos);
    CHECK(wrong("garbage").find("'garbage' is no field") != std::string::npos);
    CHECK(wrong("step=").find("'' is no step") != std::string::npos);
    CHECK(wrong("step=-1").find("'-1' is no step") != std::string::npos);
    CHECK(wrong("step=99999999999999999999").find("is no step") != std::string::npos);
    CHECK(wrong("step=1&step=2").find("names step twice") != std::string::npos);
    CHECK(wrong("view=a&view=b").find("names view twice") != std::string::npos);
    CHECK(wrong("frame=0x10000000000").find("is no frame") != std::string::npos);
    CHECK(wrong("frame=0xffffffffff").empty());
    CHECK(wrong("entry=0x10000000000000").find("is no entry") != std::string::npos);
    CHECK(wrong("colour=red").find("no field 'colour'") != std::string::npos);
    CHECK(wrong("view=../../etc").find("is no name of a view") != std::string::npos);
    CHECK(wrong("view=").find("is no name of a view") != std::string::npos);
    CHECK(wrong("view=" + std::string(33, 'a')).find("is no name of a view") != std::string::npos);
    CHECK(wrong("view=" + std::string(32, 'a')).empty());
    CHECK(wrong("step=1&").find("'' is no field") != std::string::npos);
    CHECK(wrong("step-").find("'' is no step") != std::string::npos);
    CHECK(wrong(std::string(401, 'a')).find("longer than 400") != std::string::npos);
    CHECK(wrong(std::string(400, 'a')).size() < 300);
    CHECK(wrong(std::string("step=1\0", 7)).find("is no step") != std::string::npos);
    std::mt19937 random(5);
    for (int i = 0; i < 5000; ++i) {
        std::string bytes = i % 2 ? "step=" : "";
        for (auto length = random() % 40; length > 0; --length)
            bytes += static_cast<char>(random());
        if (const std::string sentence = wrong(bytes); !sentence.empty())
            CHECK(sentence.find("FILE#step=65") != std::string::npos);
    }
}

TEST_CASE("A file whose name has a '#' opens, and so does a moment of it")
{
    const pgtscope::test::TemporaryDirectory directory;
    const std::string plain = (directory / "boot.pgtrec").string();
    const std::string odd = (directory / "a#b.pgtrec").string();
    const std::string like = (directory / "boot.pgtrec#step=3").string();
    make(plain);
    make(odd);
    CHECK(parseMomentLink(plain).value() == linkTo(plain));
    CHECK(parseMomentLink(odd).value() == linkTo(odd));
    CHECK(parseMomentLink(odd + "#step=2").value() == linkTo(odd, 2));
    CHECK(parseMomentLink(plain + "#step=3").value() == linkTo(plain, 3));
    make(like); // it is what was named
    CHECK(parseMomentLink(like).value() == linkTo(like));
    CHECK(parseMomentLink(like + "#step=4").value() == linkTo(like, 4));
    // Neither is there: whoever opens it says so.
    const std::string missing = (directory / "none.pgtrec#step=3").string();
    CHECK(parseMomentLink(missing).value() == linkTo(missing));
    CHECK_FALSE(parseMomentLink(plain + "#"));
    CHECK_FALSE(parseMomentLink(plain + "#step=x"));
    CHECK(parseMomentLink("").value() == MomentLink{});
    CHECK(parseMomentLink("#step=1").value() == linkTo("#step=1"));
}
