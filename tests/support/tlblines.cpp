// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/tlblines.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include <catch2/catch.hpp>

#include "core/base/numbers.h"
#include "core/report/runwriter.h"

namespace pgtscope::test {

namespace {

constexpr std::size_t digits = 16;
constexpr std::size_t lineLength = digits + 2 + digits + 1 + 9;

std::uint64_t hexNumber(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    REQUIRE(error == std::errc());
    REQUIRE(end == text.data() + text.size());
    return value;
}

bool isLargePage(const TlbLine& line) { return line.flags[2] == 'P'; }

// What follows is every known fault of `info tlb` (target/i386/monitor.c, QEMU 7.2). Each corrects QEMU's
// line, or cuts ours down to what QEMU can say, and touches nothing else.

/// The masks of the 64-bit modes end at bit 49 (0x3fffffffff000 and so on), though addresses may have 52
/// bits.
void cutTo50Bits(TlbLine& ours) { ours.physical &= (1ULL << 50) - 1; }

/// PAE: the masks reach up to bit 63, so that XD is printed as a part of the address.
void takeXdOutOfAddress(TlbLine& qemu) { qemu.physical &= ~(1ULL << 63); }

/// PAE, 2 MiB pages: the mask begins at bit 20 instead of 21.
void clearBit20(TlbLine& qemu)
{
    if (isLargePage(qemu))
        qemu.physical &= ~(1ULL << 20);
}

/// 32-bit, 4 MiB pages: the mask begins at bit 21 instead of 22.
void clearBit21(TlbLine& qemu)
{
    if (isLargePage(qemu))
        qemu.physical &= ~(1ULL << 21);
}

/// 32-bit, 4 MiB pages: PSE-36 is unknown, the address ends at bit 31.
void cutTo32Bits(TlbLine& ours) { ours.physical &= 0xffffffff; }

void forgiveKnownFaults(core::PagingMode mode, TlbLine& ours, TlbLine& qemu)
{
    switch (mode) {
    case core::PagingMode::Off:
        break;
    case core::PagingMode::Bits32:
        clearBit21(qemu);
        cutTo32Bits(ours);
        break;
    case core::PagingMode::Pae:
        takeXdOutOfAddress(qemu);
        clearBit20(qemu);
        break;
    case core::PagingMode::Level4:
    case core::PagingMode::Level5:
        cutTo50Bits(ours);
        break;
    }
}

} // namespace

std::string textOf(const TlbLine& line)
{
    std::string text;
    core::appendHex(text, line.linear, digits);
    text += ": ";
    core::appendHex(text, line.physical, digits);
    return text + " " + line.flags;
}

std::vector<TlbLine> tlbLines(std::string_view text)
{
    std::vector<TlbLine> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.size() != lineLength || line.substr(digits, 2) != ": ")
            FAIL("not a line of info tlb: \"" << line << '"');
        lines.push_back({hexNumber(line.substr(0, digits)), hexNumber(line.substr(digits + 2, digits)),
            std::string(line.substr(2 * digits + 3))});
    }
    return lines;
}

std::string ourTlb(const core::Snapshot& snapshot)
{
    std::ostringstream text;
    const auto writer = core::makeRunWriter(core::RunFormat::Tlb, snapshot, text);
    const auto end = core::writeRuns(*writer, snapshot, core::runOptions(core::RunFormat::Tlb));
    REQUIRE(end == core::RunsEnd::Complete);
    return text.str();
}

std::size_t checkSameTlb(const core::Snapshot& snapshot, std::string_view qemu)
{
    const std::string ours = ourTlb(snapshot);
    if (!snapshot.paging().enabled()) {
        CHECK(ours == "PG disabled\n");
        CHECK(ours == qemu);
        return 0;
    }
    std::vector<TlbLine> mine = tlbLines(ours);
    std::vector<TlbLine> theirs = tlbLines(qemu);
    const std::size_t common = std::min(mine.size(), theirs.size());
    for (std::size_t i = 0; i < common; ++i) {
        forgiveKnownFaults(snapshot.paging().mode(), mine[i], theirs[i]);
        if (mine[i] != theirs[i])
            FAIL("line " << i + 1 << " differs\nours " << textOf(mine[i]) << "\nQEMU " << textOf(theirs[i]));
    }
    CHECK(mine.size() == theirs.size());
    return common;
}

} // namespace pgtscope::test
