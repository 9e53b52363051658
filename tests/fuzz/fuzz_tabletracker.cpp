// SPDX-License-Identifier: GPL-2.0-or-later
// The plugin inside QEMU, with a guest that stores what it likes into its tables; and the recorder's end of
// the memory that the two share, with a plugin that puts there what it likes.
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <unistd.h>
#include <vector>

#include "gdb/qemu/writering.h"
#include "gdb/tcgplugin/tabletracker.h"
#include "tests/fuzz/input.h"

using namespace pgtscope::writes;
using pgtscope::fuzz::Input;
using pgtscope::fuzz::require;

namespace {

constexpr std::uint64_t pages = 16;
constexpr std::uint64_t pageBytes = TableTracker::pageBytes;

/// A guest of a few pages, and a reader that keeps what the ring says of its tables.
class Machine {
public:
    explicit Machine(std::uint8_t mode)
        : m_ram(pages * pageBytes)
        , m_shared(emptyShared())
        , m_wide((mode & 1U) != 0)
        , m_levels(m_wide ? 3 + (mode >> 1U) % 3 : 2)
        , m_tracker(*m_shared, {m_ram.data(), m_ram.size()})
    {
        m_shared->header.consumer = ::getpid();
        follow(1);
    }

    void follow(std::uint8_t page)
    {
        Request& request = m_shared->request;
        request.levels = m_levels;
        request.entryBytes = m_wide ? 8 : 4;
        const bool pae = m_wide && m_levels == 3;
        for (unsigned level = 1; level <= m_levels; ++level)
            request.rules[level] = {pae && level == 3 ? 4U
                    : m_wide                          ? 512U
                                                      : 1024U,
                level > 1 && level <= 3 ? 1U : 0U, m_wide ? 0x000f'ffff'ffff'f000U : 0xffff'f000U};
        request.pieceCount = 1;
        request.pieces[0] = {0, m_ram.size(), 0};
        request.rootCount = 1;
        request.roots[0] = {page % pages * pageBytes, m_levels};
        m_tracker.adoptRequest();
        drain();
    }

    /// Carries a store out and reports it as the plugin does.
    void store(std::uint64_t offset, unsigned bytes, std::uint64_t value, std::uint64_t rip)
    {
        offset = offset % m_ram.size() / bytes * bytes;
        std::memcpy(m_ram.data() + offset, &value, bytes);
        const InstructionId id = m_tracker.instruction(rip);
        if (m_tracker.isTable(offset))
            m_tracker.stored({offset, bytes, id, 0});
        drain();
    }

    /// The reader knows every table as it is.
    void check() const
    {
        for (std::uint64_t at = 0; at < m_ram.size(); at += pageBytes)
            if (m_tracker.isTable(at)) {
                const auto page = m_mirror.find(at);
                require(page != m_mirror.end());
                require(std::memcmp(page->second.data(), m_ram.data() + at, pageBytes) == 0);
            }
    }

private:
    /// The ring is large: every machine has the same, and what is left there is not looked at.
    static Shared* emptyShared()
    {
        static const auto shared = std::make_unique<Shared>();
        return new (&shared->header) Header, shared.get();
    }

    void drain()
    {
        Header& header = m_shared->header;
        while (header.consumed < header.produced)
            take(m_shared->ring[header.consumed++ % ringRecords]);
    }

    void take(const Record& record)
    {
        require(record.offset < m_ram.size());
        const std::uint64_t begin = record.offset / pageBytes * pageBytes;
        if (record.kind == RecordKind::Page)
            m_mirror[begin].assign(pageBytes, std::byte{0});
        else if (record.kind != RecordKind::Repeat && m_mirror.contains(begin))
            std::memcpy(m_mirror[begin].data() + record.offset % pageBytes, &record.value, m_wide ? 8 : 4);
    }

    std::vector<std::byte> m_ram;
    Shared* m_shared;
    bool m_wide;
    unsigned m_levels;
    TableTracker m_tracker;
    std::map<std::uint64_t, std::vector<std::byte>> m_mirror;
};

void runGuest(Input& input)
{
    Machine machine(input.byte());
    for (int acts = 0; acts < 4096 && !input.empty(); ++acts) {
        const std::uint8_t act = input.byte();
        if (act == 'r') {
            machine.follow(input.byte());
            continue;
        }
        // Page, word, the page that the entry leads to, and its flags: random words would never be a table.
        const std::uint64_t offset = input.byte() % pages * pageBytes + input.number(2) % pageBytes;
        const std::uint64_t value
            = (act & 0x40U) != 0 ? input.number(8) : input.byte() % pages * pageBytes + input.number(1);
        machine.store(offset, (act & 1U) != 0 ? 8 : 4, value, act);
    }
    machine.check();
}

/// The header and the first records are the fuzzer's.
void readRing(Input& input)
{
    using pgtscope::gdb::WriteRing;
    static const std::filesystem::path path
        = std::filesystem::temp_directory_path() / ("fuzz-ring-" + std::to_string(::getpid()));
    static const bool made = WriteRing::create(path).has_value();
    require(made);
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    const auto rest = input.rest();
    const std::size_t head = std::min<std::size_t>(rest.size(), sizeof(Header));
    file.write(rest.data(), static_cast<std::streamsize>(head));
    file.seekp(offsetof(Shared, ring));
    file.write(rest.data() + head, static_cast<std::streamsize>(rest.size() - head));
    file.close();
    const auto ring = WriteRing::open(path);
    if (!ring)
        return;
    for (int i = 0; i < 2; ++i)
        require((*ring)->take().size() <= ringRecords);
    (void)(*ring)->takeRun();
    (void)(*ring)->lost();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Input input(data, size);
    if (input.byte() == 'R')
        readRing(input);
    else
        runGuest(input);
    return 0;
}
