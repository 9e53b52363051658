// SPDX-License-Identifier: GPL-2.0-or-later
// Texts of a recording are others' words: bytes that are no UTF-8 must not end a command or break its JSON,
// and control sequences must not reach a terminal.
#include "tests/support/catch.h"

#include <nlohmann/json.hpp>

#include <pty.h>
#include <termios.h>

#include "approvedoutput.h"
#include "commandsheets.h"
#include "core/base/terminaltext.h"
#include "core/model/assembly.h"
#include "core/timeline/timeline.h"

using namespace pgtscope;
using namespace pgtscope::tests;

namespace {

/// A recording whose every text holds `bytes`.
void recordTexts(const std::string& path, const std::string& bytes)
{
    core::GuestDescription description;
    for (std::string* text : {&description.guest, &description.kernel, &description.commandLine,
             &description.machine, &description.granularity, &description.recorder, &description.started})
        *text = "meta" + bytes;
    auto writer = core::RecordingWriter::create(path, description).value();
    BootStory story(11, core::PagingMode::Bits32);
    for (unsigned i = 0; i < 6; ++i) {
        if (i == 1)
            story.guest().linearRegions.push_back({"region" + bytes, "Region" + bytes,
                {core::LinearAddress(0x4400000), core::LinearAddress(0x4500000)}});
        auto [step, snapshot] = story.next();
        if (i % 2 == 1)
            step.event = "event" + bytes;
        step.text = "text" + bytes;
        step.console = "console" + bytes + "\n";
        step.findings = {{"rule" + bytes, 1}};
        core::SnapshotParts parts = core::partsOf(*snapshot);
        parts.ripSymbol = parts.channel = "place" + bytes;
        parts.physicalRegions.push_back({"frames" + bytes, "Frames" + bytes,
            {core::PhysicalAddress(0x1000), core::PhysicalAddress(0x40000)}});
        REQUIRE(writer->append(step, core::assembleSnapshot(std::move(parts)).value()));
    }
    const std::vector<core::Symbol> symbols{{core::LinearAddress(0x4400000), "symbol" + bytes, 'T'}};
    REQUIRE(writer->setSymbols(symbols, 0));
    REQUIRE(writer->finish());
    writer.reset();
    auto timeline = core::Timeline::open(path).value();
    REQUIRE(timeline->changeAnnotations(
        {}, {{1, core::AnnotationKind::Chapter, "title" + bytes, "# body" + bytes}}));
}

std::vector<std::string> everyLine()
{
    Subject subject;
    subject.steps = {"0", "5"};
    subject.addresses = {"0x4400123"};
    subject.frames = {"0x12f000"};
    subject.symbol = "0x4400000";
    std::vector<std::string> lines;
    for (const Sheet& sheet : sheets) {
        const std::vector<std::string> some = linesFor(subject, sheet.lines);
        lines.insert(lines.end(), some.begin(), some.end());
    }
    return lines;
}

/// Standard output and standard error are a terminal while this lives.
class Terminal {
public:
    Terminal()
    {
        REQUIRE(::openpty(&m_master, &m_slave, nullptr, nullptr, nullptr) == 0);
        termios raw{};
        ::tcgetattr(m_slave, &raw);
        ::cfmakeraw(&raw);
        ::tcsetattr(m_slave, TCSANOW, &raw);
        ::fcntl(m_master, F_SETFL, O_NONBLOCK);
        for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
            m_saved.push_back(::dup(descriptor));
            ::dup2(m_slave, descriptor);
        }
    }
    ~Terminal()
    {
        ::dup2(m_saved[0], STDOUT_FILENO);
        ::dup2(m_saved[1], STDERR_FILENO);
        for (const int descriptor : {m_master, m_slave, m_saved[0], m_saved[1]})
            ::close(descriptor);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    /// What was written to it since this was last asked, without the progress line's own control sequences.
    std::string take()
    {
        std::string text(1 << 16, '\0');
        const ssize_t count = ::read(m_master, text.data(), text.size());
        text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        for (std::size_t at = 0; (at = text.find("\r\x1b[K", at)) != std::string::npos;)
            text.erase(at, 4);
        return text;
    }

private:
    int m_master = -1;
    int m_slave = -1;
    std::vector<int> m_saved;
};

std::string withName(const std::string& line, const std::string& path)
{
    return std::regex_replace(line, std::regex("@"), path);
}

std::vector<std::string> wordsOf(const std::string& line)
{
    std::istringstream words(line);
    return {std::istream_iterator<std::string>(words), {}};
}

/// Bytes that begin every kind of control sequence, and some that are no UTF-8.
const std::string hostile = "\xff\xc3(\x9b\x32J\x1b]0;x\x07\xc2\x9b\x01\"<&";

} // namespace

TEST_CASE("every command answers, in valid JSON where asked, whatever bytes the texts of a recording are")
{
    const test::TemporaryDirectory directory;
    const std::string path = (directory / "hostile.pgtrec").string();
    recordTexts(path, hostile);
    for (const std::string& line : everyLine()) {
        INFO(line);
        const Transcript transcript = transcriptOf(path, {line});
        const bool refused = transcript.whole.find("[exit 2]") != std::string::npos;
        CHECK(refused == (transcript.whole.find("could not") != std::string::npos));
        const std::size_t begin = transcript.whole.find("\n{");
        const bool json = line.find("json") != std::string::npos && !refused;
        CHECK_FALSE((json && begin == std::string::npos));
        if (json)
            CHECK_FALSE(nlohmann::json::parse(
                transcript.whole.substr(begin, transcript.whole.rfind("}\n[exit") + 1 - begin), nullptr,
                false)
                            .is_discarded());
    }
}

TEST_CASE("no command gives a terminal what others wrote as a control sequence")
{
    const test::TemporaryDirectory directory;
    const std::string path = (directory / "hostile.pgtrec").string();
    recordTexts(path, hostile);
    std::vector<std::string> offences;
    for (const std::string& line : everyLine()) {
        Terminal terminal;
        const PgtRun run = runPgt(wordsOf(withName(line, path)));
        const std::string said = run.out + terminal.take();
        if (core::terminalText(said) != said)
            offences.push_back(line);
    }
    CHECK(offences == std::vector<std::string>{});
}

TEST_CASE("an error that quotes the command line or a file is filtered too")
{
    Terminal terminal;
    CHECK(runPgt({"show", "no\x1b[2Jsuch\x9b.pgtrec"}).status == 2);
    CHECK(runPgt({"no\x1b[2Jsuch"}).status == 2);
    const std::string said = terminal.take();
    CHECK(said.find("no?[2Jsuch?.pgtrec") != std::string::npos);
    CHECK(core::terminalText(said) == said);
}

TEST_CASE("files and pipes get the bytes as they are")
{
    const test::TemporaryDirectory directory;
    const std::string path = (directory / "hostile.pgtrec").string();
    recordTexts(path, hostile);
    const Transcript transcript = transcriptOf(path, {"show @ --from 1 --to 1"});
    CHECK(transcript.whole.find("text" + hostile) != std::string::npos);
}

TEST_CASE("output that cannot be written is a failure of every command that prints")
{
    const StoryFile file(3);
    for (const std::string& line : everyLine()) {
        const std::vector<std::string> words = wordsOf(withName(line, file.path()));
        if (runPgt(words).out.empty())
            continue;
        INFO(line);
        std::filebuf full;
        REQUIRE(full.open("/dev/full", std::ios::out));
        std::streambuf* const before = std::cout.rdbuf(&full);
        const int status = runWords(words);
        std::cout.rdbuf(before);
        CHECK(status == 2);
    }
}
