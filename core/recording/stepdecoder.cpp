// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/cpufields.h"
#include "core/recording/stepcodec.h"
#include "core/recording/stepformat.h"
#include "core/steps/stepfields.h"

namespace pgtscope::core {

namespace {

namespace format = stepformat;

class Decoder {
public:
    Decoder(Unpacker in, CodecContext& context)
        : m_in(in)
        , m_context(context)
    {
    }

    /// What is left after the record.
    const Unpacker& rest() const { return m_in; }

    StepRecord record()
    {
        StepRecord record;
        charge(sizeof record);
        if (m_context.format < format::fieldsSince)
            flags(record);
        else
            fields(record);
        forEachStepField([&](const auto& fact) {
            const auto& value = m_context.previous.*fact.member;
            if (fact.absent == Absent::Unchanged && charge(heldBytes(value)))
                record.step.*fact.member = value;
        });
        record.delta.pgtBufOfMachine = m_bufferOfMachine;
        return record;
    }

private:
    void require(bool condition)
    {
        if (!condition)
            m_in.fail();
    }

    /// A few packed bytes can unpack to much memory: each allocation is charged to the budget first.
    bool charge(std::size_t bytes)
    {
        if (!m_in.good() || bytes > m_context.budget) {
            m_in.fail();
            return false;
        }
        m_context.budget -= bytes;
        return true;
    }

    template <class T>
    std::vector<T> row(std::size_t bytesEach)
    {
        const std::size_t count = m_in.count(bytesEach);
        return charge(count * sizeof(T)) ? std::vector<T>(count) : std::vector<T>();
    }

    void flags(StepRecord& record)
    {
        const std::uint64_t flags = m_in.number();
        forEachStepField([&](const auto& fact) {
            if (fact.tag >= format::flagCount)
                stepField(fact, record.step);
        });
        for (unsigned tag = 0; tag < 64; ++tag)
            if ((flags >> tag & 1) != 0)
                require(tag < format::flagCount && part(tag, record));
    }

    void fields(StepRecord& record)
    {
        Unpacker rest = m_in;
        const std::size_t recordBytes = rest.count();
        Unpacker fields = rest.part(recordBytes);
        std::uint64_t seen = 0;
        while (rest.good() && fields.good() && !fields.atEnd()) {
            const std::uint64_t tag = fields.number();
            const std::size_t bytes = fields.count();
            m_in = fields.part(bytes);
            const std::uint64_t bit = tag < 64 ? std::uint64_t{1} << tag : 0;
            if (!fields.good() || (seen & bit) != 0)
                fields.fail();
            else
                part(tag, record);
            seen |= bit;
            if (!m_in.good())
                fields.fail();
        }
        m_in = rest;
        require(fields.good());
    }

    /// Reads what belongs to a tag; false if it is none that this program knows.
    bool part(std::uint64_t tag, StepRecord& record)
    {
        bool known = false;
        forEachStepField([&](const auto& fact) {
            if (fact.tag != tag)
                return;
            known = true;
            stepField(fact, record.step);
        });
        StateDelta& delta = record.delta;
        forEachFact([&](const auto& fact) {
            if (fact.tag != tag)
                return;
            known = true;
            unpack(delta.facts[fact.member].emplace());
        });
        return known || listOf(tag, delta);
    }

    bool listOf(std::uint64_t tag, StateDelta& delta)
    {
        switch (tag) {
        case format::entries:
            entries(delta.entries);
            return true;
        case format::tableList:
            delta.tableList = tableList();
            return true;
        case format::tables:
            tables(delta.tables);
            return true;
        case format::pages:
            pages(delta.pages);
            return true;
        case format::xen:
            delta.xen = decodeXen(m_in, m_context.budget);
            return true;
        case format::texts:
            texts();
            return m_context.format >= format::fieldsSince;
        default:
            return false;
        }
    }

    template <class T>
    void stepField(const StepField<T>& fact, Step& step)
    {
        T& value = (fact.absent == Absent::Empty ? step : m_context.previous).*fact.member;
        unpack(value, fact.recurs);
    }

    static std::size_t heldBytes(const std::string& text) { return text.size(); }
    static std::size_t heldBytes(const std::vector<FindingCount>& findings)
    {
        std::size_t bytes = 0;
        for (const FindingCount& finding : findings)
            bytes += sizeof finding + finding.name.size();
        return bytes;
    }
    template <class T>
    static std::size_t heldBytes(const T&)
    {
        static_assert(std::is_trivially_copyable_v<T>, "what it holds elsewhere is to be counted");
        return 0; // it is part of the record
    }

