// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/promptsymbols.h"

#include <QDir>

#include "core/symbols/symbolelf.h"

namespace pgtscope::app {

core::Result<void> PromptSymbols::give(gdb::GuestSession& session)
{
    const core::SymbolTable& symbols = session.symbols();
    gdb::Target& target = session.target();
    const bool known
        = m_gdb == target.gdbProcessId() && m_slide == symbols.slide() && m_count == symbols.size();
    if (known || !target.symbolFile().empty())
        return {};
    // Not tried again at each command if it fails.
    m_gdb = target.gdbProcessId();
    m_slide = symbols.slide();
    m_count = symbols.size();
    const std::string contents = core::symbolElf(symbols);
    if (contents.empty())
        return {};
    auto file
        = std::make_unique<QTemporaryFile>(QDir::temp().filePath(QStringLiteral("pgtscope-symbols-XXXXXX")));
    const auto size = static_cast<qint64>(contents.size());
    if (!file->open() || file->write(contents.data(), size) != size || !file->flush())
        return core::failure("write the kernel's symbols for gdb", file->errorString().toStdString(),
            "make room in " + QDir::tempPath().toStdString());
    RETURN_IF_ERROR(target.readSymbols(file->fileName().toStdString()));
    m_file = std::move(file);
    return {};
}

} // namespace pgtscope::app
