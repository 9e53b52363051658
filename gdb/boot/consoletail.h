// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace pgtscope::gdb {

/// What a guest's console log has gained since the last take().
class ConsoleTail {
public:
    /// An empty path reads as an empty log.
    explicit ConsoleTail(std::filesystem::path log = {});
    /// Takes what the log holds already, of which the last 8 KiB are looked at for core::lastWords(): a guest
    /// that has died is known to be dead at once.
    void takeKnown();
    /// Looks for `text` in what has not been taken and in all that is still to come; empty: for nothing.
    void watchFor(std::string text);
    const std::string& watched() const { return m_wanted; }
    /// How long the log has gained nothing, as far as this object has looked.
    std::chrono::milliseconds quietFor() const;
    /// Reads what is new; true once the text that is watched for has been printed.
    bool seen();
    /// Reads what is new; true once one of core::lastWords() has been printed and all that follows it:
    /// nothing for 0.3 s, or for 3 s whatever is printed. False again after takeLastWords().
    bool lastWordsSaid();
    /// The first line that core::lastWords() are in; empty if none is or it was taken.
    std::string takeLastWords();
    /// What the next take() gives, or begins with.
    const std::string& peek();
    /// What the log has gained. A guest that prints more than 1 MiB between two calls loses the oldest part.
    std::string take();

private:
    using Clock = std::chrono::steady_clock;

    void read();
    void look(std::string_view piece);
    void lookForLastWords(std::string_view piece);

    std::filesystem::path m_log;
    std::uintmax_t m_offset = 0;
    std::string m_text; ///< Read and not taken.
    std::string m_wanted;
    std::string m_lookedAt; ///< Last bytes looked at, which the text may begin in.
    Clock::time_point m_lastGrowth = Clock::now();
    bool m_seen = false;
    std::string m_lastWords;
    bool m_lastWordsTaken = false;
    Clock::time_point m_lastWordsAt;
    std::string m_line; ///< The line that is not complete yet; what is too long for one is cut.
};

} // namespace pgtscope::gdb
