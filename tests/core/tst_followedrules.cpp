// SPDX-License-Identifier: GPL-2.0-or-later
// What is kept from step to step changes no answer: the rules say of every step what they say of it alone.
#include "tests/support/catch.h"

#include <algorithm>
#include <filesystem>
#include <random>

#include "core/report/findingformat.h"
#include "core/rules/findinghistory.h"
#include "core/rules/leafruns.h"
#include "core/timeline/timeline.h"
#include "testpaths.h"
#include "tests/core/ruleguest.h"

using namespace pgtscope::tests;

namespace {

RuleLimits fewExplained()
{
    RuleLimits limits;
    limits.findings = 8;
    return limits;
}

std::string reported(const RuleContext& context)
{
    std::string text;
    const auto reports = checkAllRules(context);
    for (const RuleReport& report : *reports) {
        text += reportText(context, report, ListedFindings::All);
        for (const FindingMark& mark : report.marks)
            text += hexText(mark.frame.value) + ' ' + hexText(mark.entry.value) + ' '
                + std::string(findingStateName(mark.state)) + ' ' + std::string(standingName(mark.standing))
                + '\n';
    }
    return text;
}

/// Every leaf on its own, with the frames of its page: what the extents of the digests have to add up to.
std::string leavesOneByOne(const Snapshot& snapshot, TableId id)
{
    std::string text;
    for (const EntryAt& at : snapshot.table(id).entries(snapshot.paging()))
        if (at.entry.mapsPage())
            text += std::to_string(at.index) + ' ' + hexText(at.entry.target.value) + ' '
                + std::to_string(at.entry.rights.index()) + ' ' + std::to_string(at.entry.patIndex()) + '\n';
        else if (!at.entry.usable())
            text += std::to_string(at.index) + " reserved\n";
    return text;
}

std::string leavesOfDigest(const Snapshot& snapshot, TableId id, const TableDigest& digest)
{
    const Table& table = snapshot.table(id);
    std::map<unsigned, std::string> lines;
    for (const LeafExtent& extent : digest.leaves)
        for (unsigned i = 0; i < extent.entries; ++i)
            lines[extent.index + i]
                = hexText(addressOf(extent.frame).value + i * snapshot.paging().span(table.level)) + ' '
                + std::to_string(extent.rights.index()) + ' ' + std::to_string(extent.patIndex);
    for (const std::uint16_t index : digest.reserved)
        lines[index] = "reserved";
    std::string text;
    for (const auto& [index, line] : lines)
        text += std::to_string(index) + ' ' + line + '\n';
    return text;
}

std::string mappingsText(const FrameMappings& mappings)
{
    std::string text;
    for (std::size_t i = 0; i < mappings.frames().size(); ++i) {
        text += hexText(mappings.frames()[i].value) + ": " + std::to_string(mappings.tally(i).entries) + ' '
            + std::to_string(mappings.tally(i).writable);
        for (std::size_t which = 0; which < mappings.listed(i); ++which) {
            const Alias alias = mappings.alias(i, which);
            text += ' ' + hexText(alias.entryAddress.value) + '@' + hexText(alias.linear.value);
        }
        text += '\n';
    }
    return text;
}

/// Compares one step, seen after the ones before, with the same step seen alone.
void compare(const SnapshotPtr& snapshot, TableDigests& followed, bool everyLeaf)
{
    const RuleContext alone(snapshot, fewExplained());
    const RuleContext following(snapshot, fewExplained(), followed);
    CHECK(reported(following) == reported(alone));
    const auto& frames = following.bufferMappings().frames();
    CHECK(mappingsText(following.bufferMappings())
        == mappingsText(FrameMappings(*snapshot, following.reached(), frames)));
    for (TableId id = 0; everyLeaf && id < snapshot->tables().size(); ++id)
        CHECK(leavesOfDigest(*snapshot, id, following.digest(id)) == leavesOneByOne(*snapshot, id));
}

} // namespace

TEST_CASE("the rules say of each step of a walkthrough what they say of it alone")
{
    const std::filesystem::path walkthroughs
        = std::filesystem::path(pgtscope::test::projectDirectory) / "resources/walkthroughs";
    unsigned recordings = 0;
    for (const auto& file : std::filesystem::directory_iterator(walkthroughs)) {
        if (file.path().extension() != ".pgtrec")
            continue;
        INFO(file.path().filename().string());
        ++recordings;
        const auto timeline = Timeline::open(file.path().string()).value();
        TableDigests followed;
        for (StepNumber step = 0; step < timeline->size(); ++step) {
            INFO("step " << step);
            compare(timeline->snapshot(step).value(), followed, step % 16 == 0);
        }
    }
    CHECK(recordings >= 6);
}

