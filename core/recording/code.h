// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/address.h"
#include "core/base/error.h"
#include "core/steps/step.h"

namespace pgtscope::core {

class Database;

/// One instruction as a debugger disassembled it.
struct CodeLine {
    LinearAddress address;
    std::string bytes; ///< "48 89 e5".
    std::string text; ///< "mov %rsp,%rbp".
    std::string source; ///< "init.c:45  base = find();" where it begins another line; empty if unknown.
    bool operator==(const CodeLine&) const = default;
};

/// What a recording keeps of the code at each step: a reader that does not show it never unpacks it.
class CodeWriter {
public:
    /// For a recording that this program is writing. To be closed before the recording is finished.
    static Result<std::unique_ptr<CodeWriter>> open(const std::string& path);
    ~CodeWriter();
    CodeWriter(const CodeWriter&) = delete;
    CodeWriter& operator=(const CodeWriter&) = delete;

    /// Lines beyond the 64th, and texts beyond 256 bytes, are cut.
    Result<void> add(StepNumber step, std::span<const CodeLine> lines);

private:
    class Impl;
    explicit CodeWriter(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

/// Reads the code that a recording keeps, through the connection of its reader.
class CodeReader {
public:
    /// `recording` outlives this.
    explicit CodeReader(Database& recording);
    ~CodeReader();
    CodeReader(const CodeReader&) = delete;
    CodeReader& operator=(const CodeReader&) = delete;

    /// By address; empty if the recording has none for the step.
    Result<std::vector<CodeLine>> lines(StepNumber step);

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace pgtscope::core
