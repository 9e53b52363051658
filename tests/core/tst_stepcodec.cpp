// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/catch.h"

#include <limits>
#include <random>

#include "core/recording/recordedstate.h"
#include "core/recording/stepcodec.h"
#include "core/recording/stepformat.h"
#include "core/steps/stepfields.h"
#include "tests/core/bootstory.h"
#include "tests/core/xenguest.h"

using namespace pgtscope::core;
using pgtscope::tests::BootStory;

namespace {

/// Records of a boot, the first a whole state; with some of everything that a record can hold.
std::vector<StepRecord> story(unsigned steps)
{
    std::vector<StepRecord> records;
    BootStory boot(11);
    SnapshotParts before;
    PageId pages = 0;
    for (unsigned i = 0; i < steps; ++i) {
        const auto [step, snapshot] = boot.next();
        StepRecord record;
        record.step = step;
        record.step.number = 0;
        record.step.cpu = snapshot->cpu();
        record.step.ripSymbol = snapshot->ripSymbol();
        SnapshotParts after = partsOf(*snapshot);
        record.delta = deltaBetween(before, after, [&](const TablePage&) { return ++pages; });
        before = std::move(after);
        records.push_back(std::move(record));
    }
    return records;
}

Bytes packed(const std::vector<StepRecord>& records)
{
    CodecContext context;
    Packer out;
    for (const StepRecord& record : records)
        encodeStep(record, context, out);
    return out.take();
}

/// What a record says, as far as one can compare it: its encoding, alone.
Bytes essence(const StepRecord& record)
{
    CodecContext context;
    Packer out;
    encodeStep(record, context, out);
    return out.take();
}

struct Decoded {
    std::vector<StepRecord> records;
    bool whole = false; ///< To the last byte.
};

Decoded decoded(ByteView bytes)
{
    Decoded result;
    CodecContext context;
    Unpacker in(bytes);
    while (!in.atEnd()) {
        auto record = decodeStep(in, context);
        if (!record)
            return result;
        result.records.push_back(std::move(*record));
    }
    result.whole = true;
    return result;
}

bool same(const std::vector<StepRecord>& a, const std::vector<StepRecord>& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
        [](const StepRecord& x, const StepRecord& y) { return essence(x) == essence(y); });
}

/// One field of a record.
struct Field {
    std::uint64_t tag = 0;
    Bytes payload;
};

std::vector<Field> fieldsOf(Unpacker& in)
{
    std::vector<Field> fields;
    Unpacker record = in.part(in.count());
    while (!record.atEnd()) {
        Field field{record.number(), {}};
        Unpacker payload = record.part(record.count());
        while (!payload.atEnd())
            field.payload.push_back(std::byte{payload.byte()});
        fields.push_back(std::move(field));
    }
    return fields;
}

void putRecord(Packer& out, const std::vector<Field>& fields)
{
    Packer body;
    for (const Field& field : fields) {
        body.number(field.tag);
        body.number(field.payload.size());
        body.append(field.payload);
    }
    out.number(body.size());
    out.append(body.view());
}

/// The records with each one's fields changed.
template <class Change>
Bytes rewritten(const Bytes& bytes, const Change& change)
{
    Unpacker in(bytes);
    Packer out;
    while (!in.atEnd()) {
        std::vector<Field> fields = fieldsOf(in);
        change(fields);
        putRecord(out, fields);
    }
    return out.take();
}

Bytes random(std::mt19937& engine, std::size_t most)
{
    Bytes bytes(engine() % (most + 1));
    for (std::byte& byte : bytes)
        byte = static_cast<std::byte>(engine());
    return bytes;
}

} // namespace

TEST_CASE("What is packed is unpacked")
{
    const auto records = story(60);
    const Decoded read = decoded(packed(records));
    CHECK(read.whole);
    CHECK(same(read.records, records));
    for (std::size_t i = 0; i < records.size(); ++i)
        CHECK(read.records[i].step == records[i].step);
}

