// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/stepcodec.h"
#include "core/recording/stepformat.h"

namespace pgtscope::core {

namespace {

namespace format = stepformat;

class Decoder {
public:
    Decoder(Unpacker& in, CodecContext& context)
        : m_in(in)
        , m_context(context)
    {
    }

    StepRecord record()
    {
        StepRecord record;
        const std::uint64_t flags = m_in.number();
        if ((flags & ~format::allFlags) != 0)
            m_in.fail();
        const std::uint8_t cause = m_in.byte();
        require(cause <= static_cast<std::uint8_t>(StepCause::Poke));
        record.step.cause = static_cast<StepCause>(cause);
        record.step.time = m_context.time = m_in.difference(m_context.time);
        step(record.step, flags);
        if ((flags & format::entries) != 0)
            entries(record.delta.entries);
        state(record.delta, flags);
        tables(record.delta, flags);
        if ((flags & format::xen) != 0)
            record.delta.xen = decodeXen(m_in, m_context.budget);
        return record;
    }

private:
    void require(bool condition)
    {
        if (!condition)
            m_in.fail();
    }

    /// A few packed bytes can stand for much memory: everything that is made is paid for first.
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
        if (m_context.texts.size() < format::maxSharedTexts)
            m_context.texts.push_back(text);
        return text;
    }

    void step(Step& step, std::uint64_t flags)
    {
        if ((flags & format::event) != 0)
            step.event = sharedText();
        if ((flags & format::text) != 0)
            step.text = m_in.text();
        if ((flags & format::cpu) != 0)
            cpu();
        step.cpu = m_context.cpu;
        if ((flags & format::ripSymbol) != 0)
            m_context.ripSymbol = sharedText();
        charge(m_context.ripSymbol.size() + sizeof(StepRecord));
        step.ripSymbol = m_context.ripSymbol;
        if ((flags & format::findings) != 0) {
            m_context.findings = row<FindingCount>(2);
            for (FindingCount& finding : m_context.findings) {
                finding.name = sharedText();
                finding.count = static_cast<std::uint32_t>(m_in.number());
            }
        }
        for (const FindingCount& finding : m_context.findings)
            charge(sizeof finding + finding.name.size());
        if (m_in.good())
            step.findings = m_context.findings;
        if ((flags & format::console) != 0)
            step.console = m_in.text();
    }

    void cpu()
    {
        auto fields = format::cpuFields(m_context.cpu);
        const std::uint64_t mask = m_in.number();
        for (std::size_t i = 0; i < fields.size(); ++i)
            if ((mask >> i & 1) != 0)
                fields[i] = m_in.difference(fields[i]);
        m_context.cpu = format::cpuOf(fields);
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

    void state(StateDelta& delta, std::uint64_t flags)
    {
        if ((flags & format::features) != 0) {
            CpuFeatures features;
            features.physicalAddressBits = static_cast<unsigned>(m_in.number());
            require(features.physicalAddressBits >= 32 && features.physicalAddressBits <= 52);
            const std::uint8_t bits = m_in.byte();
            features.pse36 = (bits & 1) != 0;
            features.page1Gb = (bits & 2) != 0;
            features.known = (bits & 4) != 0;
            delta.features = features;
        }
        if ((flags & format::root) != 0)
            delta.root = PhysicalAddress(m_in.number());
        if ((flags & format::ramMap) != 0) {
            auto ranges = row<PhysicalRange>(2);
            for (PhysicalRange& range : ranges)
                range = this->range<PhysicalRange>();
            delta.ramMap = RamMap(std::move(ranges));
        }
        if ((flags & format::channel) != 0)
            delta.channel = m_in.text();
        if ((flags & format::truncated) != 0)
            delta.truncated = m_in.byte() != 0;
        if ((flags & format::linearRegions) != 0)
            delta.linearRegions = regions<LinearRegion>();
        if ((flags & format::physicalRegions) != 0)
            delta.physicalRegions = regions<PhysicalRegion>();
        if ((flags & format::pgtBuf) != 0)
            delta.pgtBuf = pgtBuf(delta.pgtBufOfMachine);
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

    template <class RegionType>
    std::vector<RegionType> regions()
    {
        auto regions = row<RegionType>(4);
        for (RegionType& region : regions) {
            region.name = sharedText();
            region.title = sharedText();
            region.range = range<decltype(region.range)>();
        }
        return regions;
    }

    PageTableBuffer pgtBuf(bool& ofMachine)
    {
        PageTableBuffer buffer;
        const std::uint8_t bits = m_in.byte();
        require((bits & 0xfU) <= static_cast<unsigned>(PgtBufTrust::Stale));
        buffer.trust = static_cast<PgtBufTrust>(bits & 0xf);
        buffer.enforced = (bits & 0x10) != 0;
        ofMachine = (bits & format::bufferInGuestFrames) == 0;
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
        return buffer;
    }

    void tables(StateDelta& delta, std::uint64_t flags)
    {
        if ((flags & format::tableList) != 0)
            delta.tableList = tableList();
        if ((flags & format::tables) != 0) {
            delta.tables = row<TableChange>(2);
            std::uint64_t last = 0;
            for (TableChange& change : delta.tables) {
                const std::uint8_t bits = m_in.byte();
                require((bits & 7U) <= static_cast<unsigned>(TableChangeKind::BecameUnreadable));
                change.kind = static_cast<TableChangeKind>(bits & 7);
                change.level = bits >> 3 & 7;
                change.detached = (bits & 0x40) != 0;
                change.address = PhysicalAddress(last = m_in.difference(last));
            }
        }
        if ((flags & format::pages) != 0) {
            delta.pages = row<PageSwap>(4);
            for (PageSwap& swap : delta.pages) {
                swap.frame = FrameNumber(m_in.number());
                const std::uint8_t bits = m_in.byte();
                swap.levels = static_cast<std::uint8_t>((bits & 0x1f) << 1);
                swap.entryBytes = (bits & 0x20) != 0 ? 4 : 8;
                swap.before = m_in.number();
                swap.after = m_in.difference(swap.before);
            }
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

    Unpacker& m_in;
    CodecContext& m_context;
};

} // namespace

Result<StepRecord> decodeStep(Unpacker& in, CodecContext& context)
{
    StepRecord record = Decoder(in, context).record();
    if (!in.good())
        return failure("read a step of the recording", "it is damaged");
    return record;
}

} // namespace pgtscope::core
