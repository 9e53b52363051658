// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

namespace pgtscope::core {

/// What a terminal may be given of texts that others wrote: guests, stubs, recordings, kernel files. UTF-8
/// passes; a '?' replaces every control character but line feed and tab (C0, DEL, and C1: U+009B begins a
/// sequence as ESC [ does) and every byte that belongs to no character.
class TerminalFilter {
public:
    /// `bytes` continue those of the last call; the first bytes of a character are kept back until the
    /// rest of it comes.
    std::string filter(std::string_view bytes);
    /// What was kept back.
    std::string finish();

private:
    std::string m_begun;
};

/// `text` as a whole through the filter.
std::string terminalText(std::string_view text);

/// What is written to a stream goes through the filter while this lives, if the stream leads to a terminal;
/// bytes for files and pipes stay as they are. Remembers the first write that failed, also where the stream's
/// state is cleared.
class OutputGuard : private std::streambuf {
public:
    OutputGuard(std::ostream& stream, bool toTerminal);
    ~OutputGuard() override;
    OutputGuard(const OutputGuard&) = delete;
    OutputGuard& operator=(const OutputGuard&) = delete;

    /// Writes what is still buffered. The errno of the first write that failed; 0 if all were done.
    int flush();

private:
    int_type overflow(int_type character) override;
    std::streamsize xsputn(const char* bytes, std::streamsize count) override;
    int sync() override;
    bool pass(std::string_view bytes);

    std::ostream& m_stream;
    std::streambuf* m_target;
    bool m_toTerminal;
    TerminalFilter m_filter;
    int m_error = 0;
};

} // namespace pgtscope::core
