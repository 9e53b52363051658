// SPDX-License-Identifier: GPL-2.0-or-later
// The tables of symbols inside a kernel image.
#include <array>
#include <optional>
#include <vector>

#include "core/symbols/kallsyms.h"
#include "tests/core/kallsymsencoder.h"
#include "tests/fuzz/input.h"

using namespace pgtscope::core;
using namespace pgtscope::tests;
using pgtscope::fuzz::Input;
using pgtscope::fuzz::require;

namespace {

struct Sound {
    KallsymsShape shape;
    std::vector<std::byte> image;
};

/// Tables need 769 symbols to be known for such: inputs are changes of these, each of which takes a while to
/// make.
const Sound& soundImage(std::size_t which)
{
    using Form = KallsymsAddresses;
    static const std::array shapes{KallsymsShape{}, KallsymsShape{8, Form::Plain, false, false, 8},
        KallsymsShape{8, Form::AbsolutePerCpu, true, true, 4},
        KallsymsShape{4, Form::Relative, false, true, 4}, KallsymsShape{4, Form::Plain, false, false, 4},
        KallsymsShape::placeRelative(8), KallsymsShape::placeRelative(4)};
    static std::array<std::optional<Sound>, 7> images;
    auto& image = images[which % images.size()];
    if (!image) {
        const KallsymsShape& shape = shapes[which % shapes.size()];
        image = Sound{shape, KallsymsEncoder(shape).image(kernelLikeSymbols(800, shape.pointerBytes), 64)};
    }
    return *image;
}

void decode(std::span<const std::byte> image, unsigned pointerBytes, std::uint64_t link)
{
    const LinkAddressOf linkOf = [&](std::uint64_t offset) {
        return offset < image.size() ? std::optional(LinearAddress(link + offset)) : std::nullopt;
    };
    const auto decoded = decodeKallsyms(image, pointerBytes, link != 0 ? linkOf : LinkAddressOf());
    if (!decoded)
        return;
    require(decoded->symbols.size() >= 769 && decoded->symbols.size() <= image.size());
    require(decoded->pointerBytes == 4 || decoded->pointerBytes == 8);
    for (const Symbol& symbol : decoded->symbols)
        require(!symbol.name.empty() && symbol.name.size() <= image.size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Input input(data, size);
    const std::uint8_t which = input.byte();
    if (which >= 0x80) {
        decode(input.restBytes(), which & 12U, (which & 1U) != 0 ? 0xffffffff81000000 : 0);
        return 0;
    }
    const Sound& sound = soundImage(which);
    std::vector<std::byte> image = sound.image;
    // A cut, then places and what is there instead.
    image.resize(image.size() - input.number(2) % image.size());
    while (!input.empty()) {
        const std::size_t at = input.number(2) % image.size();
        const std::uint64_t value = input.number(4);
        for (std::size_t i = 0; i < 4 && at + i < image.size(); ++i)
            image[at + i] = static_cast<std::byte>(value >> (8 * i));
    }
    decode(image, sound.shape.pointerBytes, sound.shape.link);
    decode(image, 0, sound.shape.link);
    return 0;
}
