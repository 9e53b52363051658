// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgt/sourcelines.h"

#include <chrono>
#include <sstream>

#include "core/base/numbers.h"
#include "core/symbols/symbolcache.h"
#include "gdb/host/childprocess.h"
#include "gdb/mi/miclient.h"

namespace pgtscope::pgt {

namespace {

using namespace std::chrono_literals;

// gdb reads the whole line table of a kernel for the first answer.
constexpr auto patience = 120s;
constexpr std::size_t maxAddresses = 4096;

/// Of gdb's 'Line 120 of "init.c" starts at address …'; empty for anything else.
std::string lineIn(const std::string& answer)
{
    unsigned number = 0;
    std::istringstream words(answer);
    std::string line;
    std::string of;
    std::string file;
    words >> line >> number >> of >> file;
    if (line != "Line" || of != "of" || file.size() < 3 || file.front() != '"')
        return {};
    return file.substr(1, file.size() - 2) + ':' + std::to_string(number);
}

} // namespace

std::map<core::LinearAddress, std::string> sourceLines(const std::string& kernelFile,
    const std::set<core::LinearAddress>& addresses, const core::CancelFlag& cancel)
{
    std::map<core::LinearAddress, std::string> lines;
    if (kernelFile.empty() || addresses.empty() || addresses.size() > maxAddresses)
        return lines;
    const auto kernel = core::SymbolCache().load(kernelFile);
    if (!kernel || !kernel->hasDwarf)
        return lines;
    gdb::ChildCommand command{"gdb", gdb::gdbStartOptions(), {}, {}, {}};
    command.arguments.emplace_back("-batch");
    for (const core::LinearAddress address : addresses)
        command.arguments.insert(
            command.arguments.end(), {"-ex", "info line *" + core::hexText(address.value)});
    command.arguments.push_back(kernel->gdbFile);
    const auto output = gdb::runChild(command, gdb::WaitLimit::after(patience, &cancel));
    if (!output)
        return lines;
    // One answer a command, in order; gdb's other output has other prefixes.
    std::istringstream answers(output->output);
    auto address = addresses.begin();
    for (std::string answer; address != addresses.end() && std::getline(answers, answer);) {
        if (!answer.starts_with("Line ") && !answer.starts_with("No line number"))
            continue;
        if (const std::string line = lineIn(answer); !line.empty())
            lines.emplace(*address, line);
        ++address;
    }
    return lines;
}

} // namespace pgtscope::pgt
