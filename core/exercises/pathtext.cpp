// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/exercises/pathtext.h"

#include "core/base/numbers.h"

namespace pgtscope::core {

namespace {

std::string nameOf(const Paging& paging, unsigned level, unsigned index, PhysicalAddress address)
{
    return std::string(paging.names(level).intel) + ' ' + std::to_string(index) + " at "
        + hexText(address.value);
}

} // namespace

std::vector<WalkedEntry> mappedPages(const Snapshot& snapshot)
{
    struct Pages {
        std::vector<WalkedEntry> found;
        WalkAction page(const WalkedEntry& walked)
        {
            found.push_back(walked);
            return WalkAction::Continue;
        }
    } pages;
    walk(snapshot, pages);
    return std::move(pages.found);
}

std::string entryName(const Paging& paging, const EntryAt& at)
{
    return nameOf(paging, at.entry.level, at.index, at.address);
}

std::string entryName(const Paging& paging, const TranslationStep& step)
{
    return nameOf(paging, step.entry.level, step.index, step.entryAddress);
}

std::string tableName(const Paging& paging, unsigned level)
{
    return std::string(paging.names(level).intelTable());
}

std::string indicesText(const Paging& paging, LinearAddress linear)
{
    std::string text;
    for (unsigned level = paging.levels(); level >= 1; --level)
        text += (text.empty() ? "" : ", ") + tableName(paging, level) + ' '
            + std::to_string(paging.index(linear, level));
    return text;
}

std::string faultText(const Snapshot& snapshot, const Translation& translation)
{
    const std::string address = hexText(translation.linear.value);
    if (translation.end == TranslationEnd::NotCanonical)
        return address
            + " is not canonical: bits 63 to 48 have to equal bit 47, and the access is #GP before any "
              "table is read.";
    if (translation.end == TranslationEnd::Mapped)
        return {};
    return "The walk of " + address + " ends at " + entryName(snapshot.paging(), translation.steps.back())
        + ": P is clear, so that nothing is mapped there.";
}

} // namespace pgtscope::core
