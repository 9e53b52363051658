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

/// By address; empty if none was kept with the step.
Result<std::vector<CodeLine>> loadCode(const std::string& path, StepNumber step);

} // namespace pgtscope::core
