// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/boot/consoletail.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "core/linux/events.h"

namespace pgtscope::gdb {

namespace {

constexpr std::size_t pieceBytes = 64U << 10U;
constexpr std::size_t maxBytes = 1U << 20U;
constexpr std::size_t maxLine = 400;
constexpr std::uintmax_t knownBytes = 8U << 10U; // a panic's dump, and what a hypervisor prints after it
constexpr std::chrono::milliseconds silence{300};
constexpr std::chrono::seconds longestEnd{3};

} // namespace

ConsoleTail::ConsoleTail(std::filesystem::path log)
    : m_log(std::move(log))
{
}

void ConsoleTail::takeKnown()
{
    std::error_code missing;
    const auto bytes = std::filesystem::file_size(m_log, missing);
    m_offset = missing ? 0 : bytes - std::min(bytes, knownBytes);
    take();
    m_lastWordsAt = {};
}

void ConsoleTail::watchFor(std::string text)
{
    // Going on to watch for the same does not forget what has been seen of it.
    if (m_wanted == text)
        return;
    m_wanted = std::move(text);
    m_seen = false;
    m_lookedAt.clear();
    look(m_text);
}

void ConsoleTail::lookForLastWords(std::string_view piece)
{
    for (const char c : piece) {
        if (m_lastWordsTaken || !m_lastWords.empty())
            return;
        if (c != '\n' && c != '\r') {
            if (m_line.size() < maxLine)
                m_line += c;
            continue;
        }
        const auto words = core::lastWords();
        if (std::any_of(words.begin(), words.end(),
                [&](std::string_view one) { return m_line.find(one) != std::string::npos; })) {
            m_lastWords = m_line;
            m_lastWordsAt = Clock::now();
        }
        m_line.clear();
    }
}

void ConsoleTail::look(std::string_view piece)
{
    if (m_wanted.empty() || m_seen)
        return;
    m_lookedAt += piece;
    m_seen = m_lookedAt.find(m_wanted) != std::string::npos;
    if (m_lookedAt.size() >= m_wanted.size())
        m_lookedAt.erase(0, m_lookedAt.size() - m_wanted.size() + 1);
}

std::chrono::milliseconds ConsoleTail::quietFor() const
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - m_lastGrowth);
}

void ConsoleTail::read()
{
    if (m_log.empty())
        return;
    std::ifstream file(m_log, std::ios::binary);
    if (!file.seekg(static_cast<std::streamoff>(m_offset)))
        return;
    // A log that grows as fast as it is read ends this as well.
    for (std::size_t done = 0; done < maxBytes; done += pieceBytes) {
        std::string piece(pieceBytes, '\0');
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        piece.resize(static_cast<std::size_t>(file.gcount()));
        m_offset += piece.size();
        if (!piece.empty())
            m_lastGrowth = std::chrono::steady_clock::now();
        m_text += piece;
        look(piece);
        lookForLastWords(piece);
        if (piece.size() < pieceBytes)
            break;
    }
    if (m_text.size() > maxBytes)
        m_text.erase(0, m_text.size() - maxBytes);
}

bool ConsoleTail::seen()
{
    if (!m_wanted.empty() && !m_seen)
        read();
    return m_seen;
}

bool ConsoleTail::lastWordsSaid()
{
    read();
    const auto now = Clock::now();
    return !m_lastWords.empty() && (now - m_lastGrowth >= silence || now - m_lastWordsAt >= longestEnd);
}

std::string ConsoleTail::takeLastWords()
{
    m_lastWordsTaken = true;
    return std::exchange(m_lastWords, {});
}

const std::string& ConsoleTail::peek()
{
    read();
    return m_text;
}

std::string ConsoleTail::take()
{
    read();
    return std::exchange(m_text, {});
}

} // namespace pgtscope::gdb
