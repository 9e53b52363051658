// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/stepcodec.h"
#include "core/recording/stepformat.h"

namespace pgtscope::core {

namespace {

namespace format = stepformat;

constexpr std::uint64_t when(bool condition, std::uint64_t flag) { return condition ? flag : 0; }

class Encoder {
public:
    Encoder(CodecContext& context, Packer& out)
        : m_context(context)
        , m_out(out)
    {
    }

    void record(const StepRecord& record)
    {
        const std::uint64_t flags = stepFlags(record.step) | deltaFlags(record.delta);
        m_out.number(flags);
        m_out.byte(static_cast<std::uint8_t>(record.step.cause));
        m_out.difference(m_context.time, record.step.time);
        m_context.time = record.step.time;
        step(record.step, flags);
        if ((flags & format::entries) != 0)
            entries(record.delta.entries);
        state(record.delta);
        tables(record.delta, flags);
        if (record.delta.xen)
            encodeXen(*record.delta.xen, m_out);
    }

private:
    std::uint64_t stepFlags(const Step& step) const
    {
        std::uint64_t flags = 0;
        flags |= when(!step.event.empty(), format::event);
        flags |= when(!step.text.empty(), format::text);
        flags |= when(step.cpu != m_context.cpu, format::cpu);
        flags |= when(step.ripSymbol != m_context.ripSymbol, format::ripSymbol);
        flags |= when(step.findings != m_context.findings, format::findings);
        flags |= when(!step.console.empty(), format::console);
        return flags;
    }

    static std::uint64_t deltaFlags(const StateDelta& delta)
    {
        std::uint64_t flags = 0;
        flags |= when(!delta.entries.empty(), format::entries);
        flags |= when(delta.features.has_value(), format::features);
        flags |= when(delta.root.has_value(), format::root);
        flags |= when(delta.ramMap.has_value(), format::ramMap);
        flags |= when(delta.channel.has_value(), format::channel);
        flags |= when(delta.truncated.has_value(), format::truncated);
        flags |= when(delta.linearRegions.has_value(), format::linearRegions);
        flags |= when(delta.physicalRegions.has_value(), format::physicalRegions);
        flags |= when(delta.pgtBuf.has_value(), format::pgtBuf);
        flags |= when(delta.tableList.has_value(), format::tableList);
        flags |= when(!delta.tables.empty(), format::tables);
        flags |= when(!delta.pages.empty(), format::pages);
        flags |= when(delta.xen.has_value(), format::xen);
        return flags;
    }

    /// 0 and the text when it is new, else its number in the order of first use, from 1.
    void sharedText(const std::string& text)
    {
        const auto known = m_context.textIndex.find(text);
        if (known != m_context.textIndex.end()) {
            m_out.number(known->second + 1);
            return;
        }
        m_out.number(0);
        m_out.text(text);
        if (m_context.textIndex.size() < format::maxSharedTexts)
            m_context.textIndex.emplace(text, m_context.textIndex.size());
    }

    void step(const Step& step, std::uint64_t flags)
    {
        if ((flags & format::event) != 0)
            sharedText(step.event);
        if ((flags & format::text) != 0)
            m_out.text(step.text);
        if ((flags & format::cpu) != 0)
            cpu(step.cpu);
        if ((flags & format::ripSymbol) != 0)
            sharedText(m_context.ripSymbol = step.ripSymbol);
        if ((flags & format::findings) != 0) {
            m_context.findings = step.findings;
            m_out.number(step.findings.size());
            for (const FindingCount& finding : step.findings) {
                sharedText(finding.name);
                m_out.number(finding.count);
            }
        }
        if ((flags & format::console) != 0)
            m_out.text(step.console);
    }

    void cpu(const CpuState& cpu)
    {
        const auto old = format::cpuFields(m_context.cpu);
        const auto now = format::cpuFields(cpu);
        std::uint64_t mask = 0;
        for (std::size_t i = 0; i < now.size(); ++i)
            mask |= std::uint64_t{old[i] != now[i]} << i;
        m_out.number(mask);
        for (std::size_t i = 0; i < now.size(); ++i)
            if (old[i] != now[i])
                m_out.difference(old[i], now[i]);
        m_context.cpu = cpu;
    }

    void entries(const std::vector<EntryChange>& entries)
    {
        m_out.number(entries.size());
        for (const EntryChange& entry : entries) {
            m_out.difference(m_context.address, entry.address.value);
            // Levels 1 to 5 in bits 0 to 4.
            m_out.byte(static_cast<std::uint8_t>(
                entry.levels >> 1 | (entry.bytes == 4 ? 0x20 : 0) | (entry.writer ? 0x40 : 0)));
            m_out.difference(m_context.before, entry.before);
            m_out.difference(m_context.after, entry.after);
            m_context.address = entry.address.value;
            m_context.before = entry.before;
            m_context.after = entry.after;
            if (entry.writer) {
                m_out.difference(m_context.writerRip, entry.writer->rip.value);
                m_context.writerRip = entry.writer->rip.value;
                sharedText(entry.writer->symbol);
                m_out.byte(entry.writer->bytes);
            }
        }
    }

