// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "core/base/numbers.h"
#include "core/paging/registers.h"
#include "gdb/memory/mappedram.h"
#include "gdb/rsp/rspclient.h"
#include "tests/live/firmwareguest.h"

/// A guest held before its first instruction. Its tables are written into its RAM from outside and its
/// control registers set through the stub, so that the emulated MMU can be asked about any tables.
class ProgrammableMmu {
public:
    /// 2 GiB of RAM from 0 on, 1 GiB from 4 GiB on, nothing in between but the PC's devices.
    static constexpr std::uint64_t highRam = 4ULL << 30;
    static constexpr std::uint64_t endOfRam = 5ULL << 30;
    /// Nothing answers here.
    static constexpr std::uint64_t hole = 0x90000000;
    /// The local APIC's registers.
    static constexpr std::uint64_t mmio = 0xfee00000;

    explicit ProgrammableMmu(unsigned physicalAddressBits = 46, const QStringList& further = {})
        : m_features{physicalAddressBits, true, true, true}
        , m_guest(arguments(m_files, physicalAddressBits) + further)
        , m_monitor(connectMonitor())
    {
        const auto pieces = pgtscope::gdb::parseMemoryTree(monitor("info mtree -f"));
        REQUIRE(pieces);
        auto memory = pgtscope::gdb::MappedRam::open(ramFile(m_files).toStdString(), *pieces);
        REQUIRE(memory);
        m_memory = std::move(*memory);
        m_file = ::open(ramFile(m_files).toUtf8().constData(), O_RDWR | O_CLOEXEC);
        REQUIRE(m_file >= 0);
    }
    ~ProgrammableMmu() { ::close(m_file); }
    ProgrammableMmu(const ProgrammableMmu&) = delete;
    ProgrammableMmu& operator=(const ProgrammableMmu&) = delete;

    const pgtscope::core::CpuFeatures& features() const { return m_features; }
    pgtscope::core::PhysicalMemory& memory() { return *m_memory; }
    FirmwareGuest& guest() { return m_guest; }

    void write(std::uint64_t physical, const void* bytes, std::size_t count)
    {
        const auto* piece
            = pgtscope::gdb::pieceAt(m_memory->pieces(), pgtscope::core::PhysicalAddress(physical), count);
        REQUIRE(piece != nullptr);
        const std::uint64_t offset = piece->offset + (physical - piece->range.begin.value);
        REQUIRE(::pwrite(m_file, bytes, count, static_cast<off_t>(offset)) == static_cast<ssize_t>(count));
    }
    void write64(std::uint64_t physical, std::uint64_t value) { write(physical, &value, sizeof value); }

    /// Sets the registers in the order in which a processor accepts them, and returns what they hold then.
    pgtscope::core::ControlRegisters program(const pgtscope::core::ControlRegisters& wanted)
    {
        auto stub = pgtscope::gdb::RspClient::connect(m_guest.stub(), limit());
        REQUIRE(stub);
        const auto numbers = registerNumbers(*stub);
        const auto set = [&](const char* name, std::uint64_t value) {
            const auto reply
                = stub->request("P" + hex(numbers.at(name)) + "=" + littleEndian(value), limit());
            REQUIRE(reply);
            REQUIRE(*reply == "OK");
        };
        const auto held = [&](const char* name) {
            const auto reply = stub->request("p" + hex(numbers.at(name)), limit());
            REQUIRE(reply);
            return fromLittleEndian(*reply);
        };
        set("cr0", pgtscope::core::cr0Pe);
        set("efer", 0);
        set("cr4", wanted.cr4);
        set("efer", wanted.efer);
        set("cr3", wanted.cr3);
        set("cr0", wanted.cr0);
        return {held("cr0"), held("cr2"), held("cr3"), held("cr4"), held("efer")};
    }

    void setRegister(const char* name, std::uint64_t value)
    {
        auto stub = pgtscope::gdb::RspClient::connect(m_guest.stub(), limit());
        REQUIRE(stub);
        const auto reply
            = stub->request("P" + hex(registerNumbers(*stub).at(name)) + "=" + littleEndian(value), limit());
        REQUIRE(reply);
        REQUIRE(*reply == "OK");
    }

