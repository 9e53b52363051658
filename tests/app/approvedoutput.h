// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "core/recording/compression.h"
#include "testpaths.h"
#include "tests/app/pgtrunner.h"
#include "tests/support/temporarydirectory.h"

/// Approved outputs: what commands print is compared with files of baselines/, so that a change of shape is
/// seen to change no output, and a change of output is read as a difference of files. PGTSCOPE_APPROVE=1
/// writes the files.
namespace pgtscope::tests {

/// A text, and the same with its long parts cut.
struct Transcript {
    std::string cut;
    std::string whole;
};

/// Output of one command beyond this is cut: a hash stands for the rest.
inline constexpr std::size_t bytesKept = 3000;

inline std::string hashText(std::string_view text)
{
    std::ostringstream out;
    for (const std::byte byte : core::contentHash(std::as_bytes(std::span(text))))
        out << "0123456789abcdef"[std::to_integer<unsigned>(byte) >> 4]
            << "0123456789abcdef"[std::to_integer<unsigned>(byte) & 15];
    return out.str();
}

inline std::string cutText(const std::string& text)
{
    if (text.size() <= bytesKept)
        return text;
    const std::size_t line = text.rfind('\n', bytesKept);
    const std::size_t end = line == std::string::npos || line < bytesKept / 2 ? bytesKept : line + 1;
    return text.substr(0, end) + (text[end - 1] == '\n' ? "" : "\n")
        + "[cut: " + std::to_string(text.size() - end) + " bytes more, XXH3 "
        + hashText(std::string_view(text).substr(end)) + "]\n";
}

/// Lines that hold more than blanks, without those around it.
inline std::string withoutEmptyLines(const std::string& text)
{
    std::istringstream in(text);
    std::string kept;
    for (std::string line; std::getline(in, line);) {
        const std::size_t first = line.find_first_not_of(" \t");
        if (first != std::string::npos)
            kept += line.substr(first, line.find_last_not_of(" \t") - first + 1) + '\n';
    }
    return kept;
}

/// What a reader sees of a page: no markup, no style, no program; what its pictures are drawn from as a hash.
inline std::string textOfPage(const std::string& html)
{
    std::string text;
    for (std::size_t at = 0; at < html.size();) {
        const std::size_t tag = std::min(html.find('<', at), html.size());
        text += html.substr(at, tag - at);
        const bool hidden = html.compare(tag, 6, "<style") == 0 || html.compare(tag, 7, "<script") == 0;
        const std::string close = html.compare(tag, 6, "<style") == 0 ? "</style>" : "</script>";
        std::size_t end = html.find(hidden ? close : ">", tag);
        end = end == std::string::npos ? html.size() : end + (hidden ? close.size() : 1);
        if (html.compare(tag, 31, "<script type=\"application/json\"") == 0)
            text += "[data: XXH3 " + hashText(std::string_view(html).substr(tag, end - tag)) + "]\n";
        at = end;
    }
    const std::size_t maker = text.rfind("Made with pgt ");
    if (maker != std::string::npos)
        text.erase(maker + 14, text.find(". ", maker) - maker - 14);
    return withoutEmptyLines(text);
}

/// In the directory of a test, with a terminal of 80 columns that is none, in UTC; all as before at its end.
/// What goes to standard error can be asked for. It is in a file of this process's in the build directory,
/// which is left only by a program that ends in between: what a sanitizer said last is in it.
class QuietPlace {
public:
    explicit QuietPlace(const std::filesystem::path& directory)
        : m_before(std::filesystem::current_path())
        , m_errorFile(
              std::filesystem::path(test::buildDirectory) / ("stderr." + std::to_string(::getpid()) + ".txt"))
        , m_output(::dup(STDOUT_FILENO))
        , m_error(::dup(STDERR_FILENO))
    {
        std::filesystem::current_path(directory);
        ::setenv("COLUMNS", "80", 1);
        ::setenv("TZ", "UTC", 1);
        redirect(STDOUT_FILENO, "/dev/null");
        redirect(STDERR_FILENO, m_errorFile.c_str());
    }
    ~QuietPlace()
    {
        for (const auto& [saved, used] :
            {std::pair(m_output, STDOUT_FILENO), std::pair(m_error, STDERR_FILENO)}) {
            ::dup2(saved, used);
            ::close(saved);
        }
        std::filesystem::current_path(m_before);
        std::error_code ignored;
        std::filesystem::remove(m_errorFile, ignored);
    }
    QuietPlace(const QuietPlace&) = delete;
    QuietPlace& operator=(const QuietPlace&) = delete;

