// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/recording/compression.h"

#include <cstring>
#include <memory>
#include <new>

#include <xxhash.h>
#include <zstd.h>
#include <zstd_errors.h>

namespace pgtscope::core {

namespace {

struct FreeContext {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

template <class Context>
using ContextPtr = std::unique_ptr<Context, FreeContext>;

/// A context that is made when it is needed first, or again after memory was short.
template <class Context>
Context* needed(ContextPtr<Context>& context, Context* (*make)())
{
    if (!context)
        context.reset(make());
    if (!context)
        throw std::bad_alloc();
    return context.get();
}

ZSTD_CCtx* packingContext()
{
    thread_local ContextPtr<ZSTD_CCtx> context;
    return needed(context, &ZSTD_createCCtx);
}

ZSTD_DCtx* unpackingContext()
{
    thread_local ContextPtr<ZSTD_DCtx> context;
    return needed(context, &ZSTD_createDCtx);
}

} // namespace

ContentHash contentHash(ByteView bytes)
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
    ContentHash hash;
    static_assert(sizeof canonical.digest == sizeof hash);
    std::memcpy(hash.data(), canonical.digest, hash.size());
    return hash;
}

ContentHash contentHash(const TablePage& page) { return contentHash(std::as_bytes(std::span(page.words))); }

Bytes compress(ByteView bytes, int level)
{
    Bytes packed(ZSTD_compressBound(bytes.size()));
    const std::size_t size = ZSTD_compressCCtx(
        packingContext(), packed.data(), packed.size(), bytes.data(), bytes.size(), level);
    // The bound leaves no way to fail but memory. Nothing packed must not pass for something.
    if (ZSTD_isError(size) != 0)
        throw std::bad_alloc();
    packed.resize(size);
    return packed;
}

Result<Bytes> decompress(ByteView packed, std::size_t bytes)
{
    const auto damaged = failure("unpack a part of the recording", "it is damaged");
    if (bytes > maxUnpackedBytes || ZSTD_getFrameContentSize(packed.data(), packed.size()) != bytes)
        return damaged;
    Bytes unpacked(bytes);
    const std::size_t size = ZSTD_decompressDCtx(
        unpackingContext(), unpacked.data(), unpacked.size(), packed.data(), packed.size());
    if (ZSTD_getErrorCode(size) == ZSTD_error_memory_allocation)
        throw std::bad_alloc();
    if (ZSTD_isError(size) != 0 || size != bytes)
        return damaged;
    return unpacked;
}

Bytes compressPage(const TablePage& page)
{
    // Neighbouring entries mostly differ by one page: their differences are all alike.
    auto words = page.words;
    for (std::size_t i = words.size() - 1; i > 0; --i)
        words[i] -= words[i - 1];
    return compress(std::as_bytes(std::span(words)));
}

Result<std::shared_ptr<TablePage>> decompressPage(ByteView packed)
{
    auto page = std::make_shared_for_overwrite<TablePage>();
    ASSIGN_OR_RETURN(auto unpacked, decompress(packed, sizeof page->words));
    std::memcpy(page->words.data(), unpacked.data(), unpacked.size());
    for (std::size_t i = 1; i < page->words.size(); ++i)
        page->words[i] += page->words[i - 1];
    return page;
}

} // namespace pgtscope::core