    /// What the emulated MMU makes of a linear address; nullopt: "Unmapped".
    std::optional<std::uint64_t> gva2gpa(pgtscope::core::LinearAddress linear)
    {
        const std::string answer = monitor("gva2gpa " + pgtscope::core::hexText(linear.value));
        if (answer.starts_with("Unmapped"))
            return std::nullopt;
        REQUIRE(answer.starts_with("gpa: "));
        const auto number
            = pgtscope::core::parseNumber(std::string_view(answer).substr(5, answer.find('\n') - 5));
        REQUIRE(number);
        return *number;
    }
    std::string monitor(const std::string& line)
    {
        auto text = m_monitor.monitor(line, pgtscope::gdb::WaitLimit::after(std::chrono::seconds(60)));
        if (!text)
            FAIL(text.error().message());
        return *text;
    }

private:
    using Numbers = std::map<std::string, unsigned, std::less<>>;

    static pgtscope::gdb::WaitLimit limit()
    {
        return pgtscope::gdb::WaitLimit::after(std::chrono::seconds(20));
    }
    static QString ramFile(const QTemporaryDir& files) { return files.filePath("ram"); }

    static QStringList arguments(const QTemporaryDir& files, unsigned physicalAddressBits)
    {
        return {"-S", "-cpu", QString("max,host-phys-bits=off,phys-bits=%1").arg(physicalAddressBits), "-m",
            "3G", "-machine", "memory-backend=ram", "-object",
            "memory-backend-file,id=ram,share=on,size=3G,mem-path=" + ramFile(files)};
    }

    pgtscope::gdb::QmpClient connectMonitor()
    {
        pgtscope::gdb::Endpoint endpoint;
        endpoint.path = m_guest.path("qmp").toStdString();
        auto client = pgtscope::gdb::QmpClient::connect(endpoint, limit());
        REQUIRE(client);
        return std::move(*client);
    }

    static std::string hex(unsigned number) { return pgtscope::core::hexText(number).substr(2); }
    static std::string littleEndian(std::uint64_t value)
    {
        return pgtscope::gdb::hexEncode(
            std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
    }
    static std::uint64_t fromLittleEndian(const std::string& digits)
    {
        const auto bytes = pgtscope::gdb::hexDecode(digits);
        REQUIRE(bytes);
        std::uint64_t value = 0;
        std::memcpy(&value, bytes->data(), std::min(bytes->size(), sizeof value));
        return value;
    }

    /// A document of the target description, put together from its parts.
    static std::string document(pgtscope::gdb::RspClient& stub, const std::string& name)
    {
        std::string text;
        for (;;) {
            const auto part = stub.request(
                "qXfer:features:read:" + name + ":" + pgtscope::core::hexText(text.size()).substr(2) + ",ffb",
                limit());
            REQUIRE(part);
            REQUIRE_FALSE(part->empty());
            text += part->substr(1);
            if (part->front() != 'm')
                return text;
        }
    }

    /// Registers count from 0 in the order of the description, those inside comments not included.
    static Numbers registerNumbers(pgtscope::gdb::RspClient& stub)
    {
        constexpr std::string_view reference = "href=\"";
        constexpr std::string_view item = "<reg name=\"";
        const std::string target = document(stub, "target.xml");
        const std::size_t at = target.find(reference);
        REQUIRE(at != std::string::npos);
        const std::size_t begin = at + reference.size();
        std::string text = document(stub, target.substr(begin, target.find('"', begin) - begin));
        for (auto open = text.find("<!--"); open != std::string::npos; open = text.find("<!--"))
            text.erase(open, text.find("-->", open) + 3 - open);
        Numbers numbers;
        for (auto place = text.find(item); place != std::string::npos; place = text.find(item, place + 1)) {
            const std::size_t name = place + item.size();
            const auto number = static_cast<unsigned>(numbers.size());
            numbers.emplace(text.substr(name, text.find('"', name) - name), number);
        }
        return numbers;
    }

    pgtscope::core::CpuFeatures m_features;
    QTemporaryDir m_files{"/dev/shm/pgtscope-test-XXXXXX"};
    FirmwareGuest m_guest;
    pgtscope::gdb::QmpClient m_monitor;
    std::unique_ptr<pgtscope::gdb::MappedRam> m_memory;
    int m_file = -1;
};
