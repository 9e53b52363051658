// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/memory/pmemsave.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <system_error>
#include <unistd.h>

#include "gdb/memory/fileio.h"
#include "gdb/mi/miclient.h"
#include "gdb/stub/target.h"

namespace pgtscope::gdb {

namespace {

// A command costs about as much time as copying this many bytes, so smaller gaps are read along.
constexpr std::uint64_t gapBytes = 64U << 10U;
// Bounds the disk space in use: at most filesAtOnce of these.
constexpr std::uint64_t saveRunBytes = 16U << 20U;
constexpr std::size_t filesAtOnce = 32;

} // namespace

Pmemsave::Pmemsave(Target& target, std::vector<RamPiece> pieces, OwnedDirectory directory)
    : Channel(std::move(pieces))
    , m_target(target)
    , m_directory(std::move(directory))
{
}

core::Result<std::unique_ptr<Pmemsave>> Pmemsave::open(Target& target, std::vector<RamPiece> pieces)
{
    ASSIGN_OR_RETURN(auto directory, OwnedDirectory::make(savedMemory()));
    return std::unique_ptr<Pmemsave>(new Pmemsave(target, std::move(pieces), std::move(directory)));
}

core::Result<void> Pmemsave::readRam(std::span<RamChunk> chunks)
{
    std::vector<std::size_t> owner;
    std::vector<RamChunk> parts = splitChunks(chunks, saveRunBytes, owner);
    const std::vector<ChunkRun> runs = joinChunks(parts, gapBytes, saveRunBytes);
    for (std::size_t at = 0; at < runs.size(); at += filesAtOnce) {
        const std::size_t count = std::min(filesAtOnce, runs.size() - at);
        RETURN_IF_ERROR(save(std::span(runs).subspan(at, count)));
    }
    for (RamChunk& chunk : chunks)
        chunk.ok = true;
    for (std::size_t index = 0; index < parts.size(); ++index)
        chunks[owner[index]].ok = chunks[owner[index]].ok && parts[index].ok;
    return {};
}

core::Result<void> Pmemsave::save(std::span<const ChunkRun> runs)
{
    std::optional<core::Error> problem;
    for (std::size_t index = 0; index < runs.size(); ++index) {
        ::unlink(fileName(index).c_str());
        const std::string command = "monitor pmemsave " + std::to_string(runs[index].begin.value) + " "
            + std::to_string(runs[index].bytes) + " \"" + fileName(index) + "\"";
        m_target.submit("-interpreter-exec console " + miQuoted(command),
            [&problem](core::Result<MiRecord> result, const std::string& printed) {
                if (!problem && !result)
                    problem = result.error();
                else if (!problem && !printed.empty())
                    problem = core::Error{"let QEMU save the guest's memory",
                        printed.substr(0, printed.find_first_of("\r\n")), ""};
            });
    }
    RETURN_IF_ERROR(m_target.awaitAll());
    for (std::size_t index = 0; index < runs.size() && !problem; ++index) {
        const int file = ::open(fileName(index).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (file < 0)
            return core::failure("read the guest's memory from " + fileName(index),
                std::generic_category().message(errno),
                "QEMU seems to run on another machine or in a container");
        for (RamChunk* chunk : runs[index].chunks)
            chunk->ok = readFully(file, chunk->address - runs[index].begin, chunk->bytes);
        ::close(file);
        ::unlink(fileName(index).c_str());
    }
    return problem ? tl::unexpected(*problem) : core::Result<void>();
}

} // namespace pgtscope::gdb