TEST_CASE("No two facts of a record have one tag")
{
    namespace format = stepformat;
    std::vector<unsigned> tags{
        format::entries, format::tableList, format::tables, format::pages, format::xen, format::texts};
    forEachStepField([&](const auto& fact) { tags.push_back(fact.tag); });
    forEachFact([&](const auto& fact) { tags.push_back(fact.tag); });
    std::sort(tags.begin(), tags.end());
    CHECK(std::adjacent_find(tags.begin(), tags.end()) == tags.end());
    CHECK(tags.back() < 64);
}

TEST_CASE("What a newer program adds is passed over")
{
    const auto records = story(40);
    const Bytes bytes = packed(records);
    std::mt19937 engine(3);
    SECTION("fields, wherever they stand")
    {
        const Bytes newer = rewritten(bytes, [&](std::vector<Field>& fields) {
            for (std::uint64_t tag : {63ULL, 64ULL, 1000ULL, ~0ULL}) {
                const auto at = fields.begin() + static_cast<std::ptrdiff_t>(engine() % (fields.size() + 1));
                fields.insert(at, {tag, random(engine, 200)});
            }
        });
        const Decoded read = decoded(newer);
        CHECK(read.whole);
        CHECK(same(read.records, records));
    }
    SECTION("more at the end of a field")
    {
        const Bytes newer = rewritten(bytes, [&](std::vector<Field>& fields) {
            for (Field& field : fields) {
                const Bytes more = random(engine, 20);
                field.payload.insert(field.payload.end(), more.begin(), more.end());
            }
        });
        const Decoded read = decoded(newer);
        CHECK(read.whole);
        CHECK(same(read.records, records));
    }
    SECTION("a cause")
    {
        const Bytes newer = rewritten(bytes, [](std::vector<Field>& fields) {
            for (Field& field : fields)
                if (field.tag == 32)
                    field.payload = {std::byte{200}};
        });
        const Decoded read = decoded(newer);
        CHECK(read.whole);
        for (const StepRecord& record : read.records)
            CHECK(record.step.cause == StepCause::UserStop);
    }
}

TEST_CASE("A field that is there twice is damage")
{
    const Bytes bytes
        = rewritten(packed(story(3)), [](std::vector<Field>& fields) { fields.push_back(fields.back()); });
    CHECK(decoded(bytes).records.empty());
}

TEST_CASE("Records that end early are damage, wherever they end")
{
    const auto records = story(6);
    const Bytes bytes = packed(records);
    for (std::size_t end = 0; end < bytes.size(); ++end) {
        const Decoded read = decoded(ByteView(bytes).first(end));
        REQUIRE(read.records.size() < records.size());
        for (std::size_t i = 0; i < read.records.size(); ++i)
            REQUIRE(essence(read.records[i]) == essence(records[i]));
    }
}

TEST_CASE("Lengths and counts that lie are damage, and cost no memory")
{
    const auto huge = GENERATE(1ULL << 20, 1ULL << 31, 1ULL << 40, (1ULL << 62) + 1, ~0ULL);
    const auto fails = [](Packer& out) {
        const Bytes bytes = out.take();
        CodecContext context;
        Unpacker in(bytes);
        const bool failed = !decodeStep(in, context);
        // What it took before it noticed.
        CHECK(maxDecodedBytes - context.budget < 1 << 20);
        return failed;
    };
    Packer out;
    SECTION("of a record")
    {
        out.number(huge);
        out.append(Bytes(100));
        CHECK(fails(out));
    }
    SECTION("of a field")
    {
        for (std::uint64_t tag = 0; tag < 66; ++tag) {
            Packer body;
            body.number(tag);
            body.number(huge);
            body.append(Bytes(100));
            out.number(body.size());
            out.append(body.view());
            CHECK(fails(out));
        }
    }
    SECTION("within a field")
    {
        // Every list's payload begins with its count, or with a byte and then the count.
        for (const unsigned tag : {4U, 6U, 9U, 12U, 13U, 15U, 16U, 17U, 34U}) {
            Packer payload;
            payload.number(huge);
            payload.append(Bytes(50));
            putRecord(out, {{tag, payload.take()}});
            CHECK(fails(out));
        }
        for (const unsigned tag : {14U, 24U}) {
            Packer payload;
            payload.byte(tag == 24 ? 33 : 0);
            for (int i = 0; tag == 24 && i < 3; ++i)
                payload.number(0);
            payload.number(huge);
            payload.append(Bytes(50));
            putRecord(out, {{tag, payload.take()}});
            CHECK(fails(out));
        }
    }
    SECTION("a text that nothing has said")
    {
        Packer payload;
        payload.number(huge);
        putRecord(out, {{0, payload.take()}});
        CHECK(fails(out));
    }
}

