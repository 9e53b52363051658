// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/cpufields.h"
#include "core/recording/stepcodec.h"
#include "core/recording/stepformat.h"
#include "core/steps/stepfields.h"

namespace pgtscope::core {

namespace {

namespace format = stepformat;

class Encoder {
public:
    explicit Encoder(CodecContext& context)
        : m_context(context)
    {
    }

    void record(const StepRecord& record, Packer& out)
    {
        forEachStepField([&](const auto& fact) { stepField(fact, record.step); });
        const StateDelta& delta = record.delta;
        if (!delta.entries.empty())
            field(format::entries, [&] { entries(delta.entries); });
        forEachFact([&](const auto& fact) {
            if (const auto& value = delta.facts[fact.member])
                field(fact.tag, [&] { pack(*value); });
        });
        if (delta.tableList)
            field(format::tableList, [&] { tableList(*delta.tableList); });
        if (!delta.tables.empty())
            field(format::tables, [&] { tables(delta.tables); });
        if (!delta.pages.empty())
            field(format::pages, [&] { pages(delta.pages); });
        if (delta.xen)
            field(format::xen, [&] { encodeXen(*delta.xen, m_out); });
        const Bytes fields = m_fields.take();
        if (m_newTexts != 0)
            field(format::texts, [&] {
                m_out.number(m_newTexts);
                m_out.append(m_texts.view());
            });
        out.number(m_fields.size() + fields.size());
        out.append(m_fields.view());
        out.append(fields);
    }

private:
    template <class Fill>
    void field(unsigned tag, const Fill& fill)
    {
        fill();
        const Bytes payload = m_out.take();
        m_fields.number(tag);
        m_fields.number(payload.size());
        m_fields.append(payload);
    }

    template <class T>
    void stepField(const StepField<T>& fact, const Step& step)
    {
        const T& value = step.*fact.member;
        T& previous = m_context.previous.*fact.member;
        if (value == (fact.absent == Absent::Empty ? T{} : previous))
            return;
        field(fact.tag, [&] { pack(value, previous, fact.recurs); });
        if (fact.absent == Absent::Unchanged)
            previous = value;
    }

    /// The text's number in the order of first use, from 1; 0 and the text when the numbers are used up.
    void sharedText(const std::string& text)
    {
        const auto known = m_context.textIndex.find(text);
        if (known != m_context.textIndex.end()) {
            m_out.number(known->second + 1);
        } else if (m_context.textIndex.size() < format::maxSharedTexts) {
            m_context.textIndex.emplace(text, m_context.textIndex.size());
            m_texts.text(text);
            ++m_newTexts;
            m_out.number(m_context.textIndex.size());
        } else {
            m_out.number(0);
            m_out.text(text);
        }
    }

    void pack(StepCause cause, StepCause, bool) { m_out.byte(static_cast<std::uint8_t>(cause)); }
    void pack(std::uint64_t number, std::uint64_t before, bool) { m_out.difference(before, number); }

    void pack(const std::string& text, const std::string&, bool recurs)
    {
        if (recurs)
            sharedText(text);
        else
            m_out.text(text);
    }

    void pack(const std::vector<FindingCount>& findings, const std::vector<FindingCount>&, bool)
    {
        m_out.number(findings.size());
        for (const FindingCount& finding : findings) {
            sharedText(finding.name);
            m_out.number(finding.count);
        }
        // After the part that readers of formats up to 3 know.
        for (const FindingCount& finding : findings)
            m_out.number(finding.broken);
    }

    void pack(const CpuState& cpu, const CpuState& before, bool)
    {
        const auto old = cpuFields(before);
        const auto now = cpuFields(cpu);
        std::uint64_t mask = 0;
        for (std::size_t i = 0; i < now.size(); ++i)
            mask |= std::uint64_t{old[i] != now[i]} << i;
        m_out.number(mask);
        for (std::size_t i = 0; i < now.size(); ++i)
            if (old[i] != now[i])
                m_out.difference(old[i], now[i]);
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

    void pack(const CpuFeatures& features)
    {
        m_out.number(features.physicalAddressBits);
        m_out.byte(static_cast<std::uint8_t>(
            (features.pse36 ? 1 : 0) | (features.page1Gb ? 2 : 0) | (features.known ? 4 : 0)));
    }

    void pack(PhysicalAddress address) { m_out.number(address.value); }
    void pack(const std::string& text) { m_out.text(text); }
    void pack(bool value) { m_out.byte(value ? 1 : 0); }

    void pack(const RamMap& map)
    {
        m_out.number(map.ranges().size());
        for (const PhysicalRange& range : map.ranges())
            this->range(range);
    }

    template <class Range>
    void range(const Range& range)
    {
        m_out.number(range.begin.value);
        m_out.number(range.end.value - range.begin.value);
    }

    template <class Range>
    void pack(const std::vector<Region<Range>>& regions)
    {
        m_out.number(regions.size());
        for (const auto& region : regions) {
            sharedText(region.name);
            sharedText(region.title);
            range(region.range);
        }
    }

    void pack(const std::vector<std::string>& lines)
    {
        m_out.number(lines.size());
        for (const std::string& line : lines)
            sharedText(line);
    }

    void pack(const PageTableBuffer& buffer)
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

    void pack(const CheckerTypes& types)
    {
        m_out.byte(types.known ? 1 : 0);
        encodeXenTables(types.tables, m_out);
    }

    void tables(const std::vector<TableChange>& changes)
    {
        m_out.number(changes.size());
        std::uint64_t last = 0;
        for (const TableChange& change : changes) {
            m_out.byte(static_cast<std::uint8_t>(static_cast<unsigned>(change.kind)
                | unsigned{change.level} << 3 | (change.detached ? 0x40U : 0U)));
            m_out.difference(last, change.address.value);
            last = change.address.value;
        }
    }

    void pages(const std::vector<PageSwap>& swaps)
    {
        m_out.number(swaps.size());
        for (const PageSwap& swap : swaps) {
            m_out.number(swap.frame.value);
            m_out.byte(static_cast<std::uint8_t>(swap.levels >> 1 | (swap.entryBytes == 4 ? 0x20 : 0)));
            m_out.number(swap.before);
            m_out.difference(swap.before, swap.after);
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
    Packer m_fields;
    Packer m_out; ///< Of the field that is being packed.
    Packer m_texts;
    std::size_t m_newTexts = 0;
};

} // namespace

void encodeStep(const StepRecord& record, CodecContext& context, Packer& out)
{
    Encoder(context).record(record, out);
}

} // namespace pgtscope::core
