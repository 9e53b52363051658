// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/stub/stubregisters.h"

#include <algorithm>
#include <limits>
#include <map>

#include <QXmlStreamReader>

#include "core/base/numbers.h"

namespace pgtscope::gdb {

namespace {

/// QEMU's longest description has 13 kB; a stub that sends more than this is not trusted.
constexpr std::size_t maxDocument = 1U << 20U;
constexpr std::size_t maxDocuments = 64;
/// Bytes asked for in one packet; their escapes may double them.
constexpr std::size_t documentPiece = 0x700;

const std::string describing = "find the guest's registers in the gdbstub's description of it";

/// Wider than any register, in bits.
constexpr unsigned maxRegisterBits = 1U << 16U;

struct DescribedRegister {
    std::string name;
    unsigned bits = 0;
};

/// Registers count on from document to document in the order in which they are included.
struct Description {
    const StubRegisters::Fetch& fetch;
    std::map<unsigned, DescribedRegister> registers; ///< By their numbers, the order of `g`.
    unsigned next = 0;
    std::size_t documents = 0;

    core::Result<void> read(std::string_view name);
    core::Result<void> take(const QXmlStreamReader& xml);
};

core::Result<void> Description::read(std::string_view name)
{
    if (++documents > maxDocuments)
        return core::failure(
            describing, "it includes more than " + std::to_string(maxDocuments) + " documents");
    ASSIGN_OR_RETURN(const auto text, fetch(name));
    QXmlStreamReader xml(QByteArray::fromStdString(text));
    // Stubs write "xi:include" and declare no such prefix.
    xml.setNamespaceProcessing(false);
    while (!xml.atEnd())
        if (xml.readNext() == QXmlStreamReader::StartElement)
            RETURN_IF_ERROR(take(xml));
    return xml.hasError()
        ? core::failure(describing, xml.errorString().toStdString() + " in " + std::string(name))
        : core::Result<void>();
}

core::Result<void> Description::take(const QXmlStreamReader& xml)
{
    const auto attributes = xml.attributes();
    if (xml.qualifiedName() == QLatin1String("xi:include"))
        return read(attributes.value(QLatin1String("href")).toUtf8().toStdString());
    if (xml.qualifiedName() != QLatin1String("reg"))
        return {};
    bool given = false;
    const unsigned number = attributes.value(QLatin1String("regnum")).toUInt(&given);
    if (given)
        next = std::min(number, std::numeric_limits<unsigned>::max() - 1);
    const unsigned bits = attributes.value(QLatin1String("bitsize")).toUInt();
    if (bits > maxRegisterBits)
        return core::failure(describing, "it has a register of " + std::to_string(bits) + " bits");
    registers.emplace(
        next++, DescribedRegister{attributes.value(QLatin1String("name")).toUtf8().toStdString(), bits});
    return {};
}

core::Result<std::string> fetchFrom(StubLine& line, std::string_view name, const WaitLimit& limit)
{
    std::string document;
    while (document.size() < maxDocument) {
        ASSIGN_OR_RETURN(const auto reply,
            line.ask("qXfer:features:read:" + std::string(name) + ":"
                    + core::hexText(document.size()).substr(2) + "," + core::hexText(documentPiece).substr(2),
                limit));
        if (reply.empty() || (reply.front() != 'm' && reply.front() != 'l'))
            return core::failure(describing, "it has no " + std::string(name) + ": \"" + reply + "\"",
                "connect to the gdbstub of a system emulator for x86");
        document += std::string_view(reply).substr(1);
        if (reply.front() == 'l')
            return document;
        if (reply.size() == 1)
            break;
    }
    return core::failure(describing, std::string(name) + " does not end");
}

/// A value in the order of the guest's bytes; nullopt: "xxxxxxxx", which the stub does not know, or no
/// digits.
std::optional<std::uint64_t> littleEndian(std::string_view digits)
{
    const auto bytes = hexDecode(digits);
    if (!bytes || bytes->empty() || bytes->size() > sizeof(std::uint64_t))
        return std::nullopt;
    std::uint64_t value = 0;
    for (auto byte = bytes->rbegin(); byte != bytes->rend(); ++byte)
        value = value << 8U | static_cast<unsigned char>(*byte);
    return value;
}

} // namespace

core::Result<StubRegisters> StubRegisters::describe(const Fetch& fetch)
{
    Description description{fetch, {}, 0, 0};
    RETURN_IF_ERROR(description.read("target.xml"));
    StubRegisters registers;
    std::size_t bits = 0;
    for (const auto& [number, described] : description.registers) {
        const auto which
            = std::find(cpuRegisterNames.begin(), cpuRegisterNames.end(), wideName(described.name));
        if (which != cpuRegisterNames.end())
            registers.m_places[static_cast<std::size_t>(which - cpuRegisterNames.begin())]
                = {number, bits / 8, described.bits / 8};
        bits += described.bits;
    }
    for (std::size_t which = 0; which < cpuRegisterNames.size(); ++which)
        if (registers.m_places[which].bytes == 0 && cpuRegisterNames[which] != optionalRegister)
            return tl::unexpected(noSuchRegister(cpuRegisterNames[which]));
    return registers;
}

core::Result<StubRegisters> StubRegisters::describe(StubLine& line, const WaitLimit& limit)
{
    return describe([&](std::string_view name) { return fetchFrom(line, name, limit); });
}

core::Result<std::uint64_t> StubRegisters::valueOf(
    std::size_t which, std::string_view all, StubLine& line, const WaitLimit& limit) const
{
    const Place& place = m_places[which];
    if (place.bytes == 0)
        return 0;
    std::string digits(all.substr(std::min(place.offset * 2, all.size()), place.bytes * 2));
    // A stub may keep registers out of `g`; after it, `p` is of this moment, too.
    if (digits.size() < place.bytes * 2) {
        ASSIGN_OR_RETURN(auto reply, line.ask("p" + core::hexText(place.number).substr(2), limit));
        digits = std::move(reply);
    }
    const auto value = littleEndian(digits);
    return value ? core::Result<std::uint64_t>(*value)
                 : core::failure("read the guest's registers",
                     "the gdbstub answers \"" + digits.substr(0, 32) + "\" for "
                         + std::string(cpuRegisterNames[which]));
}

core::Result<core::CpuState> StubRegisters::state(StubLine& line, const WaitLimit& limit) const
{
    ASSIGN_OR_RETURN(const auto all, line.ask("g", limit));
    if (all.size() < 4)
        return core::failure("read the guest's registers", "the gdbstub answers \"" + all + "\"");
    std::array<std::uint64_t, cpuRegisterNames.size()> values{};
    for (std::size_t which = 0; which < values.size(); ++which) {
        ASSIGN_OR_RETURN(const auto value, valueOf(which, all, line, limit));
        values[which] = value;
    }
    return cpuStateOf(values);
}

} // namespace pgtscope::gdb
