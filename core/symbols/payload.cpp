// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/symbols/payload.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <archive.h>
#include <archive_entry.h>

#include "core/symbols/bytes.h"

namespace pgtscope::core {

namespace {

struct Format {
    std::string_view name;
    std::string_view magic;
    int (*enable)(archive*);
    bool sizeAppended;
};

using namespace std::string_view_literals;

constexpr std::array<Format, 8> formats{{
    {"gzip", "\x1f\x8b"sv, archive_read_support_filter_gzip, false},
    {"bzip2", "BZh"sv, archive_read_support_filter_bzip2, true},
    {"xz",
        "\xfd"
        "7zXZ\0"sv,
        archive_read_support_filter_xz, true},
    {"lzma", "\x5d\0\0"sv, archive_read_support_filter_lzma, true},
    {"lz4", "\x02\x21\x4c\x18"sv, archive_read_support_filter_lz4, true},
    {"lz4", "\x04\x22\x4d\x18"sv, archive_read_support_filter_lz4, true},
    {"zstd", "\x28\xb5\x2f\xfd"sv, archive_read_support_filter_zstd, true},
    {"LZO", "\x89LZO"sv, nullptr, true},
}};

constexpr std::string_view elfMagic = "\x7f"
                                      "ELF"sv;

bool startsWith(std::span<const std::byte> bytes, std::string_view magic)
{
    return bytes.size() >= magic.size()
        && std::equal(magic.begin(), magic.end(), bytes.begin(),
            [](char expected, std::byte found) { return static_cast<std::byte>(expected) == found; });
}

struct FreeArchive {
    void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, FreeArchive>;

/// What is unpacked, and what errors call it.
struct Packed {
    const Format& format;
    std::string name;
};

tl::unexpected<Error> refusal(const Packed& packed, std::string happened)
{
    return failure("unpack " + packed.name, std::move(happened),
        "check that the kernel file is complete, or give an unpacked vmlinux");
}

const Format* formatOf(std::span<const std::byte> bytes)
{
    const auto* found = std::find_if(
        formats.begin(), formats.end(), [&](const Format& f) { return startsWith(bytes, f.magic); });
    return found == formats.end() ? nullptr : found;
}

std::string endedEarly(std::size_t got, std::size_t expected)
{
    return "it ended after " + std::to_string(got) + " of " + std::to_string(expected) + " bytes";
}

Result<Reader> openPacked(const Packed& what, std::span<const std::byte> packed)
{
    Reader reader(archive_read_new());
    archive_entry* entry = nullptr;
    // Only the one filter: libarchive's "all" would start outside programs for formats it lacks.
    if (!reader || what.format.enable(reader.get()) != ARCHIVE_OK
        || archive_read_support_format_raw(reader.get()) != ARCHIVE_OK
        || archive_read_open_memory(reader.get(), packed.data(), packed.size()) != ARCHIVE_OK
        || archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK) {
        const char* text = reader ? archive_error_string(reader.get()) : nullptr;
        return refusal(what, text != nullptr ? text : "it is not in that format");
    }
    return reader;
}

/// `expected` is the unpacked size where the payload holds it. It ends the reading, so that a filter which
/// looks for another frame after the last one cannot fail.
Result<std::vector<std::byte>> readAll(
    const Packed& what, archive* reader, std::optional<std::size_t> expected, std::size_t limit)
{
    // What is read at once grows with what is there: a small file costs no large block.
    constexpr std::size_t leastChunk = std::size_t{64} << 10;
    constexpr std::size_t maxChunk = std::size_t{4} << 20;
    std::vector<std::byte> unpacked;
    const std::size_t most = expected.value_or(limit);
    while (unpacked.size() < most) {
        const std::size_t before = unpacked.size();
        unpacked.resize(before + std::min(std::clamp(before, leastChunk, maxChunk), most - before));
        const la_ssize_t got = archive_read_data(reader, unpacked.data() + before, unpacked.size() - before);
        if (got < 0) {
            const char* text = archive_error_string(reader);
            return refusal(what, text != nullptr ? text : "the data is damaged");
        }
        unpacked.resize(before + static_cast<std::size_t>(got));
        if (got == 0) {
            return expected ? refusal(what, endedEarly(unpacked.size(), *expected))
                            : Result<std::vector<std::byte>>(std::move(unpacked));
        }
    }
    if (!expected) {
        return refusal(what, "it unpacks to more bytes than any kernel has");
    }
    return unpacked;
}

} // namespace

Result<std::vector<std::byte>> unpackPayload(std::span<const std::byte> payload, std::size_t limit)
{
    if (startsWith(payload, elfMagic)) {
        return std::vector<std::byte>(payload.begin(), payload.end());
    }
    const Format* format = formatOf(payload);
    if (format == nullptr) {
        return failure("unpack the kernel's payload", "its compression is not known",
            "give an unpacked vmlinux (scripts/extract-vmlinux of the kernel source makes one)");
    }
    const Packed what{*format, "the kernel's " + std::string(format->name) + " payload"};
    if (format->enable == nullptr) {
        return refusal(what, "that format is not supported");
    }
    std::optional<std::size_t> expected;
    if (format->sizeAppended) {
        if (payload.size() < 8) {
            return refusal(what, "it is too short");
        }
        expected = littleEndianAt<std::uint32_t>(payload, payload.size() - 4);
        payload = payload.first(payload.size() - 4);
    }
    if (expected.value_or(0) > limit) {
        return refusal(what, "it claims " + std::to_string(*expected) + " bytes, more than any kernel has");
    }
    ASSIGN_OR_RETURN(auto reader, openPacked(what, payload));
    return readAll(what, reader.get(), expected, limit);
}

bool isPacked(std::span<const std::byte> file)
{
    // The three bytes of lzma's are no more than a hint: a payload is known to be packed, a file is not.
    const Format* format = formatOf(file);
    return format != nullptr && format->name != "lzma";
}

Result<std::vector<std::byte>> unpackFile(std::span<const std::byte> file, const std::string& name)
{
    const Format* format = formatOf(file);
    if (format == nullptr || format->enable == nullptr) {
        return failure("unpack " + name, "its compression is not supported", "give it unpacked");
    }
    const Packed what{*format, name + ", which " + std::string(format->name) + " has packed"};
    ASSIGN_OR_RETURN(auto reader, openPacked(what, file));
    return readAll(what, reader.get(), std::nullopt, maxUnpackedBytes);
}

} // namespace pgtscope::core
