// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/checkpoint/pagemap.h"

namespace pgtscope::gdb {

core::Bytes pack(const PageMap& map)
{
    core::Packer packer;
    packer.number(map.groups.size());
    for (const PageMap::Group& group : map.groups) {
        packer.text(group.chunk);
        packer.number(group.pages);
    }
    packer.number(map.runs.size());
    PageMap::Run last;
    for (const PageMap::Run& run : map.runs) {
        packer.number(run.page - last.page - last.count);
        packer.number(run.count);
        packer.difference(last.group, run.group);
        packer.number(run.slot);
        last = run;
    }
    return packer.take();
}

core::Result<PageMap> unpackPageMap(core::ByteView bytes, std::uint64_t pages)
{
    const auto damaged = core::failure("read a checkpoint", "its list of pages is damaged");
    core::Unpacker unpacker(bytes);
    PageMap map;
    map.groups.resize(unpacker.count(2));
    for (PageMap::Group& group : map.groups) {
        group.chunk = unpacker.text();
        group.pages = unpacker.number();
        if (group.pages == 0 || group.pages > pagesOfGroup)
            return damaged;
    }
    map.runs.resize(unpacker.count(4));
    std::uint64_t next = 0; // the first page that no run has reached
    std::uint64_t group = 0;
    for (PageMap::Run& run : map.runs) {
        const std::uint64_t gap = unpacker.number();
        run.count = unpacker.number();
        group = unpacker.difference(group);
        run.group = group;
        run.slot = unpacker.number();
        if (gap > pages - next || run.count > pages - next - gap || run.group >= map.groups.size()
            || run.slot > map.groups[run.group].pages || run.count > map.groups[run.group].pages - run.slot)
            return damaged;
        run.page = next + gap;
        next = run.page + run.count;
    }
    return unpacker.good() && unpacker.atEnd() ? core::Result<PageMap>(std::move(map)) : damaged;
}

} // namespace pgtscope::gdb