    void texts()
    {
        for (std::size_t count = m_in.count(); count != 0 && m_in.good(); --count) {
            require(m_context.texts.size() < format::maxSharedTexts);
            m_context.texts.push_back(m_in.text());
        }
    }

    std::string sharedText()
    {
        const std::uint64_t number = m_in.number();
        if (number != 0) {
            require(number <= m_context.texts.size());
            if (!m_in.good())
                return {};
            const std::string& text = m_context.texts[static_cast<std::size_t>(number - 1)];
            return charge(text.size()) ? text : std::string();
        }
        std::string text = m_in.text();
        if (m_context.format < format::fieldsSince && m_context.texts.size() < format::maxSharedTexts)
            m_context.texts.push_back(text);
        return text;
    }

    void unpack(StepCause& cause, bool)
    {
        const std::uint8_t value = m_in.byte();
        const bool known = value < stepCauseCount;
        require(known || m_context.format >= format::fieldsSince);
        // One that a newer program knows is a stop for whatever reason.
        cause = known ? static_cast<StepCause>(value) : StepCause::UserStop;
    }

    void unpack(std::uint64_t& number, bool) { number = m_in.difference(number); }
    void unpack(std::string& text, bool recurs) { text = recurs ? sharedText() : m_in.text(); }

    void unpack(std::vector<FindingCount>& findings, bool)
    {
        findings = row<FindingCount>(2);
        for (FindingCount& finding : findings) {
            finding.name = sharedText();
            finding.count = static_cast<std::uint32_t>(m_in.number());
        }
        if (m_context.format < format::fieldsSince || m_in.atEnd())
            return; // from before findings had a standing
        for (FindingCount& finding : findings)
            finding.broken = static_cast<std::uint32_t>(m_in.number());
    }

    void unpack(CpuState& cpu, bool)
    {
        auto fields = cpuFields(cpu);
        const std::uint64_t mask = m_in.number();
        for (std::size_t i = 0; i < fields.size(); ++i)
            if ((mask >> i & 1) != 0)
                fields[i] = m_in.difference(fields[i]);
        cpu = cpuOf(fields);
    }

    void entries(std::vector<EntryChange>& entries)
    {
        entries = row<EntryChange>(4);
        for (EntryChange& entry : entries) {
            entry.address = PhysicalAddress(m_context.address = m_in.difference(m_context.address));
            const std::uint8_t bits = m_in.byte();
            entry.levels = static_cast<std::uint8_t>((bits & 0x1f) << 1);
            entry.bytes = (bits & 0x20) != 0 ? 4 : 8;
            entry.before = m_context.before = m_in.difference(m_context.before);
            entry.after = m_context.after = m_in.difference(m_context.after);
            if ((bits & 0x40) != 0) {
                EntryWriter writer;
                writer.rip = LinearAddress(m_context.writerRip = m_in.difference(m_context.writerRip));
                writer.symbol = sharedText();
                writer.bytes = m_in.byte();
                entry.writer = std::move(writer);
            }
            if (!m_in.good())
                return;
        }
    }

    void unpack(CpuFeatures& features)
    {
        features.physicalAddressBits = static_cast<unsigned>(m_in.number());
        require(features.physicalAddressBits >= 32 && features.physicalAddressBits <= 52);
        const std::uint8_t bits = m_in.byte();
        features.pse36 = (bits & 1) != 0;
        features.page1Gb = (bits & 2) != 0;
        features.known = (bits & 4) != 0;
    }

    void unpack(PhysicalAddress& address) { address = PhysicalAddress(m_in.number()); }
    void unpack(std::string& text) { text = m_in.text(); }
    void unpack(bool& value) { value = m_in.byte() != 0; }

    void unpack(RamMap& map)
    {
        auto ranges = row<PhysicalRange>(2);
        for (PhysicalRange& range : ranges)
            range = this->range<PhysicalRange>();
        map = RamMap(std::move(ranges));
    }

