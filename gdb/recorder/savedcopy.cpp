// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/recorder/savedcopy.h"

#include <algorithm>

#include "core/steps/tablediff.h"

namespace pgtscope::gdb {

namespace {

/// Stores that are appended in one transaction, and steps between two reports of progress.
constexpr std::size_t copiedAtOnce = 1024;

/// The step as one store into one entry, if it is nothing else.
std::optional<core::WriteStep> singleStore(const core::Timeline& timeline, core::StepNumber number,
    const core::StepChanges& changes, const core::Paging& paging)
{
    if (!changes.tables.empty() || changes.entries.size() + changes.stores.size() != 1)
        return std::nullopt;
    auto step = timeline.step(number);
    const core::EntryChange& change = changes.entries.empty() ? changes.stores[0] : changes.entries[0];
    if (!step || step->cause != core::StepCause::TableWrite || !change.writer
        || core::changesStructure(paging, change))
        return std::nullopt;
    return core::WriteStep{std::move(*step), change};
}

} // namespace

SavedCopy::SavedCopy(std::unique_ptr<StepFile> file, bool everyStore)
    : m_file(std::move(file))
    , m_everyStore(everyStore)
{
}

core::Result<std::unique_ptr<SavedCopy>> SavedCopy::open(const std::string& path, bool everyStore)
{
    ASSIGN_OR_RETURN(auto file, StepFile::reopen(path));
    return std::unique_ptr<SavedCopy>(new SavedCopy(std::move(file), everyStore));
}

core::Result<std::unique_ptr<SavedCopy>> SavedCopy::create(
    const std::string& path, const core::GuestDescription& guest, bool everyStore)
{
    ASSIGN_OR_RETURN(auto file, StepFile::create(path, guest, core::Durability::Process));
    return std::unique_ptr<SavedCopy>(new SavedCopy(std::move(file), everyStore));
}

core::Result<void> SavedCopy::setSymbols(const core::SymbolTable& symbols)
{
    return symbols.empty() ? core::Result<void>()
                           : m_file->writer()->setSymbols(symbols.symbols(), symbols.slide());
}

core::Result<void> SavedCopy::update(
    const core::Timeline& timeline, core::StepNumber size, const core::Progress& progress)
{
    std::vector<core::WriteStep> stores;
    for (core::StepNumber number = m_file->writer()->size(); number < size; ++number) {
        if (progress && number % copiedAtOnce == 0)
            progress("Saving", number, size);
        RETURN_IF_ERROR(add(timeline, number, stores));
        if (stores.size() >= copiedAtOnce)
            RETURN_IF_ERROR(flush(stores));
    }
    return flush(stores);
}

/// The steps of single stores are taken as they are, through `stores`: they hold no tables of their own.
core::Result<void> SavedCopy::add(
    const core::Timeline& timeline, core::StepNumber number, std::vector<core::WriteStep>& stores)
{
    ASSIGN_OR_RETURN(const auto changes, timeline.changes(number));
    if (auto store = m_paging ? singleStore(timeline, number, changes, *m_paging) : std::nullopt) {
        stores.push_back(std::move(*store));
        return {};
    }
    return flush(stores).and_then([&] { return addStop(timeline, number, changes); });
}

core::Result<void> SavedCopy::flush(std::vector<core::WriteStep>& stores)
{
    const auto done = m_file->writer()->appendWrites(stores);
    stores.clear();
    return done.map([](core::StepNumber) {});
}

core::Result<void> SavedCopy::addStop(
    const core::Timeline& timeline, core::StepNumber number, const core::StepChanges& changes)
{
    const auto step = timeline.step(number);
    const auto snapshot = timeline.snapshot(number);
    if (!step || !snapshot)
        return tl::unexpected(step ? snapshot.error() : step.error());
    std::vector<core::EntryChange> written = changes.stores;
    std::copy_if(changes.entries.begin(), changes.entries.end(), std::back_inserter(written),
        [](const core::EntryChange& change) { return change.writer.has_value(); });
    if (m_everyStore)
        m_paging = (*snapshot)->paging();
    const auto code = timeline.code(number).value_or(std::vector<core::CodeLine>());
    return m_file->append(*step, *snapshot, code, written).map([](core::StepNumber) {});
}

} // namespace pgtscope::gdb
