// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/error.h"
#include "core/base/packing.h"
#include "core/model/assembly.h"
#include "core/recording/factchanges.h"
#include "core/recording/recordingformat.h"
#include "core/recording/xencodec.h"
#include "core/steps/step.h"

namespace pgtscope::core {

/// Number of a page in the recording's store; 0 is none.
using PageId = std::uint64_t;

/// A piece of the new list of tables: `count` tables of the old list from `first` on, or one new table.
struct TableListPiece {
    std::uint64_t first = 0;
    std::uint64_t count = 0; ///< 0: a new table.
    Table table; ///< Its page is not used.
    PageId page = 0; ///< 0 while state is Read: the frame is known already from another table.
};

/// A frame with so many changed entries that its two pages are cheaper.
struct PageSwap {
    FrameNumber frame;
    std::uint8_t entryBytes = 8;
    std::uint8_t levels = 0; ///< As EntryChange::levels, for all of it.
    PageId before = 0;
    PageId after = 0;
};

/// How the state of a guest's tables differs from the previous state. What is not set did not change.
struct StateDelta {
    FactChanges facts;
    /// The frames of pgt_buf are still those of the machine, as formats 1 and 2 have them; see
    /// RecordedState::apply().
    bool pgtBufOfMachine = false;
    std::optional<std::vector<TableListPiece>> tableList;
    std::vector<TableChange> tables;
    std::vector<EntryChange> entries; ///< Applied after the table list.
    std::vector<PageSwap> pages; ///< Applied after the table list.
    std::optional<XenDelta> xen;
};

struct StepRecord {
    Step step;
    StateDelta delta;
};

/// Bytes of memory that the decoded records of one chunk may take.
inline constexpr std::size_t maxDecodedBytes = std::size_t{192} << 20;

/// What a record can leave out because an earlier one of the same chunk said it.
struct CodecContext {
    std::uint32_t format = recordingFormat; ///< Of the records; reading only.
    std::vector<std::string> texts;
    std::unordered_map<std::string, std::size_t> textIndex; ///< Writing only.
    Step previous; ///< Of the previous record: what a step has that its record leaves out.
    std::uint64_t address = 0;
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    std::uint64_t writerRip = 0;
    std::size_t budget = maxDecodedBytes; ///< What decoding may still take.
};

/// In the newest format.
void encodeStep(const StepRecord& record, CodecContext& context, Packer& out);
/// The next record, of the context's format; its step's number is left 0. Passes over what a newer program
/// may have added, and fails on anything else that encodeStep() does not write.
Result<StepRecord> decodeStep(Unpacker& in, CodecContext& context);

} // namespace pgtscope::core