    template <class Range>
    Range range()
    {
        Range range;
        range.begin.value = m_in.number();
        const std::uint64_t length = m_in.number();
        range.end = range.begin + length;
        // Only the linear space has a top to wrap at.
        require(range.end >= range.begin || range.end.value == 0);
        return range;
    }

    template <class Range>
    void unpack(std::vector<Region<Range>>& regions)
    {
        regions = row<Region<Range>>(4);
        for (Region<Range>& region : regions) {
            region.name = sharedText();
            region.title = sharedText();
            region.range = range<Range>();
        }
    }

    void unpack(std::vector<std::string>& lines)
    {
        lines = row<std::string>(1);
        for (std::string& line : lines)
            line = sharedText();
    }

    void unpack(CheckerTypes& types)
    {
        types.known = m_in.byte() != 0;
        types.tables = decodeXenTables(m_in, m_context.budget);
    }

    void unpack(PageTableBuffer& buffer)
    {
        const std::uint8_t bits = m_in.byte();
        require((bits & 0xfU) <= static_cast<unsigned>(PgtBufTrust::Stale));
        buffer.trust = static_cast<PgtBufTrust>(bits & 0xf);
        buffer.enforced = (bits & 0x10) != 0;
        m_bufferOfMachine = (bits & format::bufferInGuestFrames) == 0;
        buffer.epochs = row<PgtBufEpoch>(4);
        for (PgtBufEpoch& epoch : buffer.epochs) {
            epoch.start = GuestFrame(m_in.number());
            epoch.end = GuestFrame(m_in.difference(epoch.start.value));
            epoch.top = GuestFrame(m_in.difference(epoch.end.value));
            epoch.startRecovered = m_in.byte() != 0;
        }
        buffer.beyond = row<GuestFrameRange>(2);
        for (GuestFrameRange& frames : buffer.beyond)
            frames = range<GuestFrameRange>();
        if ((bits & 0x20) != 0)
            buffer.bmPte = PhysicalAddress(m_in.number());
    }

    void tables(std::vector<TableChange>& changes)
    {
        changes = row<TableChange>(2);
        std::uint64_t last = 0;
        for (TableChange& change : changes) {
            const std::uint8_t bits = m_in.byte();
            require((bits & 7U) <= static_cast<unsigned>(TableChangeKind::BecameUnreadable));
            change.kind = static_cast<TableChangeKind>(bits & 7);
            change.level = bits >> 3 & 7;
            change.detached = (bits & 0x40) != 0;
            change.address = PhysicalAddress(last = m_in.difference(last));
        }
    }

    void pages(std::vector<PageSwap>& swaps)
    {
        swaps = row<PageSwap>(4);
        for (PageSwap& swap : swaps) {
            swap.frame = FrameNumber(m_in.number());
            const std::uint8_t bits = m_in.byte();
            swap.levels = static_cast<std::uint8_t>((bits & 0x1f) << 1);
            swap.entryBytes = (bits & 0x20) != 0 ? 4 : 8;
            swap.before = m_in.number();
            swap.after = m_in.difference(swap.before);
        }
    }

    std::vector<TableListPiece> tableList()
    {
        auto pieces = row<TableListPiece>(2);
        std::uint64_t address = 0;
        std::uint64_t page = 0;
        std::uint64_t next = 0;
        for (TableListPiece& piece : pieces) {
            piece.count = m_in.number();
            if (piece.count != 0) {
                piece.first = m_in.difference(next);
                next = piece.first + piece.count;
                continue;
            }
            const std::uint8_t bits = m_in.byte();
            piece.table.state
                = (bits & 0x80) != 0 ? TableState::Hypervisor : static_cast<TableState>(bits & 3);
            piece.table.origin = (bits & 4) != 0 ? TableOrigin::Detached : TableOrigin::Reachable;
            piece.table.level = bits >> 4 & 7;
            piece.table.address = PhysicalAddress(address = m_in.difference(address));
            if ((bits & 8) != 0)
                piece.page = page = m_in.difference(page);
        }
        return pieces;
    }

    Unpacker m_in;
    CodecContext& m_context;
    bool m_bufferOfMachine = false;
};

} // namespace

Result<StepRecord> decodeStep(Unpacker& in, CodecContext& context)
{
    Decoder decoder(in, context);
    StepRecord record = decoder.record();
    in = decoder.rest();
    if (!in.good())
        return failure("read a step of the recording", "it is damaged");
    return record;
}

} // namespace pgtscope::core