TEST_CASE("Few bytes that stand for much memory are refused when it becomes too much")
{
    // A text of 4 KiB, then records that repeat it for each of many findings.
    Packer out;
    Packer texts;
    texts.number(1);
    texts.text(std::string(4096, 'x'));
    Packer findings;
    findings.number(60'000);
    for (int i = 0; i < 60'000; ++i) {
        findings.number(1);
        findings.number(1);
    }
    putRecord(out, {{34, texts.take()}, {4, findings.take()}});
    const Bytes bytes = out.take();
    CodecContext context;
    Unpacker in(bytes);
    CHECK_FALSE(decodeStep(in, context));
}

TEST_CASE("Damaged records are read without harm, in every format")
{
    const Bytes bytes = packed(story(12));
    std::mt19937 engine(20121);
    unsigned accepted = 0;
    for (int round = 0; round < 5'000; ++round) {
        Bytes damaged = bytes;
        for (unsigned edits = 1 + engine() % 4; edits != 0; --edits) {
            const std::size_t at = engine() % damaged.size();
            switch (engine() % 4) {
            case 0:
                damaged[at] ^= static_cast<std::byte>(1U << engine() % 8);
                break;
            case 1:
                damaged[at] = static_cast<std::byte>(engine());
                break;
            case 2:
                damaged.erase(damaged.begin() + static_cast<std::ptrdiff_t>(at));
                break;
            default:
                damaged.insert(
                    damaged.begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::byte>(engine()));
            }
        }
        CodecContext context;
        context.format = oldestRecordingFormat + static_cast<std::uint32_t>(engine() % recordingFormat);
        context.budget = std::size_t{16} << 20;
        Unpacker in(damaged);
        RecordedState state;
        while (!in.atEnd()) {
            const auto record = decodeStep(in, context);
            if (!record || !state.apply(*record, [](PageId) { return std::make_shared<const TablePage>(); }))
                break;
            ++accepted;
        }
    }
    CHECK(accepted > 0);
}

TEST_CASE("Every fact of a snapshot is carried to the next state by a record")
{
    SnapshotParts after;
    after.features = {40, false, false, true};
    after.root = PhysicalAddress(0x1000);
    after.otherHalf = PhysicalAddress(0x2000);
    after.ramMap = RamMap({{PhysicalAddress(0), PhysicalAddress(0x100000)}});
    after.channel = "test";
    after.truncated = after.rodataOff = true;
    after.linearRegions = {{"user", "User Space", {LinearAddress(0), LinearAddress(0x1000)}}};
    after.physicalRegions = {{"rom", "ROM", {PhysicalAddress(0x1000), PhysicalAddress(0x2000)}}};
    after.pgtBuf.trust = PgtBufTrust::Live;
    after.gaps = {"whose root it is"};
    after.checker = {true, {{FrameNumber(5), XenFrameType::L2, true, 1}}};
    StepRecord record;
    record.delta = deltaBetween({}, after, [](const TablePage&) { return PageId{0}; });
    const Decoded read = decoded(packed({record}));
    REQUIRE(read.whole);
    RecordedState state;
    REQUIRE(state.apply(read.records.front(), [](PageId) -> Result<TablePagePtr> { return nullptr; }));
    forEachFact([&](const auto& fact) {
        INFO("tag " << fact.tag);
        // One that this test has no value for would pass it unseen.
        CHECK_FALSE((after.*fact.member == SnapshotParts().*fact.member));
        CHECK((state.parts().*fact.member == after.*fact.member));
    });
    CHECK(deltaBetween(after, state.parts(), [](const TablePage&) { return PageId{0}; }).tables.empty());
}

TEST_CASE("What a boot seldom has is packed and unpacked as well")
{
    StepRecord record;
    record.step.cause = StepCause::Start;
    record.delta.facts[&SnapshotFacts::features] = CpuFeatures{};
    record.delta.facts[&SnapshotFacts::features]->pse36
        = record.delta.facts[&SnapshotFacts::features]->page1Gb
        = record.delta.facts[&SnapshotFacts::features]->known = false;
    PageTableBuffer buffer;
    buffer.trust = PgtBufTrust::Live;
    buffer.epochs = {{GuestFrame(0x20), GuestFrame(0x24), GuestFrame(0x28), true}};
    buffer.beyond = {{GuestFrame(0x60), GuestFrame(0x62)}};
    buffer.bmPte = PhysicalAddress(0x5000);
    record.delta.facts[&SnapshotFacts::pgtBuf] = buffer;
    // More texts than records can share.
    record.delta.facts[&SnapshotFacts::gaps].emplace();
    for (unsigned i = 0; i < 5000; ++i)
        record.delta.facts[&SnapshotFacts::gaps]->push_back("gap " + std::to_string(i));
    const Decoded read = decoded(packed({record, record}));
    REQUIRE(read.whole);
    REQUIRE(read.records.size() == 2);
    for (const StepRecord& each : read.records) {
        CHECK(each.delta.facts[&SnapshotFacts::features] == record.delta.facts[&SnapshotFacts::features]);
        CHECK(each.delta.facts[&SnapshotFacts::pgtBuf] == record.delta.facts[&SnapshotFacts::pgtBuf]);
        CHECK(each.delta.facts[&SnapshotFacts::gaps] == record.delta.facts[&SnapshotFacts::gaps]);
    }
}

TEST_CASE("A range may end at the top of its space, and not beyond")
{
    const auto accepted = [](std::uint64_t begin, std::uint64_t length) {
        Packer payload;
        payload.number(1);
        payload.number(begin);
        payload.number(length);
        Packer out;
        putRecord(out, {{9, payload.take()}}); // the map of RAM
        return decoded(out.take()).whole;
    };
    CHECK(accepted(0x1000, 0x2000));
    CHECK(accepted(~0xfffULL, 0x1000));
    CHECK_FALSE(accepted(~0xfffULL, 0x1001));
}

TEST_CASE("A list of entries that ends early is not read on")
{
    Packer payload;
    payload.number(2);
    payload.append(Bytes(9, std::byte{0xff}));
    Packer out;
    putRecord(out, {{6, payload.take()}});
    CHECK_FALSE(decoded(out.take()).whole);
}

TEST_CASE("Records of old formats have flags that are known, and share texts as far as there is room")
{
    const auto decode = [](Packer& out, CodecContext& context) {
        context.format = 3;
        const Bytes bytes = out.take();
        Unpacker in(bytes);
        return decodeStep(in, context);
    };
    const auto begin = [](Packer& out, std::uint64_t flags) {
        out.number(flags);
        out.byte(0); // the cause
        out.difference(0, 0); // the time
    };
    CodecContext context;
    Packer out;
    SECTION("none")
    {
        begin(out, 0);
        CHECK(decode(out, context));
    }
    SECTION("one that those formats did not have")
    {
        begin(out, 1ULL << GENERATE(31, 32, 40, 63));
        CHECK_FALSE(decode(out, context));
    }
    SECTION("more texts than can be shared")
    {
        begin(out, 1ULL << 4); // findings
        out.number(5000);
        for (int i = 0; i < 5000; ++i) {
            out.number(0);
            out.text("a rule");
            out.number(1);
        }
        const auto record = decode(out, context);
        REQUIRE(record);
        CHECK(record->step.findings.size() == 5000);
        CHECK(record->step.findings.back().name == "a rule");
        CHECK(context.texts.size() == stepformat::maxSharedTexts);
    }
}