    void state(const StateDelta& delta)
    {
        if (delta.features) {
            m_out.number(delta.features->physicalAddressBits);
            m_out.byte(static_cast<std::uint8_t>((delta.features->pse36 ? 1 : 0)
                | (delta.features->page1Gb ? 2 : 0) | (delta.features->known ? 4 : 0)));
        }
        if (delta.root)
            m_out.number(delta.root->value);
        if (delta.ramMap) {
            m_out.number(delta.ramMap->ranges().size());
            for (const PhysicalRange& range : delta.ramMap->ranges())
                this->range(range);
        }
        if (delta.channel)
            m_out.text(*delta.channel);
        if (delta.truncated)
            m_out.byte(*delta.truncated ? 1 : 0);
        if (delta.linearRegions)
            regions(*delta.linearRegions);
        if (delta.physicalRegions)
            regions(*delta.physicalRegions);
        if (delta.pgtBuf)
            pgtBuf(*delta.pgtBuf);
    }

    template <class Range>
    void range(const Range& range)
    {
        m_out.number(range.begin.value);
        m_out.number(range.end.value - range.begin.value);
    }

    template <class Regions>
    void regions(const Regions& regions)
    {
        m_out.number(regions.size());
        for (const auto& region : regions) {
            sharedText(region.name);
            sharedText(region.title);
            range(region.range);
        }
    }

    void pgtBuf(const PageTableBuffer& buffer)
    {
        m_out.byte(static_cast<std::uint8_t>(static_cast<unsigned>(buffer.trust)
            | (buffer.enforced ? 0x10U : 0U) | (buffer.bmPte ? 0x20U : 0U) | format::bufferInGuestFrames));
        m_out.number(buffer.epochs.size());
        for (const PgtBufEpoch& epoch : buffer.epochs) {
            m_out.number(epoch.start.value);
            m_out.difference(epoch.start.value, epoch.end.value);
            m_out.difference(epoch.end.value, epoch.top.value);
            m_out.byte(epoch.startRecovered ? 1 : 0);
        }
        m_out.number(buffer.beyond.size());
        for (const GuestFrameRange& frames : buffer.beyond)
            range(frames);
        if (buffer.bmPte)
            m_out.number(buffer.bmPte->value);
    }

    void tables(const StateDelta& delta, std::uint64_t flags)
    {
        if (delta.tableList)
            tableList(*delta.tableList);
        if ((flags & format::tables) != 0) {
            m_out.number(delta.tables.size());
            std::uint64_t last = 0;
            for (const TableChange& change : delta.tables) {
                m_out.byte(static_cast<std::uint8_t>(static_cast<unsigned>(change.kind)
                    | unsigned{change.level} << 3 | (change.detached ? 0x40U : 0U)));
                m_out.difference(last, change.address.value);
                last = change.address.value;
            }
        }
        if ((flags & format::pages) != 0) {
            m_out.number(delta.pages.size());
            for (const PageSwap& swap : delta.pages) {
                m_out.number(swap.frame.value);
                m_out.byte(static_cast<std::uint8_t>(swap.levels >> 1 | (swap.entryBytes == 4 ? 0x20 : 0)));
                m_out.number(swap.before);
                m_out.difference(swap.before, swap.after);
            }
        }
    }

    void tableList(const std::vector<TableListPiece>& pieces)
    {
        m_out.number(pieces.size());
        std::uint64_t address = 0;
        std::uint64_t page = 0;
        std::uint64_t next = 0;
        for (const TableListPiece& piece : pieces) {
            m_out.number(piece.count);
            if (piece.count != 0) {
                m_out.difference(next, piece.first);
                next = piece.first + piece.count;
                continue;
            }
            const Table& table = piece.table;
            m_out.byte(static_cast<std::uint8_t>((static_cast<unsigned>(table.state) & 3U)
                | (table.state == TableState::Hypervisor ? 0x80U : 0U)
                | (table.origin == TableOrigin::Detached ? 4U : 0U) | (piece.page != 0 ? 8U : 0U)
                | unsigned{table.level} << 4));
            m_out.difference(address, table.address.value);
            address = table.address.value;
            if (piece.page != 0) {
                m_out.difference(page, piece.page);
                page = piece.page;
            }
        }
    }

    CodecContext& m_context;
    Packer& m_out;
};

} // namespace

void encodeStep(const StepRecord& record, CodecContext& context, Packer& out)
{
    Encoder(context, out).record(record);
}

} // namespace pgtscope::core