    /// What went to standard error since this was last asked.
    std::string takeErrors()
    {
        std::fflush(stderr);
        std::ifstream file(m_errorFile, std::ios::binary);
        file.seekg(m_taken);
        std::string text{std::istreambuf_iterator<char>(file), {}};
        m_taken += static_cast<std::streamoff>(text.size());
        return text;
    }

private:
    static void redirect(int descriptor, const char* path)
    {
        const int file = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
        ::dup2(file, descriptor);
        ::close(file);
    }

    std::filesystem::path m_before;
    std::filesystem::path m_errorFile;
    int m_output;
    int m_error;
    std::streamoff m_taken = 0;
};

/// Runs the command lines, words between blanks, on a copy of a recording; each gives its line, what
/// it printed and its exit status. "@" is the recording's name.
inline Transcript transcriptOf(const std::filesystem::path& recording, const std::vector<std::string>& lines)
{
    const test::TemporaryDirectory directory;
    std::filesystem::copy_file(recording, directory / recording.filename());
    QuietPlace place(directory.path());
    Transcript transcript;
    for (const std::string& line : lines) {
        std::istringstream words(std::regex_replace(line, std::regex("@"), recording.filename().string()));
        const std::vector<std::string> arguments{std::istream_iterator<std::string>(words), {}};
        PgtRun run = runPgt(arguments);
        if (line.ends_with("--format html -o -"))
            run.out = textOfPage(run.out);
        const std::string head = "$ pgt " + words.str() + "\n";
        const std::string errors = place.takeErrors();
        const std::string tail = (run.out.ends_with('\n') || run.out.empty() ? "" : "\n[no line end]\n")
            + (errors.empty() ? "" : "[standard error]\n" + errors) + "[exit " + std::to_string(run.status)
            + "]\n\n";
        transcript.whole += head + run.out + tail;
        transcript.cut += head + cutText(run.out) + tail;
    }
    return transcript;
}

inline std::vector<std::string> linesOf(const std::string& text)
{
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

/// Lines that only one of the two has, "-" before those of `approved` and "+" before those of `printed`, each
/// run of them after its line number; at most `limit` lines.
inline std::string lineDifference(
    const std::string& approved, const std::string& printed, std::size_t limit = 60)
{
    const std::vector<std::string> a = linesOf(approved);
    const std::vector<std::string> b = linesOf(printed);
    // lengths[i][j]: the longest common subsequence of what begins at i and at j.
    std::vector<std::vector<unsigned>> lengths(a.size() + 1, std::vector<unsigned>(b.size() + 1));
    for (std::size_t i = a.size(); i-- > 0;)
        for (std::size_t j = b.size(); j-- > 0;)
            lengths[i][j]
                = a[i] == b[j] ? lengths[i + 1][j + 1] + 1 : std::max(lengths[i + 1][j], lengths[i][j + 1]);
    std::string text;
    bool running = false;
    for (std::size_t i = 0, j = 0; (i < a.size() || j < b.size()) && limit > 0;) {
        if (i < a.size() && j < b.size() && a[i] == b[j]) {
            ++i, ++j, running = false;
            continue;
        }
        if (!running)
            text += "line " + std::to_string(i + 1) + (i > 0 ? ", after: " + a[i - 1] : "") + '\n';
        running = true;
        const bool gone = j == b.size() || (i < a.size() && lengths[i + 1][j] >= lengths[i][j + 1]);
        text += gone ? "- " + a[i++] + '\n' : "+ " + b[j++] + '\n';
        if (--limit == 0)
            text += "...\n";
    }
    return text;
}

inline std::string fileText(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// "" if the file `name` of baselines/ holds the transcript; else what differs. What was printed is then left
/// beside the tests that were built, as NAME and, without a cut, as NAME.whole.
inline std::string differenceFromBaseline(const std::string& name, const Transcript& transcript)
{
    const std::filesystem::path approved
        = std::filesystem::path(test::projectDirectory) / "tests/app/baselines" / name;
    const std::filesystem::path printed = std::filesystem::path(test::buildDirectory) / "baselines" / name;
    const auto write = [](const std::filesystem::path& path, const std::string& text) {
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
    };
    if (std::getenv("PGTSCOPE_APPROVE") != nullptr)
        write(approved, transcript.cut);
    const std::string expected = fileText(approved);
    if (expected == transcript.cut)
        return "";
    write(printed, transcript.cut);
    write(printed.string() + ".whole", transcript.whole);
    return "differs from " + approved.string() + "; printed was " + printed.string()
        + " (PGTSCOPE_APPROVE=1 approves it)\n" + lineDifference(expected, transcript.cut);
}

} // namespace pgtscope::tests