TEST_CASE("the rules say the same however tables, registers and pgt_buf change from step to step")
{
    std::mt19937 random(20120807);
    const auto pick = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
    RuleGuest guest;
    TableDigests followed;
    SnapshotPtr previous;
    const std::array<std::uint64_t, 5> tables{
        guest.pudTable, guest.pmdTable, guest.directTable, guest.slotTable, 0x24000};
    for (unsigned round = 0; round < 400; ++round) {
        for (unsigned change = 0; change < 1 + pick(4); ++change) {
            const unsigned index = pick(4) == 0 ? pick(512) : 0x1e + pick(12);
            std::uint64_t flags = pick(4) == 0 ? 0 : p;
            for (const std::uint64_t flag : {bit::rw, bit::us, bit::pwt, bit::ps, nx})
                flags |= pick(3) == 0 ? flag : 0;
            if (pick(16) == 0)
                flags |= 1ULL << 51; // reserved with fewer physical address bits
            const std::uint64_t target = (pick(3) == 0 ? pick(0x30) : index) * frameBytes;
            guest.set(tables[pick(tables.size())], index, target | flags);
        }
        if (pick(8) == 0)
            guest.set(guest.pmdTable, 0, guest.directTable | rw);
        if (pick(32) == 0)
            guest.cpu.control.efer ^= eferNxe;
        if (pick(32) == 0)
            guest.features.physicalAddressBits = guest.features.physicalAddressBits == 52 ? 40 : 52;
        guest.buffer.epochs.front().end = GuestFrame(0x20 + pick(9));
        SnapshotBuilder builder(guest.memory, guest.cpu, guest.features);
        CaptureOptions options;
        options.previous = previous.get();
        options.detached = {{PhysicalAddress(0x24000), 1}};
        REQUIRE(builder.captureTables(options));
        builder.setPgtBuf(guest.buffer);
        const SnapshotPtr snapshot = builder.finish();
        INFO("round " << round);
        compare(snapshot, followed, true);
        previous = snapshot;
    }
}

TEST_CASE("a history that looks at what differs knows what one that looks at everything knows")
{
    std::mt19937 random(279);
    FindingHistory history;
    struct Seen {
        FindingState state = FindingState::Pending;
        std::vector<FindingStay> stays;
    };
    std::map<FindingKey, Seen> expected;
    for (std::uint64_t step = 0; step < 500; ++step) {
        RuleReport report;
        report.rule = "xen-ro";
        report.coverage.evaluated = random() % 16 != 0;
        std::set<FindingKey> present;
        for (std::uint64_t frame = 0; report.coverage.evaluated && frame < 40; ++frame) {
            const FindingKey key{"xen-ro", FrameNumber(frame), PhysicalAddress(frame * 8)};
            Seen& seen = expected[key];
            if (random() % 16 == 0)
                seen.state = static_cast<FindingState>(random() % findingStateCount);
            const bool before = !seen.stays.empty() && !seen.stays.back().resolved;
            if (random() % 16 == 0 ? before : !before)
                continue;
            present.insert(key);
            report.marks.push_back({key.frame, key.entry, seen.state, Standing::Expected});
        }
        std::shuffle(report.marks.begin(), report.marks.end(), random);
        report.totals.add(
            FindingState::Pending, Standing::Expected, report.marks.size(), report.marks.size());
        history.note(step, {&report, 1});
        for (auto& [key, seen] : expected) {
            const bool open = !seen.stays.empty() && !seen.stays.back().resolved;
            if (!report.coverage.evaluated) {
                if (open && !seen.stays.back().unseenSince)
                    seen.stays.back().unseenSince = step;
            } else if (!present.contains(key)) {
                if (open) {
                    seen.stays.back().resolved = step;
                    seen.stays.back().unseenSince.reset();
                }
            } else if (!open) {
                seen.stays.push_back({step, std::nullopt, {{step, seen.state, Standing::Expected}}});
            } else {
                seen.stays.back().unseenSince.reset();
                if (seen.stays.back().states.back().state != seen.state)
                    seen.stays.back().states.push_back({step, seen.state, Standing::Expected});
            }
        }
    }
    for (const auto& [key, seen] : expected) {
        const auto stays = history.stays(key);
        CHECK(std::vector<FindingStay>(stays.begin(), stays.end()) == seen.stays);
    }
}
